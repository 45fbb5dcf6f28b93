import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express, { type NextFunction, type Request as Message, type Response } from 'express'
import { readBody } from './body.ts'
import { readCookies } from './cookies.ts'
import { isTransaction } from '../crypto/ids.ts'
import { failureReply, refusalReply } from './failures.ts'
import { addresses, networkOf, type Addresses } from './forwarded.ts'
import { headersOf } from './headers.ts'
import { isForm, readForm, readQuery, utf8 } from './parameters.ts'
import type { Headers, Reply, Request } from './reply.ts'
import type { Route, RouteKind } from './route.ts'
import type { World } from '../world.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { millisecondsOf } from '../../domain/time.ts'

const BODY_BYTES_MAX = 32_768

type House = {
  readonly world: World
  readonly kinds: Readonly<Record<RouteKind, Headers>>
  readonly clients: Addresses
}

/** The doors of one path, by method. */
type Doors = { readonly path: string; readonly kind: RouteKind; readonly get?: Route; readonly post?: Route }

const METHODS = ['GET', 'POST', 'HEAD'] as const

const isMethod = (method: string | undefined): method is Request['method'] => METHODS.some((known) => known === method)

/** The path as text; slashes at its beginning are one, so that it can never be read as another host. */
const pathOf = (target: string): string => {
  try {
    const path = decodeURIComponent(target)
    return /^[/\\]/.test(path) ? path.replace(/^[/\\]+/, '/') : '/'
  } catch {
    return '/'
  }
}

const headersFrom = (message: IncomingMessage): Request['headers'] => {
  const { 'set-cookie': _none, ...headers } = message.headers
  return headers as Request['headers']
}

/** What is known of a request before its parameters are looked at. */
const beginning = ({ world, clients }: House, message: IncomingMessage, params: Request['params']): Request => {
  const headers = headersFrom(message)
  return {
    method: isMethod(message.method) ? message.method : 'GET',
    path: pathOf((message.url ?? '/').split('?', 1)[0] ?? '/'),
    params,
    query: new Map(),
    form: new Map(),
    headers,
    cookies: readCookies(headers['cookie']),
    network: networkOf(clients.clientOf(message.socket.remoteAddress, headers['x-forwarded-for'])),
    requestId: world.chance.uuid(),
    at: world.clock.now(),
  }
}

