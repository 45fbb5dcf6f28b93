import type { Clock, ConsumeOptions, StoredEvent, Timers } from '../../domain/ports.ts'
import type { Delivery, Groups } from './groups.ts'
import type { Source } from './subscription.ts'

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

const DELIVERIES_MAX = 256
/** How long a change that another process made to a delivery may stay unnoticed. */
const LOOK_MS_MAX = 1000

export const nowMs = (clock: Clock): number => Date.parse(clock.now())

export const LOST_REASON = 'no answer within the visibility time'

/** Takes messages that were handed out or offered before and are due now. */
export const makeDue = (tools: ConsumeTools, options: Required<ConsumeOptions>) => {
  const { source, groups, clock } = tools
  const { group, visibilityMs, triesMax } = options
  /** When deliveries have to be looked at, milliseconds since 1970. */
  let lookAt = 0

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

  const take = async (wanted: number): Promise<readonly Message[]> => {
    const now = nowMs(clock)
    if (now < lookAt) return []
    const deliveries = groups.deliveries(group, DELIVERIES_MAX)
    const due = deliveries.filter((seen) => seen.visibleAt <= now || (seen.tries === 0 && groups.isOwn(seen.position)))
    const later = deliveries.filter((seen) => seen.visibleAt > now).map((seen) => seen.visibleAt)
    lookAt = due.length > wanted ? now : Math.min(now + LOOK_MS_MAX, ...later)
    return (await Promise.all(due.slice(0, wanted).map((seen) => takeAgain(seen, now)))).flat()
  }

  return {
    take,
    nextAt: (): number => lookAt,
    /** A delivery was changed: the time of the next look is known no more. */
    lookAgain: (): void => {
      lookAt = 0
    },
  }
}
