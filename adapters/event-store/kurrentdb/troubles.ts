/**
 * What went wrong with a call, as the reference's table of faults has it:
 * - `conflict`, `missing`, `exists`, `deleted`, `invalid`, `denied`: the server has decided;
 * - `nameless`: a node advertises an IP address where TLS needs a name; nothing was sent, and trying again does not help;
 * - `refused`: it did not happen, the same call may be tried again;
 * - `lost`: nobody knows whether it happened.
 */
export type TroubleKind = 'conflict' | 'missing' | 'exists' | 'deleted' | 'invalid' | 'denied' | 'nameless' | 'refused' | 'lost'

export class Trouble extends Error {
  override readonly name = 'Trouble'
  readonly kind: TroubleKind
  /** The client that met this is in a state from which it does not recover: a new one is made. */
  readonly spoilsClient: boolean
  /** `conflict` only: the revision that the server names, -1 for none. */
  readonly actual: number | undefined

  constructor(kind: TroubleKind, spoilsClient: boolean, cause: unknown, actual?: number) {
    super(`the event store server: ${kind}`, { cause })
    this.kind = kind
    this.spoilsClient = spoilsClient
    this.actual = actual
  }
}

/** The own timer of a call fired. */
export const expired = (): Trouble => new Trouble('lost', true, undefined)

/** `name` is always "Error" and the message may be empty, so the vendor's `type` decides, then the gRPC code, then the text. */
const BY_TYPE: Readonly<Record<string, readonly [kind: TroubleKind, spoilsClient: boolean]>> = {
  'wrong-expected-version': ['conflict', false],
  'stream-not-found': ['missing', false],
  'no-stream': ['missing', false],
  'not-found': ['missing', false],
  'persistent-subscription-does-not-exist': ['missing', false],
  'persistent-subscription-exists': ['exists', false],
  'persistent-subscription-dropped': ['lost', false],
  'persistent-subscription-failed': ['refused', false],
  'maximum-subscribers-reached': ['refused', false],
  'stream-deleted': ['deleted', false],
  'maximum-append-size-exceeded': ['invalid', false],
  'invalid-argument': ['invalid', false],
  'missing-required-metadata-property': ['invalid', false],
  'access-denied': ['denied', true],
  'not-leader': ['refused', false],
  'deadline-exceeded': ['lost', true],
  timeout: ['lost', false],
  unavailable: ['lost', false],
  cancelled: ['lost', false],
}

/** CANCELLED 1, DEADLINE_EXCEEDED 4, ABORTED 10, UNAVAILABLE 14. */
const LOST_CODES = new Set<unknown>([1, 4, 10, 14])
const RESOURCE_EXHAUSTED = 8

const BY_TEXT: readonly (readonly [text: RegExp, kind: TroubleKind, spoilsClient: boolean])[] = [
  // The client caches a failed discovery, so it never finds a node that comes up later.
  [/Failed to discover/i, 'refused', true],
  [/servername' Setting the TLS ServerName to an IP address/, 'nameless', true],
  // Certificates are read when a client is made: one of before a renewal trusts none of the new ones.
  [/certificate|alert unknown ca/i, 'refused', true],
  // Nothing was sent.
  [/No connection established|ECONNREFUSED/, 'refused', false],
  [/Server Is (Not Ready|Too Busy)|no leader info/i, 'refused', false],
  [/RESOURCE_EXHAUSTED/, 'invalid', false],
]

const memberOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>)[name] : undefined

const revisionOf = (value: unknown): number | undefined => {
  if (value === 'no_stream') return -1
  return typeof value === 'bigint' ? Number(value) : undefined
}

/** Any error of a client, classified. What is not known counts as lost, and its client is given up. */
export const troubleOf = (error: unknown): Trouble => {
  if (error instanceof Trouble) return error
  const text = error instanceof Error ? error.message : ''
  const byText = BY_TEXT.find(([pattern]) => pattern.test(text))
  if (byText !== undefined) return new Trouble(byText[1], byText[2], error)
  const type = memberOf(error, 'type')
  const byType = typeof type === 'string' ? BY_TYPE[type] : undefined
  if (byType !== undefined) return new Trouble(byType[0], byType[1], error, revisionOf(memberOf(error, 'actualVersion')))
  const code = memberOf(error, 'code')
  if (code === RESOURCE_EXHAUSTED) return new Trouble('invalid', false, error)
  return new Trouble('lost', !LOST_CODES.has(code), error)
}
