import { errorReply } from './error-page.ts'
import { ERRORS, oauthError } from './errors.ts'
import { frameOf, languageOf } from './frame.ts'
import { json, page, text, type Headers, type Reply, type Request } from './reply.ts'
import type { RouteKind } from './route.ts'
import { sha256 } from '../crypto/hash.ts'
import { LETTERS } from '../reference.ts'
import type { World } from '../world.ts'
import { Fault } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { errorPage } from '../ui/pages.ts'

/** What a person reads out on the telephone and an operator finds in the log: made of the request's id, so it says nothing else. */
const referenceFor = ({ requestId }: Pick<Request, 'requestId'>): string =>
  [...Buffer.from(sha256(requestId), 'base64url').subarray(0, 8)].map((byte) => LETTERS.charAt(byte % LETTERS.length)).join('')

/** Seconds after which an outage may be over. */
const RETRY_S = 5

/** A request that no door was asked about. */
export const refusalReply = (world: World, kind: RouteKind, request: Request, refusal: RefusalCode, headers: Headers = {}): Reply => {
  if (kind === 'page') return errorReply(world, request, refusal, headers)
  const { status, description } = ERRORS[refusal]
  return kind === 'static' ? text(`${description}\n`, status, headers) : json(oauthError(refusal), status, headers)
}

const failurePage = (world: World, request: Request, code: 'fault' | 'bug', status: number, headers: Headers): Reply => {
  const frame = frameOf(world, request, languageOf(request, undefined))
  return page(errorPage(frame, { code, reference: referenceFor(request), at: request.at }), status, headers)
}

/** Where it happened, without the message: that may hold what somebody typed. */
const placesOf = (error: Error): readonly string[] =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .map((line) => line.trim())

/** The world failed: the same request may succeed later. `invalid` is our own mistake. */
const isOutage = (error: unknown): error is Fault => error instanceof Fault && error.code !== 'invalid'

const note = (world: World, request: Request, error: unknown): void => {
  const fields = { request: request.requestId, reference: referenceFor(request) }
  if (error instanceof Fault) world.log.error('fault', { ...fields, code: error.code, problem: error.message })
  else if (error instanceof Error) world.log.error('bug', { ...fields, error: error.name, places: placesOf(error) })
  else world.log.error('bug', { ...fields, error: typeof error })
}

/** A Fault becomes 503 and may be tried again; anything else is a bug: 500, a reference, and no detail. */
export const failureReply = (world: World, kind: RouteKind, request: Request, error: unknown): Reply => {
  note(world, request, error)
  const outage = isOutage(error)
  const waitS = outage && error.retryAfterMs !== undefined ? Math.ceil(error.retryAfterMs / 1000) : RETRY_S
  const headers: Headers = outage ? { 'retry-after': String(waitS) } : {}
  const status = outage ? 503 : 500
  try {
    if (kind === 'page') return failurePage(world, request, outage ? 'fault' : 'bug', status, headers)
  } catch (second) {
    note(world, request, second)
    return text(`Something went wrong on our side: ${referenceFor(request)}\n`, status, headers)
  }
  if (outage) return json({ error: 'temporarily_unavailable', error_description: 'Try again later.' }, status, headers)
  return json({ error: 'server_error', error_description: `Something went wrong on our side: ${referenceFor(request)}` }, status)
}
