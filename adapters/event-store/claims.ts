import type { ConsumeOptions, StoredEvent } from '../../domain/ports.ts'
import { type ConsumeTools, makeDue, type Message, nowMs } from './due.ts'
import { numberOf } from './positions.ts'
import { PAGE_EVENTS } from './subscription.ts'

type Ahead = { readonly event: StoredEvent; readonly position: number; readonly noticedAt: number }

const AHEAD_MAX = 256
const PAGES_MAX = 16
const CLAIM_TRIES_MAX = 5
/** A group that finds nothing for itself stores its position this seldom, so a quiet filter costs no writes. */
const EXAMINED_EVENTS_MAX = 1024

/** Takes messages for one consumer: what is due again, and what nobody has seen. */
export const makeClaims = (tools: ConsumeTools, options: Required<ConsumeOptions>) => {
  const { source, groups, clock, takeOverMs } = tools
  const { group, filter, visibilityMs } = options
  const headAtStart = source.head()
  const due = makeDue(tools, options)
  let examined = 0
  /** The group's position as it was last read or moved. */
  let durable = groups.position(group)
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
    due.lookAgain()
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

  /** When something becomes takeable by the passing of time alone. */
  const nextAt = (): number => Math.min(due.nextAt(), ...ahead.map((entry) => entry.noticedAt + takeOverMs))

  return { takeNew, takeDue: due.take, nextAt, lookAgain: due.lookAgain }
}

export type Claims = ReturnType<typeof makeClaims>
