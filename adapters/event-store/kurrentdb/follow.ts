import { type EventFilter, Fault, type Position, type StoredEvent, type SubscriptionMessage, type Timers } from '../../../domain/ports.ts'
import { matches } from '../positions.ts'
import { backOffMs } from './calls.ts'
import type { Feed } from './feed.ts'
import type { Page, Reads } from './reads.ts'

/** A read costs the server about as much as 300 events. */
const PAGE_EVENTS = 512
const LAG_MS = 250

export type FollowTools = {
  readonly feed: Feed
  readonly page: Reads['page']
  readonly timers: Timers
  readonly random: () => number
}

type Options = { readonly after?: Position; readonly filter?: EventFilter }
type Deliver = (message: SubscriptionMessage) => Promise<void> | void

/** Events are handed over one by one; where the last of a page were filtered out, a checkpoint follows. */
const deliverPage = async (
  events: readonly StoredEvent[],
  filter: EventFilter | undefined,
  deliver: Deliver,
  abort: AbortSignal,
): Promise<void> => {
  const wanted = events.filter((event) => matches(filter, event.type, event.stream))
  for (const event of wanted) {
    if (abort.aborted) return
    await deliver({ kind: 'event', event })
  }
  const last = events.at(-1)?.position
  if (last !== undefined && wanted.at(-1)?.position !== last && !abort.aborted) await deliver({ kind: 'checkpoint', position: last })
}

/** A page of the log, however long the server is away. */
const patientPage = async (
  { page, timers, random }: FollowTools,
  at: Position | undefined,
  abort: AbortSignal,
): Promise<Page | undefined> => {
  for (let tries = 1; !abort.aborted; tries++) {
    try {
      return await page(at, PAGE_EVENTS)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'unavailable') throw error
      await timers.sleep(backOffMs(tries, random), abort)
    }
  }
  return undefined
}

/** History from the server, then what the feed of this process has; one message at a time, so memory is bounded by one page. */
export const followOver = async (tools: FollowTools, options: Options, deliver: Deliver, abort: AbortSignal): Promise<void> => {
  const { feed } = tools
  /** Looked at so far, and the same without events of the server itself. */
  let at = options.after
  let told = options.after
  let said: { readonly position: Position | undefined } | undefined
  const isStopped = (): boolean => abort.aborted
  while (!isStopped()) {
    const mark = feed.signal.mark()
    const live = feed.after(at, PAGE_EVENTS)
    const page = live ?? (await patientPage(tools, at, abort))
    if (page === undefined) return
    await deliverPage(page.events, options.filter, deliver, abort)
    told = page.events.at(-1)?.position ?? told
    const next = 'next' in page ? (page as Page).next : (page.events.at(-1)?.position ?? at)
    const isFurther = next !== at
    at = next
    if (live === undefined) {
      // The feed begins at the head that it finds, so it has what follows as soon as history was read up to there.
      // A follower may be behind the node that answered the feed, so the wait has an end of its own.
      if (page.end && !isFurther) await Promise.race([feed.signal.since(mark, abort), tools.timers.sleep(LAG_MS, abort)])
      continue
    }
    if (!page.end) continue
    if (!isStopped() && (said === undefined || said.position !== told)) {
      said = { position: told }
      await deliver({ kind: 'caughtUp', position: told })
    }
    await feed.signal.since(mark, abort)
  }
}
