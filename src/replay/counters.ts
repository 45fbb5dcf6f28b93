import type { AnyRules } from './inputs.ts'
import { decode } from '../codec.ts'
import { attemptCounters } from '../deciders.ts'
import type { Journal } from '../journal.ts'
import { keepNewest } from '../keep-newest.ts'
import { fold } from '../../domain/decider.ts'
import type { AttemptsCommand, AttemptsState } from '../../domain/person/attempts.ts'
import type { Position } from '../../domain/ports.ts'
import type { PersonEvent } from '../../schemas/generated.ts'

const { decider } = attemptCounters

/** Counters in memory, about 200 bytes each; those used longest ago begin again as they were recorded. */
const COUNTERS_MAX = 100_000
const BACK_EVENTS = 64

/** Where an event stands: before which one the counters are wanted. */
export type Before = { readonly revision: number } | { readonly position: Position }

/** The counters that a stream's event leaves. */
const stateIn = (event: Parameters<typeof decode>[0]): AttemptsState => fold(decider, [decode(event) as unknown as PersonEvent])

/** Undefined where the stream is not there: in a store of single cases. */
const readBefore = async ({ store }: Journal, stream: string, before: Before): Promise<AttemptsState | undefined> => {
  if ('revision' in before) {
    if (before.revision === 0) return decider.initialState
    const { events } = await store.readStream(stream, { from: before.revision - 1, max: 1 })
    return events[0] === undefined ? decider.initialState : stateIn(events[0])
  }
  for (let from: number | undefined; ;) {
    const { exists, events } = await store.readStream(stream, {
      direction: 'backwards',
      max: BACK_EVENTS,
      ...(from !== undefined && { from }),
    })
    if (!exists) return undefined
    const found = events.find((event) => event.position < before.position)
    if (found !== undefined) return stateIn(found)
    const first = events.at(-1)
    if (first === undefined || first.revision === 0) return decider.initialState
    from = first.revision - 1
  }
}

/** Counters of persons in a changed world: as they were recorded when they are first asked for, and from then on as the changes lead them. */
export const changedCounters = (journal: Journal) => {
  const states = new Map<string, AttemptsState>()
  return {
    /** True where the command is accepted. */
    decide: async (stream: string, before: Before, command: AttemptsCommand, { policy }: AnyRules): Promise<boolean> => {
      const state = states.get(stream) ?? (await readBefore(journal, stream, before))
      // Counters that nobody has stay as they were: only refusals are asked for them.
      if (state === undefined) return false
      const { events, refusal } = decider.decide(command, state, { policy })
      keepNewest(states, stream, fold(decider, events, state), COUNTERS_MAX)
      return refusal === undefined
    },
    forget: (stream: string): void => void states.delete(stream),
  }
}

export type Counters = ReturnType<typeof changedCounters>
