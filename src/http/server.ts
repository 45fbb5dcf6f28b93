import { createServer, type RequestListener, type Server } from 'node:http'
import { Fault } from '../../domain/ports.ts'

/** Against clients that are slow on purpose: milliseconds, bytes and numbers. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2000,
  // Longer than the idle time of usual proxies, which would otherwise send into a connection that is just closing.
  keepAliveTimeout: 65_000,
  maxHeaderSize: 32_768,
} as const
const HEADERS_MAX = 100
const CONNECTIONS_MAX = 8192

/** How long requests under way may take when we stop. */
const DRAIN_MS = 10_000

export type Listening = {
  /** The real one where 0 was asked for. */
  readonly port: number
  /** Takes no new connection, lets what is under way finish for at most ten seconds, then ends it. Idempotent. */
  readonly close: () => Promise<void>
}

const RESPONSES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** A request that Node could not read gets a status and nothing else. */
const answerUnreadable = (server: Server): void => {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy()
    return socket.end(`HTTP/1.1 ${RESPONSES[error.code ?? ''] ?? '400 Bad Request'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  })
}

const open = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Fault('unavailable', `cannot listen on ${host}:${String(port)} (${error.code ?? 'unknown'})`, { cause: error }))
    })
    server.listen({ port, host, backlog: 1024 }, resolve)
  })

const drain = (server: Server): Promise<void> => {
  const patience = AbortSignal.timeout(DRAIN_MS)
  const end = (): void => server.closeAllConnections()
  patience.addEventListener('abort', end)
  return new Promise((resolve) => {
    server.close(() => {
      patience.removeEventListener('abort', end)
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** Opens the doors. */
export const listen = async (
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> => {
  // Headers that come twice are joined, so that neither of two values passes for the only one.
  const server = createServer({ ...LIMITS, joinDuplicateHeaders: true }, (message, response) => {
    // Once we stop, a connection that finished its request is not kept.
    if (!server.listening) response.setHeader('connection', 'close')
    listener(message, response)
  })
  server.maxHeadersCount = HEADERS_MAX
  server.maxConnections = CONNECTIONS_MAX
  answerUnreadable(server)
  await open(server, port, host)
  const address = server.address()
  let closing: Promise<void> | undefined
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => (closing ??= drain(server)),
  }
}
