/** Any ID system behind HTTP, as somebody else would write it: it takes what is signed rightly and fits the contract, once. */
import { constants, createHash, verify, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { factSchema, requestSchemas } from '../../adapters/id-system/http/contract.ts'
import { CALLS } from '../../adapters/id-system/http/service.ts'
import { problemsWith } from '../../adapters/id-system/description.ts'
import type { IdSystem, Json, PluginDescription, RecordedFact } from '../../adapters/id-system/plugin.ts'
import { parseObject } from '../../domain/json.ts'

export type Wrong = {
  readonly status?: number
  readonly raw?: string
  readonly delayMs?: number
  /** The connection is cut this many times after the question was read. */
  readonly cut?: number
}

export type HttpIdSystem = {
  readonly url: string
  readonly service: () => { readonly [member: string]: Json }
  readonly set: (wrong: Wrong) => void
  /** Paths that were asked for, with their queries, and the nonces of what was signed. */
  readonly paths: () => readonly string[]
  readonly nonces: () => readonly string[]
  readonly facts: () => readonly RecordedFact[]
  readonly redescribe: (description: PluginDescription) => void
  readonly close: () => Promise<void>
}

type Options = { readonly system: IdSystem; readonly description: PluginDescription; readonly key: KeyObject; readonly now: () => string }

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const SIGNATURE =
  /^esignet=(\((.*)\);created=(\d+);expires=(\d+);nonce="([\w-]{22})";keyid="([\w-]{43})";alg="([a-z0-9-]+)";tag="esignet-id-system")$/

/** RFC 9421 §3.2, from the headers as they came. The nonce of what is signed rightly. */
const signedNonce = (request: IncomingMessage, body: Buffer, key: KeyObject, now: string): string | undefined => {
  const header = (name: string): string => String(request.headers[name] ?? '')
  const [, parameters = '', names = '', created = '', expires = '', nonce, , alg] = SIGNATURE.exec(header('signature-input')) ?? []
  const values: Readonly<Record<string, string>> = {
    '"@method"': request.method ?? '',
    '"@authority"': header('host'),
    '"@path"': (request.url ?? '').replace(/\?.*/, ''),
    '"content-type"': header('content-type'),
    '"content-digest"': header('content-digest'),
  }
  const lines = names.split(' ').map((name) => `${name}: ${values[name] ?? ''}`)
  const base = Buffer.from([...lines, `"@signature-params": ${parameters}`].join('\n'))
  const [, signature = ''] = /^esignet=:(.*):$/.exec(header('signature')) ?? []
  const bytes = Buffer.from(signature, 'base64')
  const right =
    key.asymmetricKeyType === 'ed25519'
      ? alg === 'ed25519' && verify(null, base, key, bytes)
      : alg === 'rsa-pss-sha512' && verify('sha512', base, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }, bytes)
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const nowS = Date.parse(now) / 1000
  const fresh = Number(created) <= nowS && nowS < Number(expires)
  return right && fresh && names.split(' ').length === 5 && header('content-digest') === digest ? nonce : undefined
}

export const httpIdSystem = async ({ system, description, key, now }: Options): Promise<HttpIdSystem> => {
  const paths: string[] = []
  const nonces: string[] = []
  const facts: RecordedFact[] = []
  let described = description
  let wrong: Wrong = {}
  let cuts = 0
  const service = () => {
    const calls = CALLS.filter((call) => system[call] !== undefined)
    return { description: described as unknown as Json, calls, events: Object.keys(system.on ?? {}) }
  }

  const answer = async (name: string, content: object): Promise<unknown> => {
    if (name === 'events') {
      if (problemsWith(factSchema, content).length > 0) return undefined
      facts.push(content as RecordedFact)
      return null
    }
    const call = CALLS.find((one) => one === name)
    if (call === undefined || problemsWith(requestSchemas[call], content).length > 0) return undefined
    return (system[call] as ((request: unknown) => unknown) | undefined)?.(content)
  }

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const name = (request.url ?? '').split('/').at(-1) ?? ''
    paths.push(request.url ?? '')
    const reply = (status: number, content: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(content === null ? '' : JSON.stringify(content))
    const body = await bodyOf(request)
    if (wrong.delayMs !== undefined) await new Promise((done) => setTimeout(done, wrong.delayMs))
    if (request.method === 'GET' && name === 'service') {
      reply(200, service())
      return
    }
    if (wrong.status !== undefined) {
      reply(wrong.status, {})
      return
    }
    if (request.method === 'GET' && name === 'health') {
      reply(200, { status: 'up' })
      return
    }
    const nonce = signedNonce(request, body, key, now())
    if (nonce === undefined || nonces.includes(nonce)) {
      reply(401, {})
      return
    }
    nonces.push(nonce)
    if ((wrong.cut ?? 0) > cuts) {
      cuts += 1
      return void request.socket.destroy()
    }
    if (wrong.raw !== undefined) return void response.end(wrong.raw)
    const content = await answer(name, parseObject(body.toString('utf8')) ?? {})
    reply(content === undefined ? 400 : content === null ? 204 : 200, content)
  }

  const server = createServer((request, response) => void respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/id`,
    service,
    set: (next) => {
      wrong = next
      cuts = 0
    },
    paths: () => paths,
    nonces: () => nonces,
    facts: () => facts,
    redescribe: (next) => {
      described = next
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
