import type { Clock, ConsumeOptions, StoredEvent, Timers } from '../../domain/ports.ts'
import type { Delivery, Groups } from './groups.ts'
import { numberOf } from './positions.ts'
import { PAGE_EVENTS, type Source } from './subscription.ts'

export type ConsumeTools = {
  readonly source: Source
  readonly groups: Groups
  readonly clock: Clock
  readonly timers: Timers
  /** How long an event is left to the process that appended it (rule 35). */
  readonly takeOverMs: number
  readonly warn: (event: string, fields: Readonly<Record<string, string | number>>) => void
}

/** A message that is this consumer's until `visibleAt`. */
export type Message = Delivery & { readonly event: StoredEvent }

type Ahead = { readonly event: StoredEvent; readonly position: number; readonly noticedAt: number }

const AHEAD_MAX = 256
const PAGES_MAX = 16
const CLAIM_TRIES_MAX = 5
const DELIVERIES_MAX = 256
/** A group that finds nothing for itself stores its position this seldom, so a quiet filter costs no writes. */
const EXAMINED_EVENTS_MAX = 1024

export const nowMs = (clock: Clock): number => Date.parse(clock.now())

export const LOST_REASON = 'no answer within the visibility time'

/** Takes messages for one consumer: what is due again, and what nobody has seen. */
export const makeClaims = (tools: ConsumeTools, options: Required<ConsumeOptions>) => {
  const { source, groups, clock, takeOverMs } = tools
  const { group, filter, visibilityMs, triesMax } = options
  const headAtStart = source.head()
  let examined = 0
  let ahead: readonly Ahead[] = []

  const isMine = (entry: Ahead, now: number): boolean =>
    entry.position <= headAtStart || groups.isOwn(entry.position) || now - entry.noticedAt >= takeOverMs

  /** Reads on until there is enough to take; what another process claimed meanwhile is forgotten. */
  const lookAhead = (durable: number, wanted: number, now: number): void => {
    examined = Math.max(examined, durable)
    ahead = ahead.filter((entry) => entry.position > durable)
    for (let pages = 0; pages < PAGES_MAX && ahead.length < AHEAD_MAX; pages++) {
      if (ahead.filter((entry) => isMine(entry, now)).length >= wanted) return
      const page = source.scan(examined, PAGE_EVENTS, filter)
      ahead = [...ahead, ...page.events.map((event) => ({ event, position: numberOf(event.position), noticedAt: now }))]
      examined = Math.max(examined, page.next)
      if (page.end) return
    }
  }

  /** Claims up to `wanted` events that nobody has seen; undefined when another process was faster. */
  const claimNew = async (wanted: number): Promise<readonly Message[] | undefined> => {
    const now = nowMs(clock)
    const durable = groups.position(group)
    lookAhead(durable, wanted, now)
    const taken = ahead.filter((entry) => isMine(entry, now)).slice(0, wanted)
    const last = taken.at(-1)?.position ?? 0
    const left = ahead.filter((entry) => !taken.includes(entry))
    if (taken.length === 0 && (left.length > 0 || examined - durable < EXAMINED_EVENTS_MAX)) return []
    const visibleAt = now + visibilityMs
    const offered = left
      .filter((entry) => entry.position < last)
      .map(({ position, noticedAt }) => ({ position, visibleAt: noticedAt + takeOverMs }))
    const to = left.some((entry) => entry.position > last) ? last : examined
    const won = await groups.claim({ group, from: durable, to, taken: taken.map((entry) => entry.position), offered, visibleAt })
    return won ? taken.map(({ event, position }) => ({ event, position, tries: 1, visibleAt })) : undefined
  }

  const takeNew = async (wanted: number): Promise<readonly Message[]> => {
    for (let tries = 0; tries < CLAIM_TRIES_MAX; tries++) {
      const messages = await claimNew(wanted)
      if (messages !== undefined) return messages
    }
    return []
  }

  /** A message whose tries are used up without an answer would take the process down for ever: it is parked. */
  const takeAgain = async (seen: Delivery, now: number): Promise<readonly Message[]> => {
    if (seen.tries >= triesMax) {
      await groups.park(group, seen, LOST_REASON, clock.now())
      return []
    }
    const visibleAt = now + visibilityMs
    if (!(await groups.retake(group, seen, visibleAt))) return []
    return [{ event: source.event(seen.position), position: seen.position, tries: seen.tries + 1, visibleAt }]
  }

  const takeDue = async (wanted: number): Promise<readonly Message[]> => {
    const now = nowMs(clock)
    const due = groups
      .deliveries(group, DELIVERIES_MAX)
      .filter((seen) => seen.visibleAt <= now || (seen.tries === 0 && groups.isOwn(seen.position)))
    return (await Promise.all(due.slice(0, wanted).map((seen) => takeAgain(seen, now)))).flat()
  }

  /** When something becomes takeable by the passing of time alone. */
  const nextAt = (): number =>
    Math.min(...ahead.map((entry) => entry.noticedAt + takeOverMs), ...groups.deliveries(group, 1).map((seen) => seen.visibleAt))

  return { takeNew, takeDue, nextAt }
}

export type Claims = ReturnType<typeof makeClaims>
