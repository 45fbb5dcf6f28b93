import { type Chance, type EventStore, Fault, type Log, type Subscription, type Timers } from '../../../domain/ports.ts'
import { appendProblem, consumeProblem, filterProblem, groupProblem, readAllProblem, readStreamProblem } from '../limits.ts'
import { running } from '../subscription.ts'
import { appendOver } from './append.ts'
import { type KurrentClient, makeClient } from './client.ts'
import { makeConnection } from './connection.ts'
import { consumeOver, withDefaults } from './consume.ts'
import { type Feed, makeFeed } from './feed.ts'
import { followOver } from './follow.ts'
import { loadLibrary } from './library.ts'
import { logPositionOf } from './log-positions.ts'
import { dropOver, groupsOver, parkedOver, replayOver } from './parked.ts'
import { readsOver } from './reads.ts'
import { connectionProblem, type KurrentDbSettings } from './settings.ts'

/** An election takes up to five seconds, and a request is worth waiting for it. */
const BUDGET_MS = 10_000
/** A part of the budget, so that a lost answer leaves time to ask again. */
const CALLS_IN_BUDGET = 4
const WATCH_MS = 10_000
/** A consumer's connection that is quiet for this many watches is made anew. */
const WATCHES_IN_RENEW = 6

export type KurrentDbTools = {
  readonly settings: KurrentDbSettings
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  /** How long a subscription may be silent before it is doubted. */
  readonly watchMs?: number
}

const CHANCES = 65_536
const randomOf =
  ({ bytes }: Chance) =>
  (): number => {
    const [high = 0, low = 0] = bytes(2)
    return (high * 256 + low) / CHANCES
  }

const refuse = (problem: string | undefined): void => {
  if (problem !== undefined) throw new Fault('invalid', problem)
}

/** What has to end before the store may. */
const makeUnderWay = () => {
  const followers = new Set<Subscription>()
  const appends = new Set<Promise<unknown>>()
  return {
    follow: (one: Subscription): Subscription => {
      followers.add(one)
      const forget = (): void => void followers.delete(one)
      one.ended.then(forget, forget)
      return one
    },
    append: <T>(one: Promise<T>): Promise<T> => {
      appends.add(one)
      const forget = (): void => void appends.delete(one)
      one.then(forget, forget)
      return one
    },
    end: async (): Promise<void> => {
      await Promise.all([...followers].map((one) => one.stop()))
      await Promise.allSettled(appends)
    },
  }
}

type Calls = Parameters<typeof replayOver>[0]

const parkedOf = (
  calls: Calls,
  enter: (problem?: string) => void,
): Pick<EventStore, 'groups' | 'parked' | 'replayParked' | 'dropParked'> => ({
  groups: async () => {
    enter()
    return groupsOver(calls)()
  },
  parked: async (group) => {
    enter(groupProblem(group))
    return parkedOver(calls)(group)
  },
  replayParked: async (group, eventId) => {
    enter(groupProblem(group))
    return replayOver(calls)(group, eventId)
  },
  dropParked: async (group, eventId) => {
    enter(groupProblem(group))
    return dropOver(calls)(group, eventId)
  },
})

/** The port over a KurrentDB or EventStoreDB server from 22.10 on. Opening it does not wait for the server. */
export const kurrentDbEventStore = async (tools: KurrentDbTools): Promise<EventStore> => {
  const { settings, timers } = tools
  refuse(connectionProblem(settings))
  const library = await loadLibrary(settings.client ?? 'eventstore')
  const connection = makeConnection(async (): Promise<KurrentClient> => makeClient(library, settings), timers)
  const budgetMs = settings.budgetMs ?? BUDGET_MS
  const random = randomOf(tools.chance)
  const calls = { connection, timers, random, budgetMs, callMs: budgetMs / CALLS_IN_BUDGET }
  const warn = (event: string, fields: Readonly<Record<string, string | number>>): void => tools.log.warn(event, fields)
  const reads = readsOver(calls)
  const append = appendOver(calls)
  const underWay = makeUnderWay()
  const watchMs = tools.watchMs ?? WATCH_MS
  let feed: Feed | undefined
  let closed: Promise<void> | undefined

  /** Begun by the first who follows. */
  const theFeed = (): Feed => (feed ??= makeFeed({ ...calls, head: reads.head, watchMs, warn }))

  const enter = (problem?: string): void => {
    if (closed !== undefined) throw new Fault('closed', 'the event store is closed')
    refuse(problem)
  }

  return {
    append: async (stream, expected, events) => {
      enter(appendProblem(stream, expected, events))
      return underWay.append(append(stream, expected, events))
    },
    readStream: async (stream, options = {}) => {
      enter(readStreamProblem(stream, options))
      return reads.readStream(stream, options)
    },
    readAll: async (options = {}) => {
      enter(readAllProblem(options))
      return reads.readAll(options)
    },
    head: async () => {
      enter()
      return reads.head()
    },
    subscribe: (options, handler) => {
      enter(filterProblem(options.filter))
      if (options.after !== undefined) logPositionOf(options.after)
      const following = { feed: theFeed(), page: reads.page, timers, random }
      return underWay.follow(running(timers, (abort) => followOver(following, options, handler, abort)))
    },
    consume: (options, handler) => {
      enter(consumeProblem(options))
      const consuming = { ...calls, renewMs: watchMs * WATCHES_IN_RENEW, warn }
      return underWay.follow(running(timers, (abort) => consumeOver(consuming, withDefaults(options), handler, abort)))
    },
    ...parkedOf(calls, enter),
    health: () => ({ status: 'up', resubscribed: feed?.resumed() ?? 0 }),
    close: () =>
      (closed ??= (async () => {
        await underWay.end()
        feed?.stop()
        await connection.close()
      })()),
  }
}
