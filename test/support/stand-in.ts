import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What can be made to go wrong with any of them. */
export type StandInFaults = {
  readonly delayMs?: number
  /** This status, and nothing that can be read. */
  readonly status?: number
  /** 200, and no JSON. */
  readonly malformed?: boolean
}

export type Asked = { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

export type Said = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is; anything else as JSON. */
  readonly body: unknown
}

export type StandIn = {
  readonly url: string
  readonly setFaults: (faults: StandInFaults) => void
  /** `METHOD path`, newest last. */
  readonly calls: () => readonly string[]
  readonly close: () => Promise<void>
}

const CALLS_MAX = 1000
const BODY_BYTES_MAX = 2 * 1024 * 1024

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES_MAX) throw new Error('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Somebody else's system, in this process, on a free port of this machine. */
export const standIn = async (answer: (asked: Asked) => Promise<Said> | Said): Promise<StandIn> => {
  const calls: string[] = []
  let faults: StandInFaults = {}
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request
    calls.push(`${method} ${path}`)
    calls.splice(0, calls.length - CALLS_MAX)
    const said = await answer({ method, path, headers, body: await bodyOf(request) })
    const { delayMs, status, malformed } = faults
    if (delayMs !== undefined) await sleep(delayMs, undefined, { ref: false })
    response.writeHead(status ?? said.status ?? 200, { 'content-type': 'application/json', ...said.headers })
    response.end(
      malformed === true || status !== undefined ? '<html>' : typeof said.body === 'string' ? said.body : JSON.stringify(said.body),
    )
  }
  const server = createServer((request, response) => {
    respond(request, response).catch(() => {
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setFaults: (wished) => {
      faults = wished
    },
    calls: () => calls,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
