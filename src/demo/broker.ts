import { parseObject, type JsonObject } from '../../domain/json.ts'
import type { Timers } from '../../domain/ports.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

const WAIT_MS = 15_000
const ANSWER_BYTES_MAX = 1024 * 1024

/** The broker answered what a relying party cannot go on with. `error` is the OAuth word where it said one. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly error: string

  constructor(error: string, message: string) {
    super(message)
    this.error = error
  }
}

/** Ends a request that takes too long, follows no redirect. */
export const bounded = (fetch: Fetch, timers: Timers): Fetch => {
  return async (url, init) => {
    const late = new AbortController()
    const done = new AbortController()
    void timers.sleep(WAIT_MS, done.signal).then(() => late.abort())
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', signal: late.signal })
      // Read here, so that a body that trickles is bounded as well.
      const body = Buffer.from(await response.arrayBuffer())
      if (body.length > ANSWER_BYTES_MAX) throw new BrokerError('broker_unavailable', 'The answer is too long.')
      return new Response(body.length === 0 ? null : body, { status: response.status, headers: response.headers })
    } catch (error) {
      if (error instanceof BrokerError) throw error
      throw new BrokerError('broker_unavailable', 'The broker does not answer.')
    } finally {
      done.abort()
    }
  }
}

const textIn = (object: JsonObject | undefined, member: string): string | undefined => {
  const value = object?.[member]
  return typeof value === 'string' ? value : undefined
}

/** A JSON object, or the error that the broker said instead. */
export const readJson = async (response: Response): Promise<JsonObject> => {
  const object = parseObject(await response.text())
  if (response.ok && object !== undefined) return object
  const description = textIn(object, 'error_description') ?? `The broker answered ${response.status}.`
  throw new BrokerError(textIn(object, 'error') ?? 'broker_unavailable', description)
}

export const required = (object: JsonObject, member: string): string => {
  const value = textIn(object, member)
  if (value === undefined) throw new BrokerError('broker_answer_unfit', `The answer has no ${member}.`)
  return value
}

/** What a relying party needs of the discovery document (OpenID Connect Discovery 1.0 §3). */
export type Endpoints = {
  readonly authorization: string
  readonly par: string | undefined
  readonly token: string
  readonly userinfo: string
  readonly jwks: string
  /** RFC 9207 §3: answers name their issuer. */
  readonly namesIssuer: boolean
}

export const discover = async (fetch: Fetch, issuer: string): Promise<Endpoints> => {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, { headers: { accept: 'application/json' } })
  const found = await readJson(response)
  // Discovery §4.3: a document that names another issuer is not this one's.
  if (found['issuer'] !== issuer) throw new BrokerError('broker_answer_unfit', 'The discovery document is of another issuer.')
  return {
    authorization: required(found, 'authorization_endpoint'),
    par: textIn(found, 'pushed_authorization_request_endpoint'),
    token: required(found, 'token_endpoint'),
    userinfo: required(found, 'userinfo_endpoint'),
    jwks: required(found, 'jwks_uri'),
    namesIssuer: found['authorization_response_iss_parameter_supported'] === true,
  }
}
