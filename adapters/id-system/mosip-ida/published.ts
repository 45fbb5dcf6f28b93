/** What ID Authentication publishes: the certificate that proofs are encrypted for, and those of the keys that sign facts. */
import { X509Certificate } from 'node:crypto'
import { below, type HttpClient } from '../../http-client.ts'
import { readCertificates, type PublishedKeys } from '../certificates.ts'
import type { Clock } from '../plugin.ts'
import { HEALTH_MS, membersOf } from '../wire.ts'

const get = (client: HttpClient, url: URL, headers: Readonly<Record<string, string>>, waitMs = HEALTH_MS) =>
  client.call({ method: 'GET', url, headers, waitMs, repeatable: true })

export type Recipient = {
  /** The certificate that is in force. `unknown` where it cannot be had now, `wrong` where what is published is none in force. */
  readonly current: (waitMs: number) => Promise<X509Certificate | 'unknown' | 'wrong'>
  /** Where it is this one, it is looked for again before the next use. */
  readonly forget: (certificate: X509Certificate) => void
}

const certificateIn = (body: Uint8Array): X509Certificate | undefined => {
  try {
    return new X509Certificate(body)
  } catch {
    return undefined
  }
}

/** For whom proofs are encrypted: fetched once, and again when it is over or IDA does not know it any more. */
export const recipientAt = (client: HttpClient, url: URL, clock: Clock): Recipient => {
  let known: X509Certificate | undefined
  let asking: Promise<X509Certificate | 'unknown' | 'wrong'> | undefined

  const isInForce = ({ validFromDate, validToDate }: X509Certificate): boolean => {
    const now = clock.now()
    return validFromDate.toISOString() <= now && now < validToDate.toISOString()
  }
  const fetch = async (waitMs: number): Promise<X509Certificate | 'unknown' | 'wrong'> => {
    const answer = await get(client, url, {}, Math.min(waitMs, HEALTH_MS))
    if (!answer.ok || answer.status !== 200) return 'unknown'
    const found = certificateIn(answer.body)
    if (found === undefined || found.publicKey.asymmetricKeyType !== 'rsa' || !isInForce(found)) return 'wrong'
    known = found
    return found
  }
  return {
    current: async (waitMs) => {
      if (known !== undefined && isInForce(known)) return known
      // All who wait share one question.
      return (asking ??= fetch(waitMs).finally(() => (asking = undefined)))
    },
    forget: (certificate) => {
      if (known === certificate) known = undefined
    },
  }
}

export type TokenOffice = {
  readonly url: URL
  readonly clientId: string
  readonly secretKey: string
  readonly appId: string
}

/** A token of authmanager as it may stand in a cookie. */
const TOKEN = /^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]{1,8192}$/

/** With a token that was kept, and with a fresh one. */
const TRIES_MAX = 2

/** Reads the keys that sign facts, with a token that is kept until it is refused. */
export const signingKeysAt = (
  client: HttpClient,
  internal: URL,
  office: TokenOffice,
  clock: Clock,
): (() => Promise<PublishedKeys | undefined>) => {
  const url = below(internal, 'internal', 'getAllCertificates')
  url.search = new URLSearchParams({ applicationId: 'IDA', referenceId: 'SIGN' }).toString()
  let token: string | undefined

  const freshToken = async (): Promise<string | undefined> => {
    const { clientId, secretKey, appId } = office
    const answer = await client.call({
      method: 'POST',
      url: office.url,
      headers: { 'content-type': 'application/json;charset=utf-8', accept: 'application/json' },
      body: Buffer.from(JSON.stringify({ requesttime: clock.now(), request: { clientId, secretKey, appId } })),
      waitMs: HEALTH_MS,
      repeatable: true,
    })
    const given = answer.ok && answer.status === 200 ? answer.headers['authorization'] : undefined
    return typeof given === 'string' && TOKEN.test(given) ? given : undefined
  }

  return async () => {
    for (let tries = 1; ; tries += 1) {
      token ??= await freshToken()
      if (token === undefined) return undefined
      const answer = await get(client, url, {
        accept: 'application/json',
        authorization: 'Authorization',
        cookie: `Authorization=${token}`,
      })
      const isRefused = answer.ok && (answer.status === 401 || answer.status === 403)
      if (isRefused) token = undefined
      // A token that was kept may be over; a fresh one that is refused stays refused.
      if (!isRefused || tries === TRIES_MAX)
        return answer.ok && answer.status === 200 ? readCertificates(membersOf(answer.body)) : undefined
    }
  }
}
