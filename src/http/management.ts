import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { live, readyInDetail } from './health.ts'
import { text, type Reply } from './reply.ts'
import type { World } from '../world.ts'

/** The text format of Prometheus. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Management = { readonly world: World; readonly refresh: () => Promise<void> }

const metrics = async ({ world, refresh }: Management): Promise<Reply> => {
  await refresh()
  return { status: 200, headers: { 'content-type': METRICS_TYPE }, body: world.observer.registry.text() }
}

const DOORS = new Map<string, (management: Management) => Promise<Reply>>([
  ['/metrics', metrics],
  ['/health/live', ({ world }) => live(world)],
  ['/health/ready', ({ world }) => readyInDetail(world)],
])

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/

/**
 * On loopback, a page in a browser of this machine whose own name leads here (DNS rebinding): it says that name. Whoever watches the
 * broker says a number or `localhost`, or nothing as old probes do.
 */
const isRebound = ({ headers: { host }, socket }: IncomingMessage): boolean => {
  if (host === undefined || !LOOPBACK.test(socket.localAddress ?? '')) return false
  const name = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, '') ?? ''
  return name !== 'localhost' && isIP(name) === 0
}

const answer = async (management: Management, message: IncomingMessage): Promise<Reply> => {
  if (isRebound(message)) return text('This is not the name of anything here.\n', 421)
  const door = DOORS.get(message.url ?? '')
  if (door === undefined) return text('There is nothing here.\n', 404)
  if (message.method !== 'GET' && message.method !== 'HEAD') return text('Only GET is answered here.\n', 405, { allow: 'GET, HEAD' })
  return door(management)
}

const write = (message: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void => {
  const length = { 'content-length': String(Buffer.byteLength(body)), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  response.writeHead(status, { ...length, ...headers } as Record<string, string>)
  response.end(message.method === 'HEAD' ? undefined : body)
}

/**
 * What only operators may see: metrics, and what is not ready. It has a listener of its own (rule 44), so that no proxy passes it on by
 * mistake. No parameter is read and no body.
 */
export const managementApp =
  (management: Management): RequestListener =>
  (message, response) => {
    answer(management, message).then(
      (reply) => write(message, response, reply),
      (error: unknown) => {
        management.world.log.error('management_failed', { error: error instanceof Error ? error.name : 'unknown' })
        write(message, response, text('It cannot be told now.\n', 503))
      },
    )
  }
