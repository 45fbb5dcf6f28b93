import type { Position, StoredEvent, Timers } from '../../../domain/ports.ts'
import { makeSignal, type Signal } from '../signal.ts'
import { backOffMs } from './calls.ts'
import type { KurrentClient } from './client.ts'
import type { Connection } from './connection.ts'
import { storedOf } from './events.ts'
import { logPositionOf, positionOf } from './log-positions.ts'
import { expired, troubleOf } from './troubles.ts'

/** Newest events kept for those who follow; who is further behind reads from the server. */
const EVENTS_MAX = 1024
const CHARS_MAX = 8_388_608

export type FeedTools = {
  readonly connection: Connection
  readonly timers: Timers
  readonly random: () => number
  readonly head: () => Promise<Position | undefined>
  /** How long a subscription may be silent before the head of the log is asked. */
  readonly watchMs: number
  readonly warn: (event: string, fields: Readonly<Record<string, string | number>>) => void
}

export type Feed = {
  readonly signal: Signal
  /** Events after a position, or undefined when they are not all here. `end` when nothing more is known. */
  readonly after: (at: Position | undefined, max: number) => { readonly events: readonly StoredEvent[]; readonly end: boolean } | undefined
  /** How often the subscription was begun anew. */
  readonly resumed: () => number
  readonly stop: () => void
}

const isAfter = (position: Position, at: Position | undefined): boolean => at === undefined || position > at

/** The newest events without a gap: all after `start`. */
const makeRing = (start: Position | undefined) => {
  let events: StoredEvent[] = []
  let chars = 0
  let first = start
  const charsOf = (event: StoredEvent): number => event.data.length + event.metadata.length
  return {
    newest: (): Position | undefined => events.at(-1)?.position ?? first,
    add: (event: StoredEvent): void => {
      events.push(event)
      chars += charsOf(event)
      if (events.length <= EVENTS_MAX * 2 && chars <= CHARS_MAX) return
      const surplus = Math.max(events.length - EVENTS_MAX, Math.ceil(events.length / 2))
      const gone = events.slice(0, surplus)
      for (const one of gone) chars -= charsOf(one)
      first = gone.at(-1)?.position
      events = events.slice(surplus)
    },
    after: (at: Position | undefined, max: number): ReturnType<Feed['after']> => {
      if (first !== undefined && (at === undefined || at < first)) return undefined
      let low = 0
      for (let high = events.length; low < high;) {
        const middle = (low + high) >> 1
        if (isAfter((events[middle] as StoredEvent).position, at)) high = middle
        else low = middle + 1
      }
      const seen = events.slice(low, low + max)
      return { events: seen, end: low + seen.length === events.length }
    },
  }
}

type Ended = { readonly error: unknown }

/** Answers when the log has grown past what was heard for a whole watch, or when it is over. */
const watch = async (tools: FeedTools, over: AbortSignal, heard: () => number, newest: () => Position | undefined): Promise<Ended> => {
  while (!over.aborted) {
    const before = heard()
    await tools.timers.sleep(tools.watchMs, over)
    const head = heard() === before ? await tools.head().catch(() => undefined) : undefined
    if (heard() === before && head !== undefined && isAfter(head, newest())) return { error: expired() }
  }
  return { error: undefined }
}

/**
 * One subscription to everything, for all who follow the log in this process. It begins at the head, resumes where it was, for ever,
 * and is begun anew when the log grew and it said nothing.
 */
export const makeFeed = (tools: FeedTools): Feed => {
  const { connection, timers, random, warn } = tools
  const signal = makeSignal()
  const control = new AbortController()
  let ring: ReturnType<typeof makeRing> | undefined
  let resumed = 0
  let heard = 0

  const isStopped = (): boolean => control.signal.aborted

  /** Follows until the subscription ends. */
  const follow = (client: KurrentClient, from: Position | undefined, end: (how: Ended) => void): (() => void) =>
    client.follow(from === undefined ? 'start' : logPositionOf(from), {
      event: (event) => {
        heard += 1
        if (!isAfter(positionOf(event.position), ring?.newest())) return
        ring?.add(storedOf(event))
        signal.raise()
      },
      checkpoint: () => (heard += 1),
      ended: (error) => end({ error }),
    })

  const once = async (): Promise<Ended> => {
    const client = await connection.client()
    const over = new AbortController()
    const end = (): void => over.abort()
    control.signal.addEventListener('abort', end)
    let stop = (): void => undefined
    const ended = new Promise<Ended>((resolve) => {
      over.signal.addEventListener('abort', () => resolve({ error: undefined }))
      stop = follow(client, ring?.newest(), resolve)
    })
    try {
      const silent = watch(
        tools,
        over.signal,
        () => heard,
        () => ring?.newest(),
      )
      const how = await Promise.race([ended, silent])
      if (how.error !== undefined && troubleOf(how.error).spoilsClient) connection.drop(client)
      return how
    } finally {
      control.signal.removeEventListener('abort', end)
      end()
      stop()
    }
  }

  const run = async (): Promise<void> => {
    for (let failures = 0; !isStopped();) {
      const before = heard
      let how: Ended
      try {
        ring ??= makeRing(await tools.head())
        signal.raise()
        how = await once()
      } catch (error) {
        how = { error }
      }
      if (isStopped()) return
      failures = heard > before ? 1 : failures + 1
      resumed += 1
      warn('event_store_resubscribed', { resumed, trouble: how.error === undefined ? 'ended' : troubleOf(how.error).kind })
      await timers.sleep(backOffMs(failures, random), control.signal)
    }
  }

  void run()
  return { signal, after: (at, max) => ring?.after(at, max), resumed: () => resumed, stop: () => control.abort() }
}
