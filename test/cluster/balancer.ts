import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'

export type Balancer = { readonly port: number; readonly close: () => Promise<void> }

const REPLY_MS = 30_000

/** One try. False where nobody listens there, so that nothing was sent and another node may be asked. */
const forward = (from: IncomingMessage, to: ServerResponse, port: number, body: Buffer): Promise<boolean> =>
  new Promise((resolve) => {
    const headers = { ...from.headers, 'x-forwarded-for': from.socket.remoteAddress ?? '' }
    const asked = request({ host: '127.0.0.1', port, method: from.method, path: from.url, headers, timeout: REPLY_MS }, (reply) => {
      to.writeHead(reply.statusCode ?? 502, reply.rawHeaders)
      reply.pipe(to)
      reply.on('end', () => resolve(true))
      reply.on('error', () => to.destroy())
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') return resolve(false)
      if (!to.headersSent) to.writeHead(502).end()
      return resolve(true)
    })
    asked.end(body)
  })

/** Each request to the next node, whoever asks: nothing of a login may stay on one. What a country puts here is a proxy with TLS. */
export const openBalancer = async (port: number, nodes: readonly number[]): Promise<Balancer> => {
  let turn = 0
  const answer = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of from) chunks.push(chunk as Buffer)
    const first = (turn += 1)
    for (let at = 0; at < nodes.length; at += 1)
      if (await forward(from, to, nodes[(first + at) % nodes.length] ?? 0, Buffer.concat(chunks))) return
    to.writeHead(503, { 'retry-after': '1' }).end()
  }
  const server = createServer((from, to) => {
    answer(from, to).catch(() => to.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
