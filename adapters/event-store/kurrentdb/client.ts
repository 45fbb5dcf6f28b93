import type { EventStoreDBClient, ResolvedEvent } from '@eventstore/db-client'
import type { NewEvent } from '../../../domain/ports.ts'
import { eventOf, type LogEvent, proposed } from './events.ts'
import type { Library } from './library.ts'
import type { LogPosition } from './log-positions.ts'
import { type Credentials, type KurrentDbSettings, prefersLeader, readCredentials } from './settings.ts'

/** Where a read or a subscription begins. */
export type Place = LogPosition | 'start' | 'end'

export type Flow = {
  readonly event: (event: LogEvent) => void
  /** Everything up to here was looked at by the server. */
  readonly checkpoint?: (position: LogPosition) => void
  /** Once; without an error where the server ended it cleanly. */
  readonly ended: (error?: unknown) => void
}

export type Delivered = { readonly event: LogEvent; readonly retries: number }

export type GroupFlow = { readonly delivered: (one: Delivered) => void; readonly ended: (error?: unknown) => void }

export type GroupLink = {
  readonly done: (...all: readonly Delivered[]) => Promise<void>
  readonly retry: (one: Delivered, reason: string) => Promise<void>
  readonly park: (one: Delivered, reason: string) => Promise<void>
  readonly leave: () => void
}

export type Link = { readonly link: LogEvent; readonly event: LogEvent | undefined }

/**
 * All that this adapter asks of a vendor's client. Errors are thrown as they come and are for `troubleOf`.
 * No call here has a timer; whoever calls brings one, and `signal` ends what the library would leave open.
 */
export type KurrentClient = {
  readonly append: (
    stream: string,
    expected: number,
    events: readonly NewEvent[],
    ms: number,
  ) => Promise<{ readonly revision: number; readonly position: LogPosition | undefined }>
  readonly readStream: (
    stream: string,
    options: { readonly from: number | 'start' | 'end'; readonly max: number; readonly isBackwards: boolean },
    signal: AbortSignal,
  ) => Promise<readonly LogEvent[]>
  readonly readAll: (
    options: { readonly from: Place; readonly max: number; readonly isBackwards: boolean },
    signal: AbortSignal,
  ) => Promise<readonly LogEvent[]>
  readonly links: (stream: string, max: number, signal: AbortSignal) => Promise<readonly Link[]>
  /** Events of all streams but the server's own. Answers how to stop it. */
  readonly follow: (from: Place, flow: Flow) => () => void
  readonly groups: () => Promise<readonly string[]>
  readonly createGroup: (group: string, options: GroupOptions) => Promise<void>
  readonly joinGroup: (group: string, bufferSize: number, flow: GroupFlow) => GroupLink
  readonly replayParked: (group: string, stopAt: number | undefined) => Promise<void>
  readonly truncate: (stream: string, before: number) => Promise<void>
  readonly appendLinks: (stream: string, links: readonly LogEvent[], ms: number) => Promise<void>
  /** Ends what is open on it, and its connection. */
  readonly dispose: () => Promise<void>
}

export type GroupOptions = { readonly from: 'start' | 'end'; readonly messageTimeoutMs: number }

/** Without credentials a server without TLS ignores these; they choose the path of one call an append, which is the safe one. */
const NOBODY: Credentials = { username: 'nobody', password: 'nobody' }

const OWN_STREAMS = '^[^$]'
/** Events examined between two checkpoints of a subscription: 32 times this. */
const CHECKPOINT_INTERVAL = 8
const RETRIES_MAX = 100_000
const LOWER_BOUND = 20
const UPPER_BOUND = 1000
const BUFFER = 1000

/** What is used of the library's streams, which it types one by one. */
type Source = {
  readonly on: (event: 'data' | 'error' | 'end' | 'close', listener: (value: never) => void) => unknown
  readonly cancel?: () => Promise<void>
  readonly unsubscribe?: () => Promise<void>
}

const ignore = (): void => undefined

const cancelOf =
  (stream: Partial<Source>): (() => void) =>
  () =>
    void (stream.cancel ?? stream.unsubscribe)?.call(stream).catch(ignore)

/**
 * Collects a read: a stream in one library, a generator in the other. After an abort the library may say nothing more, so the caller's
 * timer answers. A listener for errors stays, or a late one would end the process.
 */
const collect = async (read: object, signal: AbortSignal): Promise<readonly ResolvedEvent[]> => {
  const stream = read as Partial<Source> & AsyncIterable<ResolvedEvent>
  const seen: ResolvedEvent[] = []
  stream.on?.('error', ignore)
  signal.addEventListener('abort', cancelOf(stream))
  for await (const one of stream) seen.push(one)
  return seen
}

/** Calls `ended` once. A listener for errors stays, or a late one would end the process. */
const watched = (subscription: object, ended: (error?: unknown) => void): (() => void) => {
  const stream = subscription as Source
  let isOver = false
  const end = (error?: unknown): void => {
    if (isOver) return
    isOver = true
    ended(error)
  }
  stream.on('error', end)
  stream.on('end', () => end())
  stream.on('close', () => end())
  const cancel = cancelOf(stream)
  return () => {
    isOver = true
    cancel()
  }
}

/** The library closes its channel nowhere; both versions have it under this name. */
type Channelled = { readonly getChannel?: () => Promise<{ readonly close: () => void }> }