/** Parameters come in the query or in the body, never in both (attack 15). */
const readParameters = async (
  { world }: House,
  message: IncomingMessage,
  request: Request,
  route: Route,
): Promise<Pick<Request, 'query' | 'form'> | RefusalCode> => {
  const url = message.url ?? ''
  const query = readQuery(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
  if (!query.ok) return query.refusal
  if (request.method !== 'POST') return { query: query.values, form: new Map() }
  if (query.values.size > 0) return 'request_invalid'
  // Whoever sends slowly costs the processor nothing, and must not make the house look full (attack 34).
  const bytes = await world.underWay.aside(() => readBody(message, route.bodyBytesMax ?? BODY_BYTES_MAX, world.timers))
  if (typeof bytes === 'string') return bytes
  if (bytes.length > 0 && !isForm(request.headers)) return 'body_unreadable'
  const body = utf8(bytes)
  const form =
    body === undefined ? ({ ok: false, refusal: 'body_unreadable' } as const) : readForm(body, route.repeatable, route.valueCharsMax)
  return form.ok ? { query: query.values, form: form.values } : form.refusal
}

/** Public, and what every event of it is found by; anything else that stands there could be anything. */
const transactionIn = ({ params: { transaction } }: Request): string | undefined =>
  transaction !== undefined && isTransaction(transaction) ? transaction : undefined

/** In which trace of a proxy's this request came, where the operator believes the proxy. */
const traceparentOf = ({ world: { settings }, clients }: House, { headers, socket }: IncomingMessage): string | undefined => {
  const { traceparent } = headers
  const believed = settings.traces?.fromProxies === true && typeof traceparent === 'string' && clients.isProxy(socket.remoteAddress)
  return believed ? traceparent : undefined
}

/** One line a request: the route, never the path itself, its query or who asks (rule 1). */
const noteAccess = ({ world }: House, request: Request, method: string, route: string, status: number): void => {
  const ms = millisecondsOf(world.clock.now()) - millisecondsOf(request.at)
  const transaction = transactionIn(request)
  const correlation = transaction === undefined ? {} : { transaction }
  world.log.info('request', { request: request.requestId, method, route, status, ms, ...correlation })
}

/** A body that was announced and not read to its end: such a connection is closed, since nobody waits for the rest. */
const isUnread = ({ headers, complete }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)

/** One `writeHead` with everything in it. */
const write = ({ kinds }: House, response: ServerResponse, kind: RouteKind, request: Request, reply: Reply): void => {
  if (response.headersSent || response.destroyed) return
  const { status, headers, body } = reply
  const bytes = typeof body === 'string' ? Buffer.byteLength(body, 'utf8') : body.byteLength
  const length = status === 204 || status === 304 ? {} : { 'content-length': String(bytes) }
  const last = isUnread(response.req) ? { connection: 'close' } : {}
  response.writeHead(status, { ...kinds[kind], ...length, ...last, 'x-request-id': request.requestId, ...headers } as Record<
    string,
    string
  >)
  // Node sends a text in one write together with the head, and bytes in a second one.
  response.end(request.method === 'HEAD' || status === 204 ? undefined : body)
}

const allowed = ({ get, post, kind }: Doors): string =>
  [
    ...(get ? ['GET'] : []),
    ...(get && get.records !== true ? ['HEAD'] : []),
    ...(post ? ['POST'] : []),
    ...(kind === 'public' ? ['OPTIONS'] : []),
  ].join(', ')

const doorFor = ({ get, post }: Doors, method: string | undefined): Route | undefined => {
  if (method === 'POST') return post
  return method === 'GET' || (method === 'HEAD' && get?.records !== true) ? get : undefined
}

const answer = async (house: House, message: IncomingMessage, request: Request, doors: Doors): Promise<Reply> => {
  const { world } = house
  const route = doorFor(doors, message.method)
  const allow = { allow: allowed(doors) }
  if (message.method === 'OPTIONS' && doors.kind === 'public')
    return { status: 204, headers: { ...allow, 'access-control-allow-methods': 'GET', 'access-control-max-age': '600' }, body: '' }
  if (route === undefined) return refusalReply(world, doors.kind, request, 'method_not_allowed', allow)
  const parameters = await readParameters(house, message, request, route)
  if (typeof parameters === 'string') return refusalReply(world, route.kind, request, parameters)
  return route.handler(world, { ...request, ...parameters })
}

const serve = async (house: House, message: Message, response: Response, doors: Doors): Promise<void> => {
  const params = Object.fromEntries(Object.entries(message.params).filter((row): row is [string, string] => typeof row[1] === 'string'))
  const request = beginning(house, message, params)
  const { observer, underWay } = house.world
  const at = { method: message.method, route: doors.path, transaction: transactionIn(request), traceparent: traceparentOf(house, message) }
  const reply = await observer.door(at, async () => {
    underWay.begin()
    try {
      return await answer(house, message, request, doors)
    } catch (error) {
      return failureReply(house.world, doors.kind, request, error)
    } finally {
      underWay.end()
    }
  })
  write(house, response, doors.kind, request, reply)
  noteAccess(house, request, message.method, doors.path, reply.status)
}

const doorsOf = (routes: readonly Route[]): readonly Doors[] =>
  [...Map.groupBy(routes, ({ path }) => path)].map(([path, rows]) => {
    const get = rows.find(({ method }) => method === 'GET')
    const post = rows.find(({ method }) => method === 'POST')
    return { path, kind: (get ?? post)?.kind ?? 'page', ...(get && { get }), ...(post && { post }) }
  })

/** Who is told what, where there is no door: machines read JSON, people a page. */
const strayKind = (message: IncomingMessage): RouteKind => (message.headers.accept?.includes('text/html') === true ? 'page' : 'oauth')

/**
 * The doors as a listener for Node's server. Express finds the door and nothing more: no parser, no etag, no header of its own, so
 * that a request costs little, and plain data goes in and out.
 */
export const createApp = (world: World, routes: readonly Route[]): RequestListener => {
  const { issuer, trustedProxies } = world.settings
  const house: House = { world, kinds: headersOf(issuer), clients: addresses(trustedProxies) }
  const app = express()
  for (const setting of ['x-powered-by', 'etag']) app.disable(setting)
  app.set('query parser', false)
  app.enable('case sensitive routing').enable('strict routing')
  for (const doors of doorsOf(routes)) app.route(doors.path).all((message, response) => serve(house, message, response, doors))
  const stray = (message: Message, response: Response): void => {
    const request = beginning(house, message, {})
    const kind = strayKind(message)
    const reply = refusalReply(world, kind, request, 'not_found')
    write(house, response, kind, request, reply)
    noteAccess(house, request, message.method, 'none', reply.status)
  }
  app.use(stray)
  // Express knows a handler of errors by its four parameters. Here it means a path that cannot be decoded.
  app.use((_error: unknown, message: Message, response: Response, _next: NextFunction) => stray(message, response))
  return app as RequestListener
}
