import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import type { Network } from '../../domain/ports.ts'
import { mayReach } from '../../adapters/remote-documents/addresses.ts'

const file = (name: string): string => readFileSync(join(import.meta.dirname, 'tls', name), 'utf8')
const LOOPBACK = '127.0.0.1'

export type KeyHost = {
  /** Where it publishes, under a name that only `network` knows. */
  readonly uri: string
  readonly port: number
  /** What it answers from now on. */
  readonly answer: (how: (request: IncomingMessage, response: ServerResponse) => void) => void
  /** Publishes this set, as a relying party does. */
  readonly publish: (keys: readonly object[]) => void
  readonly requests: () => number
  /** Names looked up so far. */
  readonly lookups: readonly string[]
  /** A network in which its name leads to it, and which lets the broker reach it there; `names` are further ones. */
  readonly network: (names?: Readonly<Record<string, readonly string[]>>) => Network
  readonly close: () => Promise<void>
}

/** A server of a relying party, with a certificate for keys.example and other.example. */
export const keyHost = async (): Promise<KeyHost> => {
  let requests = 0
  const lookups: string[] = []
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => void response.writeHead(404).end()
  const server = createServer({ key: file('key.pem'), cert: file('certificate.pem') }, (request, response) => {
    requests += 1
    answer(request, response)
  })
  server.listen(0, LOOPBACK)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    uri: `https://keys.example:${port}/jwks`,
    port,
    answer: (how) => {
      answer = how
    },
    publish: (keys) => {
      answer = (_request, response) =>
        void response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys }))
    },
    requests: () => requests,
    lookups,
    network: (names = {}) => ({
      addressesOf: async (host) => {
        lookups.push(host)
        const found = names[host] ?? (host === 'keys.example' ? [LOOPBACK] : undefined)
        if (found === undefined) throw new Error(`nobody knows ${host}`)
        return found
      },
      // The one exception is made here, for this test: what ships has none.
      mayReach: (reached, listed) => reached === LOOPBACK || mayReach(reached, listed),
      authorities: () => [file('certificate.pem')],
    }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
