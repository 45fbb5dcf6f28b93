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
/** How long a change that another process made to a delivery may stay unnoticed. */
const LOOK_MS_MAX = 1000
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
  /** The group's position as it was last read or moved. */
  let durable = groups.position(group)
  /** When deliveries have to be looked at again, milliseconds since 1970. */
  let lookAt = 0
  let ahead: readonly Ahead[] = []

  const isMine = (entry: Ahead, now: number): boolean =>
    entry.position <= headAtStart || groups.isOwn(entry.position) || now - entry.noticedAt >= takeOverMs

  /** Reads on until there is enough to take; what another process claimed meanwhile is forgotten. */
  const lookAhead = (wanted: number, now: number): void => {
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

  /** True when another process claimed meanwhile; it may have left deliveries to us. */
  const isMoved = (): boolean => {
    const before = durable
    durable = groups.position(group)
    if (durable === before) return false
    lookAt = 0
    return true
  }

  /** Claims up to `wanted` events that nobody has seen; undefined when another process was faster. */
  const claimNew = async (wanted: number): Promise<readonly Message[] | undefined> => {
    const now = nowMs(clock)
    lookAhead(wanted, now)
    if (ahead.length === 0 && examined - durable < EXAMINED_EVENTS_MAX) return []
    if (isMoved()) lookAhead(wanted, now)
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
    if (won) durable = to
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
    if (now < lookAt) return []
    const deliveries = groups.deliveries(group, DELIVERIES_MAX)
    const due = deliveries.filter((seen) => seen.visibleAt <= now || (seen.tries === 0 && groups.isOwn(seen.position)))
    const later = deliveries.filter((seen) => seen.visibleAt > now).map((seen) => seen.visibleAt)
    lookAt = due.length > wanted ? now : Math.min(now + LOOK_MS_MAX, ...later)
    return (await Promise.all(due.slice(0, wanted).map((seen) => takeAgain(seen, now)))).flat()
  }

  /** When something becomes takeable by the passing of time alone. */
  const nextAt = (): number => Math.min(lookAt, ...ahead.map((entry) => entry.noticedAt + takeOverMs))

  /** A delivery was changed here: the time of the next look is known no more. */
  const lookAgain = (): void => {
    lookAt = 0
  }

  return { takeNew, takeDue, nextAt, lookAgain }
}

export type Claims = ReturnType<typeof makeClaims>
