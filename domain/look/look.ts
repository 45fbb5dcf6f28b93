import type { LookCommand, LookEvent } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'

/** One look at records of persons, by somebody who acts for the operator or a regulator: stream `look-<id>`, one event (REG-15). */
export type LookState = { readonly isRecorded: boolean }

export const look: Decider<LookState, LookCommand, unknown, LookEvent> = {
  initialState: { isRecorded: false },
  decide: ({ type: _type, at: _at, ...looked }, { isRecorded }) =>
    isRecorded ? recorded() : recorded({ type: 'RecordsViewed', data: looked }),
  evolve: (state, { type }) => ((type as string) === 'RecordsViewed' ? { isRecorded: true } : state),
}
