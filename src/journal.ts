import { genesisOf } from './chain.ts'
import { damaged, decode, encode, unreadable, type Batch } from './codec.ts'
import { sha256 } from './crypto/hash.ts'
import { keepNewest } from './keep-newest.ts'
import { canonical } from '../domain/canonical.ts'
import { isObject } from '../domain/json.ts'
import {
  Fault,
  type Digest,
  type EventStore,
  type Instant,
  type Json,
  type NewEvent,
  type StoredEvent,
  type Uuid,
} from '../domain/ports.ts'
import { artefactStream } from '../domain/streams.ts'
import type { EventSource, Recorded, SourceMessage } from '../projections/projection.ts'

type JsonObject = { readonly [member: string]: Json }

/** The event store in our own terms: what is written is checked and chained, what is read is checked and brought up to date. */
export type Journal = {
  /** Events of a stream in order, from a revision on. `previous` is the digest before `from`, where the caller knows it. */
  readonly read: (stream: string, from?: number, previous?: Digest) => Promise<readonly Recorded[]>
  /** The last event of a stream that restates its state (rule 8). */
  readonly last: (stream: string) => Promise<Recorded | undefined>
  /** A stream from its end, checked as it is read: for those who need only the newest events of one that may be long. */
  readonly backwards: (stream: string) => AsyncIterable<Recorded>
  /** Faults: those of the store; `invalid` when an event or its command is not what its schema says. */
  readonly append: (batch: Batch) => Promise<readonly Recorded[]>
  readonly source: EventSource
  /** Keeps a notice, policy or configuration under its own digest, once (rule 6). */
  readonly keepArtefact: (kind: ArtefactKind, content: JsonObject, at: Instant, commandId: Uuid) => Promise<Digest>
  readonly artefact: (digest: Digest) => Promise<JsonObject | undefined>
  readonly store: EventStore
}

export type ArtefactKind = 'notice' | 'policy' | 'client' | 'assurance' | 'schema'

/** Events of one stream that are read at once; longer streams are read in pages. */
const PAGE_EVENTS = 1024

const BACKWARDS_EVENTS = 64

/** Artefacts of which it is remembered that they are kept; others are looked for. */
const KEPT_MAX = 1000

const tell = (stored: StoredEvent): SourceMessage => {
  try {
    return { kind: 'event', event: decode(stored) }
  } catch (fault) {
    return { kind: 'unreadable', event: unreadable(stored, fault) }
  }
}

/** Events of our own that nobody has been told of yet; older ones are read like those of others. */
const OWN_MAX = 1024

/** Remembers what this process appended, so that it is not parsed and hashed again when it comes back unchanged. */
const ownEvents = () => {
  const own = new Map<Uuid, { readonly event: NewEvent; readonly recorded: Recorded }>()
  return {
    add: (event: NewEvent, recorded: Recorded): void => keepNewest(own, event.id, { event, recorded }, OWN_MAX),
    /** Once: what comes back is remembered with the object that it came in. */
    take: (stored: StoredEvent): Recorded | undefined => {
      const known = own.get(stored.id)
      own.delete(stored.id)
      if (known === undefined) return undefined
      const { event, recorded } = known
      const isSame =
        event.data === stored.data &&
        event.metadata === stored.metadata &&
        event.type === stored.type &&
        recorded.stream === stored.stream &&
        recorded.revision === stored.revision
      return isSame ? { ...recorded, position: stored.position } : undefined
    },
  }
}

type OwnEvents = ReturnType<typeof ownEvents>

/** A store hands the same object to all who follow it, so each event is checked once for all of them. */
const sourceOf = (store: EventStore, own: OwnEvents): EventSource => {
  const told = new WeakMap<StoredEvent, SourceMessage>()
  const tellOnce = (stored: StoredEvent): SourceMessage => {
    const known = told.get(stored)
    if (known !== undefined) return known
    const event = own.take(stored)
    const message: SourceMessage = event === undefined ? tell(stored) : { kind: 'event', event }
    told.set(stored, message)
    return message
  }
  return {
    head: store.head,
    subscribe: (options, handler) =>
      store.subscribe(options, (message) => handler(message.kind === 'event' ? tellOnce(message.event) : message)),
  }
}

