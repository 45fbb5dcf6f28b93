import { Metadata, type ServiceError, status } from '@grpc/grpc-js'

// How the stand-in is told to misbehave.

export type CallKind = 'append' | 'read' | 'follow' | 'features' | 'create' | 'join' | 'replay' | 'gossip'
/** What is counted besides: reads that the client gave up, events told to subscriptions, messages handed to consumers. */
export type Counted = CallKind | 'cancelled' | 'told' | 'handed'

export type Act =
  /** Nothing is done and nothing is answered. */
  | { readonly kind: 'silent' }
  /** It is done, and answered late. */
  | { readonly kind: 'late'; readonly ms: number }
  /** An append is kept, and its answer lost in one of four ways. */
  | { readonly kind: 'lost'; readonly as: 'silence' | 'reset' | 'timeout' | 'conflict' }
  /** A stream ends cleanly at once. */
  | { readonly kind: 'end' }
  /** A subscription is confirmed and then says nothing. */
  | { readonly kind: 'mute' }
  | { readonly kind: 'notLeader'; readonly port: number }
  | { readonly kind: 'fail'; readonly error: Partial<ServiceError> }

export const serviceError = (code: status, details: string, members: Readonly<Record<string, string>> = {}): Partial<ServiceError> => {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(members)) metadata.set(name, value)
  return { code, details, metadata }
}

/** Error shapes as the real server sends them. */
export const ERRORS = {
  notLeader: (port: number) =>
    serviceError(status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': '127.0.0.1',
      'leader-endpoint-port': String(port),
    }),
  noLeader: serviceError(status.UNKNOWN, 'No leader info available in response'),
  notReady: serviceError(status.UNAVAILABLE, 'Server Is Not Ready'),
  reset: serviceError(status.UNAVAILABLE, 'read ECONNRESET'),
  timeout: serviceError(status.ABORTED, 'Operation timed out: Prepare phase timeout'),
  denied: serviceError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' }),
  dropped: (group: string) =>
    serviceError(status.CANCELLED, `Subscription group ${group} on stream $all was dropped`, {
      exception: 'persistent-subscription-dropped',
      'stream-name': '$all',
      'group-name': group,
    }),
  groupExists: (group: string) =>
    serviceError(status.ALREADY_EXISTS, `Subscription group ${group} on stream $all exists.`, {
      exception: 'persistent-subscription-exists',
      'stream-name': '$all',
      'group-name': group,
    }),
  groupMissing: (group: string) =>
    serviceError(status.NOT_FOUND, `Subscription group ${group} on stream $all does not exist.`, {
      exception: 'persistent-subscription-does-not-exist',
      'stream-name': '$all',
      'group-name': group,
    }),
} as const

/** What is to be done with the next calls of a kind; counts all calls, and the clients that they come from. */
export const makeScript = () => {
  const acts = new Map<CallKind, Act[]>()
  const counts = new Map<Counted, number>()
  const clients = new Set<string>()
  let authorization = ''
  const note = (counted: Counted): void => void counts.set(counted, (counts.get(counted) ?? 0) + 1)
  const last = (metadata: Metadata, name: string): string => String(metadata.get(name).at(-1) ?? '')
  return {
    next: (kind: CallKind, act: Act, times = 1): void => {
      acts.set(kind, [...(acts.get(kind) ?? []), ...Array.from({ length: times }, () => act)])
    },
    take: (kind: CallKind, from?: Metadata): Act | undefined => {
      note(kind)
      if (from !== undefined) {
        clients.add(last(from, 'connection-name'))
        authorization = last(from, 'authorization')
      }
      return acts.get(kind)?.shift()
    },
    note,
    count: (counted: Counted): number => counts.get(counted) ?? 0,
    /** Clients that appended, read or followed: each has a name of its own. */
    clients: (): number => clients.size,
    /** Of the newest of these calls. */
    authorization: (): string => authorization,
  }
}

export type Script = ReturnType<typeof makeScript>
