import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { DemoHandler, DemoReply } from './views.ts'
import { Fault, type Log } from '../../domain/ports.ts'

const URL_CHARS_MAX = 8192
const HEADERS_BYTES_MAX = 16_384
const REQUEST_MS = 10_000

export type DemoServer = {
  /** Where browsers reach it; the port is the real one where 0 was asked for. */
  readonly origin: string
  /** Until a handler is there, every answer is 503. */
  readonly handle: (handler: DemoHandler) => void
  readonly close: () => Promise<void>
}

const textual = (headers: IncomingHttpHeaders): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))

const STARTING: DemoReply = {
  status: 503,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' },
  body: 'Starting.\n',
}
const BROKEN: DemoReply = { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'Something broke here.\n' }

const send = (response: ServerResponse, { status, headers, body }: DemoReply, withBody: boolean): void => {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(withBody ? body : undefined)
}

/** Opens the port first, since the redirect URI that the broker registers names it. Loopback only (rule 44). */
export const openDemoServer = async (port: number, log: Log): Promise<DemoServer> => {
  let handler: DemoHandler = async () => STARTING
  const server = createServer(
    { maxHeaderSize: HEADERS_BYTES_MAX, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request, response) => {
      const { method = 'GET', url = '/', headers } = request
      // Nothing that is posted is read.
      request.resume()
      const answer =
        url.length > URL_CHARS_MAX ? Promise.resolve({ ...BROKEN, status: 414 }) : handler({ method, url, headers: textual(headers) })
      answer.then(
        (reply) => send(response, reply, method !== 'HEAD'),
        (error: unknown) => {
          log.error('demo_broken', { error: error instanceof Error ? error.name : 'unknown' })
          send(response, BROKEN, method !== 'HEAD')
        },
      )
    },
  )
  const listening = await new Promise<number>((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(new Fault('unavailable', `cannot listen on 127.0.0.1:${port} (${error.code ?? 'unknown'})`, { cause: error })),
    )
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      done(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
  return {
    origin: `http://127.0.0.1:${listening}`,
    handle: (next) => {
      handler = next
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
