import {
  type EventFilter,
  Fault,
  type Position,
  type StoredEvent,
  type Subscription,
  type SubscriptionMessage,
  type Timers,
} from '../../domain/ports.ts'
import { numberOf, positionOf } from './positions.ts'
import type { Signal } from './signal.ts'

/** Positions looked at in one read: a reader that holds one snapshot for long makes the write-ahead log grow. */
export const PAGE_EVENTS = 256

export type Page = {
  readonly events: readonly StoredEvent[]
  /** Everything at or below was looked at. */
  readonly next: number
  /** Nothing more was there. */
  readonly end: boolean
}

/** How a store reads its total order. `scan` looks at up to `window` positions and answers those that match. */
export type Source = {
  readonly scan: (after: number, window: number, filter: EventFilter | undefined) => Page
  readonly event: (position: number) => StoredEvent
  readonly head: () => number
  readonly signal: Signal
}

/** `stop` answers within a second, whatever the handler does. */
const STOP_MS_MAX = 900
const READ_TRIES_MAX = 10
const READ_RETRY_MS = 100

/** Runs `work` until it ends or is told to stop. */
export const running = (timers: Timers, work: (abort: AbortSignal) => Promise<void>): Subscription => {
  const control = new AbortController()
  const ended = work(control.signal)
  // Who cares for the end asks `ended`; nobody asking must not end the process.
  const settled = ended.catch(() => undefined)
  const stop = async (): Promise<void> => {
    control.abort()
    const patience = new AbortController()
    await Promise.race([settled, timers.sleep(STOP_MS_MAX, patience.signal)])
    patience.abort()
  }
  return { stop, ended }
}

/** A read that waits a little where the engine is busy; any other fault is the caller's. */
export const patiently = async <T>(timers: Timers, abort: AbortSignal, read: () => T): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'unavailable' || tries >= READ_TRIES_MAX || abort.aborted) throw error
      await timers.sleep(READ_RETRY_MS * tries, abort)
    }
  }
}

type Deliver = (message: SubscriptionMessage) => Promise<void> | void

/** Hands over one page; a page that ends with events filtered out ends with a checkpoint. */
const deliverPage = async (page: Page, after: number, deliver: Deliver, abort: AbortSignal): Promise<void> => {
  let last: Position | undefined
  for (const event of page.events) {
    if (abort.aborted) return
    await deliver({ kind: 'event', event })
    last = event.position
  }
  const next = positionOf(page.next)
  if (page.next > after && last !== next && !abort.aborted) await deliver({ kind: 'checkpoint', position: next })
}

/** History, then live, one message at a time, so memory is bounded by one page. */
export const subscription = (
  source: Source,
  timers: Timers,
  options: { readonly after?: Position; readonly filter?: EventFilter },
  deliver: Deliver,
): Subscription =>
  running(timers, async (abort) => {
    let at = numberOf(options.after)
    let saidAt = -1
    const isStopped = (): boolean => abort.aborted
    while (!isStopped()) {
      const mark = source.signal.mark()
      const page = await patiently(timers, abort, () => source.scan(at, PAGE_EVENTS, options.filter))
      await deliverPage(page, at, deliver, abort)
      at = Math.max(at, page.next)
      if (!page.end) {
        // A reader far behind lets others have their turn between pages.
        await new Promise((resolve) => setImmediate(resolve))
        continue
      }
      if (saidAt !== at && !isStopped()) await deliver({ kind: 'caughtUp', position: at === 0 ? undefined : positionOf(at) })
      saidAt = at
      await source.signal.since(mark, abort)
    }
  })