const readFrom =
  (store: EventStore): Journal['read'] =>
  async (stream, from = 0, previous) => {
    const events: Recorded[] = []
    let before = previous
    for (let next = from; ;) {
      const slice = await store.readStream(stream, { from: next, max: PAGE_EVENTS })
      for (const stored of slice.events) {
        if (stored.revision !== next) throw damaged(stored, `event ${String(next)} before it is missing`)
        const event = decode(stored, before)
        before = event.digest
        events.push(event)
        next += 1
      }
      if (slice.events.length < PAGE_EVENTS) return events
    }
  }

const backwardsFrom = (store: EventStore): Journal['backwards'] =>
  async function* (stream) {
    let newer: Recorded | undefined
    for (let from: number | undefined; ;) {
      const slice = await store.readStream(stream, { direction: 'backwards', max: BACKWARDS_EVENTS, ...(from !== undefined && { from }) })
      for (const stored of slice.events) {
        const event = decode(stored)
        if (newer !== undefined && (newer.revision !== event.revision + 1 || newer.previous !== event.digest))
          throw damaged(stored, 'the event after it does not follow it')
        newer = event
        yield event
      }
      if (newer === undefined || newer.revision === 0) return
      from = newer.revision - 1
    }
  }

/** The notices that a batch says people agreed to. */
const noticesIn = ({ facts }: Batch): readonly Digest[] =>
  facts.flatMap(({ type, data }) => {
    const standing = type === 'ConsentGiven' && isObject(data) ? data['standing'] : undefined
    const notice = isObject(standing) ? standing['notice'] : undefined
    const digest = isObject(notice) ? notice['digest'] : undefined
    return typeof digest === 'string' ? [digest] : []
  })

export const openJournal = (store: EventStore): Journal => {
  const read = readFrom(store)
  const own = ownEvents()
  const kept = new Map<Digest, true>()
  const isKept = async (digest: Digest): Promise<boolean> => {
    if (kept.has(digest)) return true
    if (!(await store.readStream(artefactStream(digest), { max: 1 })).exists) return false
    keepNewest(kept, digest, true, KEPT_MAX)
    return true
  }
  const append: Journal['append'] = async (batch) => {
    const encoded = encode(batch)
    // Nobody agreed to what is nowhere (rule 6, REG-07).
    for (const notice of noticesIn(batch))
      if (!(await isKept(notice))) throw new Fault('invalid', `notice ${notice} is cited by a consent, and not kept`)
    const revision = batch.revision < 0 ? 'no_stream' : batch.revision
    const { position } = await store.append(
      batch.stream,
      revision,
      encoded.map(({ event }) => event),
    )
    return encoded.map(({ event, recorded }) => {
      const told = recorded(position)
      own.add(event, told)
      return told
    })
  }

  const artefact: Journal['artefact'] = async (digest) => {
    const [event] = await read(artefactStream(digest))
    const content = event?.data['content'] as JsonObject | undefined
    if (content !== undefined && sha256(canonical(content)) !== digest)
      throw new Fault('corrupt', `artefact ${digest} is not what its name says`)
    return content
  }

  const keepArtefact: Journal['keepArtefact'] = async (kind, content, at, commandId) => {
    const digest = sha256(canonical(content))
    const stream = artefactStream(digest)
    if (await isKept(digest)) return digest
    const batch: Batch = {
      stream,
      revision: -1,
      previous: genesisOf(stream),
      facts: [{ type: 'ArtefactKept', data: { kind, content } }],
      command: { type: 'KeepArtefact', at },
      commandId,
      correlation: digest,
      causation: commandId,
      rules: {},
    }
    try {
      await append(batch)
    } catch (error) {
      // Somebody else kept the same thing at the same moment.
      if (!(error instanceof Fault && error.code === 'conflict')) throw error
    }
    return digest
  }

  return {
    read,
    backwards: backwardsFrom(store),
    append,
    artefact,
    keepArtefact,
    store,
    source: sourceOf(store, own),
    last: async (stream) => {
      const { events } = await store.readStream(stream, { direction: 'backwards', max: 1 })
      return events[0] && decode(events[0])
    },
  }
}
