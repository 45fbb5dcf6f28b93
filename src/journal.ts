import { checkDigest, genesisOf, sealMetadata } from './chain.ts'
import { sha256, uuidv5 } from './crypto/hash.ts'
import { canonical } from '../domain/canonical.ts'
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
import { artefactStream, kindOf, type Kind } from '../domain/streams.ts'
import type { EventSource, Recorded, SourceMessage, Unreadable } from '../projections/projection.ts'
import { checkCommand, checkEvent, checkMetadata, commandVersion, eventVersion } from '../schemas/check.ts'
import { upcast } from '../schemas/upcast.ts'

type JsonObject = { readonly [member: string]: Json }

/** One decision, ready to be recorded: all its events in one append on one stream (rule 10). */
export type Batch = {
  readonly stream: string
  /** The revision on which it was decided, -1 where the stream did not exist, and the digest of the event there. */
  readonly revision: number
  readonly previous: Digest
  readonly facts: readonly { readonly type: string; readonly data: object }[]
  readonly command: { readonly type: string; readonly at: Instant }
  readonly commandId: Uuid
  readonly correlation: string
  readonly causation: string
  readonly rules: { readonly [name: string]: Digest }
}

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

const damaged = (event: StoredEvent, problem: string): Fault =>
  new Fault('corrupt', `event ${String(event.revision)} of stream ${event.stream} cannot be trusted: ${problem}`)

const kindOrFault = (stream: string): Kind => {
  const kind = kindOf(stream)
  if (kind === undefined) throw new Fault('invalid', 'a stream of an unknown kind')
  return kind
}

const objectOf = (text: string): JsonObject | undefined => {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** A stored event, checked: digest, metadata, version and data. `before` is the digest of the event before it where it is known. */
export const decode = (stored: StoredEvent, before?: Digest): Recorded => {
  const kind = kindOf(stored.stream)
  const data = objectOf(stored.data)
  const checkedMetadata = checkMetadata(objectOf(stored.metadata))
  if (kind === undefined || data === undefined) throw damaged(stored, 'it is not an event of ours')
  if (!checkedMetadata.ok) throw damaged(stored, 'its metadata is not what the schema says')
  const metadata = checkedMetadata.value
  const expected = before ?? (stored.revision === 0 ? genesisOf(stored.stream) : metadata.previous)
  if (metadata.previous !== expected) throw damaged(stored, 'it does not follow the event before it')
  const chain = checkDigest(stored, expected)
  if (!chain.ok) throw damaged(stored, chain.problem)
  const present = upcast(kind, stored.type, metadata.version, data)
  if (present === undefined) throw damaged(stored, 'its type or version is not known to this program')
  const version = eventVersion(kind, stored.type) ?? metadata.version
  const check = checkEvent(kind, stored.type, version, present)
  if (!check.ok) throw damaged(stored, `its data is not what the schema says (${check.problems.join('; ')})`)
  return {
    id: stored.id,
    stream: stored.stream,
    kind,
    revision: stored.revision,
    position: stored.position,
    type: stored.type,
    version,
    recordedVersion: metadata.version,
    at: metadata.at,
    correlation: metadata.$correlationId,
    causation: metadata.$causationId,
    commandId: metadata.commandId,
    index: metadata.index,
    count: metadata.count,
    ...(metadata.command && { command: metadata.command as NonNullable<Recorded['command']> }),
    rules: metadata.rules,
    previous: metadata.previous,
    digest: chain.digest,
    data: present as JsonObject,
  }
}

const unreadable = (stored: StoredEvent, fault: unknown): Unreadable => ({
  id: stored.id,
  stream: stored.stream,
  revision: stored.revision,
  position: stored.position,
  type: stored.type,
  bytesDigest: sha256(`${stored.data}\n${stored.metadata}`),
  problem: fault instanceof Fault ? fault.message : 'it cannot be read',
})

const encode = (batch: Batch): readonly NewEvent[] => {
  const kind = kindOrFault(batch.stream)
  const { type, ...body } = batch.command
  const checkedCommand = checkCommand(kind, batch.command)
  if (!checkedCommand.ok) throw new Fault('invalid', `command ${type}: ${checkedCommand.problems.join('; ')}`)
  let previous = batch.previous
  return batch.facts.map((fact, index) => {
    const version = eventVersion(kind, fact.type) ?? 1
    const checked = checkEvent(kind, fact.type, version, fact.data)
    if (!checked.ok) throw new Fault('invalid', `event ${fact.type}: ${checked.problems.join('; ')}`)
    const metadata = JSON.stringify({
      at: batch.command.at,
      version,
      $correlationId: batch.correlation,
      $causationId: batch.causation,
      commandId: batch.commandId,
      index,
      count: batch.facts.length,
      ...(index === 0 && { command: { type, version: commandVersion(kind, type) ?? 1, body } }),
      rules: batch.rules,
      previous,
    })
    const event = {
      id: uuidv5(batch.commandId, `${batch.stream}#${String(index)}`),
      type: fact.type,
      data: JSON.stringify(fact.data),
    }
    const sealed = sealMetadata({ ...event, previous, stream: batch.stream, revision: batch.revision + 1 + index, metadata })
    previous = sealed.digest
    return { ...event, metadata: sealed.text }
  })
}

const tell = (stored: StoredEvent): SourceMessage => {
  try {
    return { kind: 'event', event: decode(stored) }
  } catch (fault) {
    return { kind: 'unreadable', event: unreadable(stored, fault) }
  }
}

/** A store hands the same object to all who follow it, so each event is checked once for all of them. */
const sourceOf = (store: EventStore): EventSource => {
  const told = new WeakMap<StoredEvent, SourceMessage>()
  const tellOnce = (stored: StoredEvent): SourceMessage => {
    const known = told.get(stored)
    if (known !== undefined) return known
    const message = tell(stored)
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

export const openJournal = (store: EventStore): Journal => {
  const read = readFrom(store)
  const append: Journal['append'] = async (batch) => {
    const events = encode(batch)
    const appended = await store.append(batch.stream, batch.revision < 0 ? 'no_stream' : batch.revision, events)
    let previous = batch.previous
    return events.map((event, index) => {
      const stored = { ...event, stream: batch.stream, revision: batch.revision + 1 + index, position: appended.position }
      const decoded = decode(stored, previous)
      previous = decoded.digest
      return decoded
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
    if ((await store.readStream(stream, { max: 1 })).exists) return digest
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
    source: sourceOf(store),
    last: async (stream) => {
      const { events } = await store.readStream(stream, { direction: 'backwards', max: 1 })
      return events[0] && decode(events[0])
    },
  }
}
