import {
  appendProblem,
  consumeProblem,
  filterProblem,
  groupProblem,
  readAllProblem,
  readStreamProblem,
} from '../../../domain/event-limits.ts'
import {
  type Appended,
  type Clock,
  type EventStore,
  type ExpectedRevision,
  Fault,
  type NewEvent,
  type StoredEvent,
  type Subscription,
  type Timers,
} from '../../../domain/ports.ts'
import { consumer } from '../consumer.ts'
import { matches, positionOf } from '../positions.ts'
import { readAllOf } from '../read-all.ts'
import { makeSignal } from '../signal.ts'
import { type Source, subscription } from '../subscription.ts'
import { memoryGroups } from './memory-groups.ts'

const READ_MAX = 4096

const refuse = (problem: string | undefined): void => {
  if (problem !== undefined) throw new Fault('invalid', problem)
}

/** One log in an array, and for each stream its events. */
const makeLog = () => {
  const log: StoredEvent[] = []
  const streams = new Map<string, StoredEvent[]>()

  const repeated = (stored: readonly StoredEvent[], first: number, events: readonly NewEvent[]): StoredEvent | undefined =>
    events.every((event, index) => stored[first + index]?.id === event.id) ? stored[first + events.length - 1] : undefined

  const append = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Appended => {
    const stored = streams.get(stream) ?? []
    const actual = stored.length - 1
    const first = expected === 'no_stream' ? 0 : expected + 1
    const before = repeated(stored, first, events)
    if (before !== undefined) return { revision: before.revision, position: before.position }
    const isKnown = events.some((event) => stored.some((one) => one.id === event.id))
    if (first !== stored.length || isKnown) throw new Fault('conflict', 'the stream is at another revision', { actual })
    for (const { id, type, data, metadata } of events) {
      const event: StoredEvent = { id, type, data, metadata, stream, revision: stored.length, position: positionOf(log.length + 1) }
      stored.push(event)
      log.push(event)
    }
    streams.set(stream, stored)
    return { revision: stored.length - 1, position: positionOf(log.length) }
  }

  return { log, streams, append }
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
    if (event === undefined) throw new Fault('corrupt', `no event at position ${position}`)
    return event
  },
})

/** Keeps every promise of the port but durability. */
export const memoryEventStore = (tools: { readonly clock: Clock; readonly timers: Timers }): EventStore => {
  const { log, streams, append } = makeLog()
  const source = sourceOf(log)
  const groups = memoryGroups(source, { nowMs: () => Date.parse(tools.clock.now()) })
  const active = new Set<Subscription>()
  const state = { closed: false }

  const open = (): void => {
    if (state.closed) throw new Fault('closed', 'the event store is closed')
  }
  const follow = (one: Subscription): Subscription => {
    active.add(one)
    const forget = (): void => void active.delete(one)
    one.ended.then(forget, forget)
    return one
  }

  return {
    append: async (stream, expected, events) => {
      open()
      refuse(appendProblem(stream, expected, events))
      const appended = append(stream, expected, events)
      source.signal.raise()
      return appended
    },
    readStream: async (stream, options = {}) => {
      open()
      refuse(readStreamProblem(stream, options))
      const stored = streams.get(stream) ?? []
      const { max = READ_MAX, direction = 'forwards' } = options
      const from = options.from ?? (direction === 'forwards' ? 0 : stored.length - 1)
      const events =
        direction === 'forwards' ? stored.slice(from, from + max) : stored.slice(Math.max(0, from + 1 - max), from + 1).reverse()
      return { exists: stored.length > 0, events }
    },
    readAll: async (options = {}) => {
      open()
      refuse(readAllProblem(options))
      return readAllOf(source, options)
    },
    head: async () => {
      open()
      return log.at(-1)?.position
    },
    subscribe: (options, handler) => {
      open()
      refuse(filterProblem(options.filter))
      return follow(subscription(source, tools.timers, options, handler))
    },
    consume: (options, handler) => {
      open()
      refuse(consumeProblem(options))
      return follow(consumer({ source, groups: groups.port, ...tools, takeOverMs: 0, warn: () => undefined }, options, handler))
    },
    parked: async (group) => {
      open()
      refuse(groupProblem(group))
      return groups.parked(group)
    },
    replayParked: async (group, eventId) => {
      open()
      refuse(groupProblem(group))
      const replayed = groups.replay(group, eventId)
      source.signal.raise()
      return replayed
    },
    close: async () => {
      state.closed = true
      await Promise.all([...active].map((one) => one.stop()))
    },
  }
}
