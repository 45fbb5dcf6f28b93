import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { isObject, parseObject, type JsonObject } from '../../../domain/json.ts'
import { authenticator } from './authenticate.ts'
import { codesOf, type Answer, type Sent } from './codes.ts'
import { exchange } from './exchange.ts'
import { identitySchema } from './identity.ts'
import { keysOf, type Keys } from './keys.ts'
import { storeOf, type Mode } from './store.ts'
import type { Done } from './verified-claims.ts'

const BODY_BYTES_MAX = 2 * 1024 * 1024
const CLOCK_MS_MAX = 120_000
const CALLS_MAX = 1000
const BASE = '/v1/mock-identity-system'

/** What can be made to go wrong. */
export type Faults = {
  readonly delayMs?: number
  /** This status, and nothing that can be read. */
  readonly status?: number
  /** 200, and no JSON. */
  readonly malformed?: boolean
  /** The transaction of somebody else. */
  readonly wrongTransaction?: boolean
}

export type MockIdentitySystem = {
  /** `http://127.0.0.1:<port>/v1/mock-identity-system` */
  readonly url: string
  readonly setFaults: (faults: Faults) => void
  readonly mailbox: () => readonly Sent[]
  /** Paths that were asked, newest last, without what was in them. */
  readonly calls: () => readonly string[]
  readonly rotateKey: () => Promise<void>
  readonly close: () => Promise<void>
}

export type MockIdentitySystemOptions = {
  readonly port: number
  readonly mode: Mode
  /** The people file of the embedded mock. */
  readonly people: string
  readonly issuer: string
  readonly now: () => string
  readonly uuid: () => string
  readonly sixDigits: () => string
}

type Reply = Answer | Done | { readonly raw: unknown }

type Handler = (parts: readonly string[], given: JsonObject) => Promise<Reply> | Reply

const bodyOf = async (request: IncomingMessage): Promise<JsonObject | undefined> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return parseObject(Buffer.concat(chunks).toString('utf8'))
}

/** Identities and partners come in an envelope with the caller's time; everything else is bare. */
const enveloped =
  (now: () => string, act: (request: JsonObject) => Done): Handler =>
  (_parts, { requestTime, request }) => {
    const apart = Math.abs(Date.parse(String(requestTime)) - Date.parse(now()))
    return isObject(request) && apart <= CLOCK_MS_MAX ? act(request) : { error: 'invalid_request' }
  }

/** Rows of `METHOD pattern`; a star is one segment, handed to the handler in order. */
const handlersOf = (
  options: MockIdentitySystemOptions,
  keys: Keys,
): { readonly rows: Readonly<Record<string, Handler>>; readonly mailbox: () => readonly Sent[] } => {
  const { mode, now } = options
  const store = storeOf(options)
  const codes = codesOf({ ...options, store })
  const { authenticate, proven } = authenticator({ ...options, store, codes })
  const tell = exchange({ ...options, store, signer: keys, proven })
  const exchanging =
    (version: 1 | 2 | 3): Handler =>
    ([relyingParty = '', client = ''], given) =>
      tell(version, relyingParty, client, given)
  const authenticating =
    (metadata: boolean): Handler =>
    ([relyingParty = ''], given) =>
      authenticate(relyingParty, given, metadata)
  const read = (id: string): Reply => {
    const { pin, password, ...rest } = store.find(id) ?? {}
    if (store.find(id) === undefined) return { error: 'invalid_individual_id' }
    return { said: mode === 'compat' ? { ...rest, pin, password } : rest }
  }
  const rows: Readonly<Record<string, Handler>> = {
    'POST /identity': enveloped(now, store.create),
    'PUT /identity': enveloped(now, store.update),
    'POST /identity/add-verified-claim': enveloped(now, store.addVerified),
    'GET /identity/ui-spec': () => ({ error: 'ui_spec_not_found' }),
    'GET /identity/identity-schema': () => ({ said: identitySchema }),
    'GET /identity/*': ([id = '']) => read(id),
    'POST /partner': enveloped(now, store.addPartner),
    'POST /send-otp/*/*': (_parts, given) => codes.send(given),
    'POST /kyc-auth/*/*': authenticating(false),
    'POST /v2/kyc-auth/*/*': authenticating(true),
    'POST /kyc-exchange/*/*': exchanging(1),
    'POST /v2/kyc-exchange/*/*': exchanging(2),
    'POST /v3/kyc-exchange/*/*': exchanging(3),
    'GET /keys.json': () => ({ raw: { responseTime: null, response: { allCertificates: keys.published() }, errors: [] } }),
  }
  return { rows, mailbox: codes.mailbox }
}

const match = (pattern: string, asked: string): readonly string[] | undefined => {
  const [wanted, given] = [pattern.split('/'), asked.split('/')]
  if (wanted.length !== given.length || !wanted.every((part, index) => part === '*' || part === given[index])) return undefined
  return given.filter((_, index) => wanted[index] === '*').map(decodeURIComponent)
}

const envelopeOf = (reply: Reply, at: string): unknown => {
  if ('raw' in reply) return reply.raw
  const errors = 'error' in reply ? [{ errorCode: reply.error, message: reply.error }] : []
  return { responseTime: at, response: 'said' in reply ? reply.said : null, errors }
}

/** The mock-identity-system 0.13 as a process: the REST API of upstream, over the people of the embedded mock. It asks nobody who calls. */
export const mockIdentitySystem = async (options: MockIdentitySystemOptions): Promise<MockIdentitySystem> => {
  const keys = await keysOf(options.now)
  const { rows, mailbox } = handlersOf(options, keys)
  const calls: string[] = []
  let faults: Faults = {}

  const replyTo = async (asked: string, request: IncomingMessage): Promise<Reply | undefined> => {
    for (const [pattern, handler] of Object.entries(rows)) {
      const parts = match(pattern, asked)
      if (parts === undefined) continue
      const given = request.method === 'GET' ? {} : await bodyOf(request)
      return given === undefined ? { error: 'unknown_error' } : handler(parts, given)
    }
    return undefined
  }

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : ''
    calls.push(
      `${request.method ?? ''} ${path
        .split('/')
        .slice(0, path.startsWith('/v') ? 3 : 2)
        .join('/')}`,
    )
    calls.splice(0, calls.length - CALLS_MAX)
    const { delayMs = 0, status, malformed, wrongTransaction } = faults
    if (status !== undefined) return void response.writeHead(status).end('<html>')
    const reply = await replyTo(`${request.method ?? ''} ${path}`, request)
    // What was asked has happened by then.
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false })
    if (reply === undefined) return void response.writeHead(404).end()
    const text = JSON.stringify(envelopeOf(reply, options.now()))
    const told = wrongTransaction === true ? text.replace(/"transactionId":"[^"]*"/, '"transactionId":"AAAAAAAAAA"') : text
    // The status of upstream is 200, also for errors.
    response.writeHead(200, { 'content-type': 'application/json' }).end(malformed === true ? '{"response":' : told)
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://127.0.0.1:${port}${BASE}`,
    setFaults: (next) => {
      faults = next
    },
    mailbox,
    calls: () => calls,
    rotateKey: keys.rotate,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
