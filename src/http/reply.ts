import type { Instant, Uuid } from '../../domain/ports.ts'

/** What a door is asked: plain data, checked for shape and size already. */
export type Request = {
  readonly method: 'GET' | 'POST' | 'HEAD'
  /** Decoded, without the query. */
  readonly path: string
  /** From the route's pattern. */
  readonly params: Readonly<Record<string, string>>
  /** Each name once (RFC 6749 §3.1), empty values left out. */
  readonly query: ReadonlyMap<string, string>
  /** A list only where the route's `repeatable` names the parameter. */
  readonly form: ReadonlyMap<string, string | readonly string[]>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies: ReadonlyMap<string, string>
  /** The network that the client's address lies in, for limits: /24 of IPv4, /48 of IPv6. */
  readonly network: string
  readonly requestId: Uuid
  /** When the request began. */
  readonly at: Instant
}

export type Headers = Readonly<Record<string, string | readonly string[]>>

/** What a door answers: plain data. `app.ts` adds the headers of the route's kind; what stands here wins. */
export type Reply = {
  readonly status: number
  readonly headers: Headers
  readonly body: string | Uint8Array
}

export const page = (html: string, status = 200, headers: Headers = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: html,
})

export const json = (value: unknown, status = 200, headers: Headers = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

export const text = (body: string, status = 200, headers: Headers = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
})

/** 303, never 307: the browser must not send what was posted again (FAPI 2.0 §5.3.2.2-10). */
export const redirect = (location: string, headers: Headers = {}): Reply => ({ status: 303, headers: { location, ...headers }, body: '' })

/** The same reply with other headers; what stands here wins. */
export const withHeaders = (reply: Reply, headers: Headers): Reply => ({ ...reply, headers: { ...reply.headers, ...headers } })

/** The same reply with more cookies. */
export const withCookies = (reply: Reply, cookies: readonly string[]): Reply => {
  if (cookies.length === 0) return reply
  const before = reply.headers['set-cookie'] ?? []
  return { ...reply, headers: { ...reply.headers, 'set-cookie': [...(typeof before === 'string' ? [before] : before), ...cookies] } }
}

/** A form's value where it was given once. */
export const field = (request: Pick<Request, 'form'>, name: string): string | undefined => {
  const value = request.form.get(name)
  return typeof value === 'string' ? value : undefined
}

/** A form's values where the route lets them be repeated. */
export const fields = (request: Pick<Request, 'form'>, name: string): readonly string[] => {
  const value = request.form.get(name)
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
