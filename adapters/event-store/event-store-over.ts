import { appendProblem, consumeProblem, filterProblem, groupProblem, readAllProblem, readStreamProblem } from './limits.ts'
import {
  type Appended,
  type Clock,
  type EventStore,
  Fault,
  type NewEvent,
  type Parked,
  type StoredEvent,
  type StreamSlice,
  type Subscription,
  type Timers,
  type Uuid,
} from '../../domain/ports.ts'
import { consumer } from './consumer.ts'
import type { Groups } from './groups.ts'
import { numberOf, positionOf } from './positions.ts'
import { readAllOf } from './read-all.ts'
import { type Source, subscription } from './subscription.ts'
import { tailed } from './tail.ts'

/** What an engine brings, once its callers' words are checked. Positions are numbers from 1; reads answer at once. */
export type Engine = {
  readonly source: Source
  /** `expected` is -1 for a stream that must not exist. */
  readonly append: (stream: string, expected: number, events: readonly NewEvent[]) => Promise<Appended>
  readonly readStream: (stream: string, options: NonNullable<Parameters<EventStore['readStream']>[1]>) => StreamSlice
  /** Throws where the engine was opened for reading only. */
  readonly groups: () => Groups
  readonly groupNames: () => readonly string[]
  readonly parked: (group: string) => readonly Parked[]
  readonly replay: (group: string, eventId: Uuid | undefined) => Promise<number>
  readonly drop: (group: string, eventId: Uuid) => Promise<number>
  /** Called once, when nothing follows the log any more. */
  readonly close: () => Promise<void>
}

export type EngineTools = {
  readonly clock: Clock
  readonly timers: Timers
  /** How long a message is left to the process that appended it (rule 35). */
  readonly takeOverMs: number
  readonly warn: (event: string, fields: Readonly<Record<string, string | number>>) => void
}

const refuse = (problem: string | undefined): void => {
  if (problem !== undefined) throw new Fault('invalid', problem)
}

/** What was appended, as it will be read. */
const storedOf = (stream: string, events: readonly NewEvent[], { revision, position }: Appended): readonly StoredEvent[] =>
  events.map(({ id, type, data, metadata }, index) => {
    const back = events.length - 1 - index
    return { id, type, data, metadata, stream, revision: revision - back, position: positionOf(numberOf(position) - back) }
  })

/** Subscriptions that have to end before the engine may. */
const makeFollowers = () => {
  const active = new Set<Subscription>()
  return {
    follow: (one: Subscription): Subscription => {
      active.add(one)
      const forget = (): void => void active.delete(one)
      one.ended.then(forget, forget)
      return one
    },
    stop: (): Promise<unknown> => Promise.all([...active].map((one) => one.stop())),
  }
}

/** The port over an engine: limits, subscriptions and consumers are the same for every engine that reads by position. */
export const eventStoreOver = (engine: Engine, tools: EngineTools): EventStore => {
  const source = tailed(engine.source)
  const { follow, stop } = makeFollowers()
  let closed: Promise<void> | undefined

  const enter = (problem?: string): void => {
    if (closed !== undefined) throw new Fault('closed', 'the event store is closed')
    refuse(problem)
  }

  return {
    append: async (stream, expected, events) => {
      enter(appendProblem(stream, expected, events))
      const appended = await engine.append(stream, expected === 'no_stream' ? -1 : expected, events)
      source.appended(storedOf(stream, events, appended))
      return appended
    },
    readStream: async (stream, options = {}) => {
      enter(readStreamProblem(stream, options))
      return engine.readStream(stream, options)
    },
    readAll: async (options = {}) => {
      enter(readAllProblem(options))
      const answer = readAllOf(engine.source, options)
      // Who reads page after page lets others have their turn between them.
      if (!answer.end) await new Promise((resolve) => setImmediate(resolve))
      return answer
    },
    head: async () => {
      enter()
      const head = source.head()
      return head === 0 ? undefined : positionOf(head)
    },
    subscribe: (options, handler) => {
      enter(filterProblem(options.filter))
      numberOf(options.after)
      return follow(subscription(source, tools.timers, options, handler))
    },
    consume: (options, handler) => {
      enter(consumeProblem(options))
      return follow(consumer({ ...tools, source, groups: engine.groups() }, options, handler))
    },
    groups: async () => {
      enter()
      return engine.groupNames()
    },
    parked: async (group) => {
      enter(groupProblem(group))
      return engine.parked(group)
    },
    replayParked: async (group, eventId) => {
      enter(groupProblem(group))
      const replayed = await engine.replay(group, eventId)
      source.signal.raise()
      return replayed
    },
    dropParked: async (group, eventId) => {
      enter(groupProblem(group))
      return engine.drop(group, eventId)
    },
    close: () => (closed ??= stop().then(engine.close)),
  }
}
