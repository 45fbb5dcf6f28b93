import type { Instant } from '../../domain/ports.ts'

/** A message that was handed out, waits for its next try, or is offered: `tries` 0, first to the process that appended it. */
export type Delivery = {
  readonly position: number
  readonly tries: number
  /** Milliseconds since 1970: from then on anybody may take it. */
  readonly visibleAt: number
}

export type Claim = {
  readonly group: string
  /** The group's position as the claimer knows it: when it is elsewhere, somebody else was faster and nothing happens. */
  readonly from: number
  readonly to: number
  readonly taken: readonly number[]
  readonly offered: readonly { readonly position: number; readonly visibleAt: number }[]
  readonly visibleAt: number
}

/**
 * What a group remembers, durable and shared by all processes of a store: up to where its events were examined, and the messages
 * up to there that are not done. Whoever changes a delivery names it as last seen; false or nothing happens when it changed since.
 */
export type Groups = {
  /** Makes the group where it is missing. */
  readonly open: (group: string, from: 'start' | 'end') => Promise<void>
  readonly position: (group: string) => number
  /** In the order of `visibleAt`. */
  readonly deliveries: (group: string, limit: number) => readonly Delivery[]
  /** Moves the position and keeps what is taken (first try) and offered, all in one. */
  readonly claim: (claim: Claim) => Promise<boolean>
  /** One more try. */
  readonly retake: (group: string, seen: Delivery, visibleAt: number) => Promise<boolean>
  /** Done is done, whoever holds it now. */
  readonly finish: (group: string, position: number) => Promise<void>
  readonly postpone: (group: string, seen: Delivery, visibleAt: number) => Promise<void>
  readonly park: (group: string, seen: Delivery, reason: string, at: Instant) => Promise<void>
  /** True for what this process appended itself, as far as it remembers. */
  readonly isOwn: (position: number) => boolean
}

/** How many of its own positions a process remembers. */
const OWN_MAX = 4096

/** Remembers the newest positions that were added. */
export const ownPositions = (): { readonly add: (first: number, last: number) => void; readonly has: (position: number) => boolean } => {
  const known = new Set<number>()
  return {
    has: (position) => known.has(position),
    add: (first, last) => {
      for (let position = first; position <= last; position++) known.add(position)
      for (const oldest of known) {
        if (known.size <= OWN_MAX) break
        known.delete(oldest)
      }
    },
  }
}