const groupsOf = (
  library: Library,
  client: EventStoreDBClient,
  credentials: Credentials,
): Pick<KurrentClient, 'groups' | 'createGroup' | 'joinGroup' | 'replayParked'> => ({
  groups: async () => (await client.listPersistentSubscriptionsToAll({ credentials })).map(({ groupName }) => groupName),
  createGroup: (group, { from, messageTimeoutMs }) => {
    const settings = library.groupSettings({
      startFrom: from,
      messageTimeout: messageTimeoutMs,
      // Tries are counted here, and what has used them up is parked with its reason; the server's own limit only bounds a loop.
      maxRetryCount: RETRIES_MAX,
      checkPointAfter: 1000,
      // A checkpoint is an event too: an idle server would go on for ever about its own.
      checkPointLowerBound: LOWER_BOUND,
      checkPointUpperBound: UPPER_BOUND,
      liveBufferSize: BUFFER,
      historyBufferSize: BUFFER,
    })
    // Without a filter: the server writes checkpoints for what a filter skips, past messages that it has not handed out yet, and after
    // a kill those are gone (measured on 24.6).
    return client.createPersistentSubscriptionToAll(group, settings, { credentials })
  },
  joinGroup: (group, bufferSize, flow) => {
    const joined = client.subscribeToPersistentSubscriptionToAll(group, { bufferSize, credentials })
    const leave = watched(joined, flow.ended)
    const resolved = new WeakMap<Delivered, ResolvedEvent>()
    joined.on('data', (one: ResolvedEvent & { readonly retryCount: number }) => {
      const event = one.event && eventOf(one.event)
      if (event === undefined) return void joined.ack(one).catch(ignore)
      const delivered = { event, retries: one.retryCount }
      resolved.set(delivered, one)
      flow.delivered(delivered)
    })
    const source = (one: Delivered): ResolvedEvent => resolved.get(one) as ResolvedEvent
    return {
      done: (...all) => joined.ack(...all.map(source)),
      retry: (one, reason) => joined.nack('retry', reason, source(one)),
      park: (one, reason) => joined.nack('park', reason, source(one)),
      leave,
    }
  },
  replayParked: (group, stopAt) => client.replayParkedMessagesToAll(group, { ...(stopAt !== undefined && { stopAt }), credentials }),
})

const readsOf = (
  library: Library,
  client: EventStoreDBClient,
  credentials: Credentials,
): Pick<KurrentClient, 'readStream' | 'readAll' | 'links' | 'follow'> => {
  const events = (all: readonly ResolvedEvent[]): readonly LogEvent[] =>
    all.flatMap(({ event }) => (event === undefined ? [] : [eventOf(event)]))
  const direction = (isBackwards: boolean) => (isBackwards ? ('backwards' as const) : ('forwards' as const))
  return {
    readStream: async (stream, { from, max, isBackwards }, signal) => {
      const fromRevision = typeof from === 'number' ? BigInt(from) : from
      const read = client.readStream(stream, { fromRevision, maxCount: max, direction: direction(isBackwards), credentials })
      return events(await collect(read, signal))
    },
    readAll: async ({ from, max, isBackwards }, signal) =>
      events(await collect(client.readAll({ fromPosition: from, maxCount: max, direction: direction(isBackwards), credentials }), signal)),
    links: async (stream, max, signal) => {
      const read = await collect(client.readStream(stream, { maxCount: max, resolveLinkTos: true, credentials }), signal)
      return read.flatMap(({ link, event }) => (link === undefined ? [] : [{ link: eventOf(link), event: event && eventOf(event) }]))
    },
    follow: (from, flow) => {
      const filter = library.streamNameFilter({
        regex: OWN_STREAMS,
        checkpointInterval: CHECKPOINT_INTERVAL,
        checkpointReached: (_, position) => flow.checkpoint?.(position),
      })
      const subscription = client.subscribeToAll({ fromPosition: from, filter, credentials })
      const stop = watched(subscription, flow.ended)
      subscription.on('data', ({ event }: ResolvedEvent) => event && flow.event(eventOf(event)))
      return stop
    },
  }
}

/** A client of its own. Files for TLS and credentials are read here, so a renewed certificate needs a new client, not a restart. */
export const makeClient = (library: Library, settings: KurrentDbSettings): KurrentClient => {
  const connection = settings.connection.replace(/^(esdb|kurrentdb)/, library.scheme)
  const client: EventStoreDBClient = library.Client.connectionString(connection)
  const credentials = readCredentials(settings.credentialsFile) ?? NOBODY
  const requiresLeader = prefersLeader(connection)
  const revisionOf = (expected: number): bigint | 'no_stream' => (expected < 0 ? 'no_stream' : BigInt(expected))
  return {
    ...readsOf(library, client, credentials),
    ...groupsOf(library, client, credentials),
    append: async (stream, expected, events, ms) => {
      const options = { [library.expected]: revisionOf(expected), credentials, requiresLeader, deadline: ms }
      const { nextExpectedRevision, position } = await client.appendToStream(stream, events.map(proposed), options)
      return { revision: Number(nextExpectedRevision), position }
    },
    truncate: async (stream, before) => {
      await client.setStreamMetadata(stream, { truncateBefore: before }, { credentials })
    },
    appendLinks: async (stream, links, ms) => {
      const copies = links.map(({ id: _id, ...link }) => proposed({ ...link, id: crypto.randomUUID() }))
      await client.appendToStream(stream, copies, { [library.expected]: 'any', credentials, deadline: ms })
    },
    dispose: async () => {
      await client.dispose()
      const channel = await (client as unknown as Channelled).getChannel?.()
      channel?.close()
    },
  }
}
