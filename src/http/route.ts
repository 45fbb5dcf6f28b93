import type { Reply, Request } from './reply.ts'
import type { World } from '../world.ts'

/**
 * Who a door speaks to, which decides its headers and how it says no:
 * `page` to a person, `oauth` to a relying party, `public` to anybody from any origin, `static` serves files.
 */
export type RouteKind = 'page' | 'oauth' | 'public' | 'static'

/** What the OpenAPI document says of one answer. */
export type RouteResponse = {
  readonly description: string
  readonly type?: string
  /** File below `schemas/`, without its ending. */
  readonly schema?: string
}

/** One door: a row. */
export type Route = {
  /** A GET answers HEAD too, unless `records`. */
  readonly method: 'GET' | 'POST'
  /** `/login/:transaction/:step`. */
  readonly path: string
  readonly kind: RouteKind
  readonly handler: (world: World, request: Request) => Promise<Reply>
  /** The GET writes something down, so HEAD is refused. */
  readonly records?: boolean
  /** Of a POST's body; absent: 32 KiB. */
  readonly bodyBytesMax?: number
  /** Of one parameter's value; absent: 20,000 characters. */
  readonly valueCharsMax?: number
  /** Parameters that may come more than once. */
  readonly repeatable?: readonly string[]
  readonly summary: string
  /** What the request carries: a file below `schemas/`, without its ending. Its members are parameters of query or form. */
  readonly request?: string
  readonly responses: Readonly<Record<number, RouteResponse>>
}
