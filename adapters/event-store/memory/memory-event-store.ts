import {
  type Appended,
  type Clock,
  type EventStore,
  Fault,
  type NewEvent,
  type StoredEvent,
  type StreamSlice,
  type Timers,
} from '../../../domain/ports.ts'
import { type Engine, eventStoreOver } from '../event-store-over.ts'
import { matches, positionOf } from '../positions.ts'
import { makeSignal } from '../signal.ts'
import type { Source } from '../subscription.ts'
import { memoryGroups } from './memory-groups.ts'

const READ_MAX = 4096

/** One log in an array, and for each stream its events. */
const makeLog = () => {
  const log: StoredEvent[] = []
  const streams = new Map<string, StoredEvent[]>()

  const repeated = (stored: readonly StoredEvent[], first: number, events: readonly NewEvent[]): StoredEvent | undefined =>
    events.every((event, index) => stored[first + index]?.id === event.id) ? stored[first + events.length - 1] : undefined

  const append = (stream: string, expected: number, events: readonly NewEvent[]): Appended => {
    const stored = streams.get(stream) ?? []
    const before = repeated(stored, expected + 1, events)
    if (before !== undefined) return { revision: before.revision, position: before.position }
    const isKnown = events.some((event) => stored.some((one) => one.id === event.id))
    const actual = stored.length - 1
    if (expected !== actual || isKnown) throw new Fault('conflict', 'the stream is at another revision', { actual })
    for (const { id, type, data, metadata } of events) {
      const event: StoredEvent = { id, type, data, metadata, stream, revision: stored.length, position: positionOf(log.length + 1) }
      stored.push(event)
      log.push(event)
    }
    streams.set(stream, stored)
    return { revision: stored.length - 1, position: positionOf(log.length) }
  }

  const readStream: Engine['readStream'] = (stream, options): StreamSlice => {
    const stored = streams.get(stream) ?? []
    const { max = READ_MAX, direction = 'forwards' } = options
    if (direction === 'forwards') {
      const from = options.from ?? 0
      return { exists: stored.length > 0, events: stored.slice(from, from + max) }
    }
    const end = Math.min(stored.length, (options.from ?? stored.length) + 1)
    return { exists: stored.length > 0, events: stored.slice(Math.max(0, end - max), end).reverse() }
  }

  return { log, append, readStream }
}

const sourceOf = (log: readonly StoredEvent[]): Source => ({
  signal: makeSignal(),
  head: () => log.length,
  scan: (after, window, filter) => {
    const seen = log.slice(after, after + window)
    const events = seen.filter((event) => matches(filter, event.type, event.stream))
    return { events, next: after + seen.length, end: seen.length < window }
  },
  event: (position) => {
    const event = log[position - 1]
    if (event === undefined) throw new Fault('corrupt', `the log has no event at position ${position}`)
    return event
  },
})

/** Keeps every promise of the port but durability. */
export const memoryEventStore = (tools: { readonly clock: Clock; readonly timers: Timers }): EventStore => {
  const { log, append, readStream } = makeLog()
  const source = sourceOf(log)
  const groups = memoryGroups(source, { nowMs: () => Date.parse(tools.clock.now()) })
  return eventStoreOver(
    {
      source,
      readStream,
      append: async (stream, expected, events) => append(stream, expected, events),
      groups: () => groups.port,
      groupNames: groups.names,
      parked: groups.parked,
      replay: async (group, eventId) => groups.replay(group, eventId),
      drop: async (group, eventId) => groups.drop(group, eventId),
      close: async () => undefined,
    },
    { ...tools, takeOverMs: 0, warn: () => undefined },
  )
}
