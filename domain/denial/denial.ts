import type { DenialCommand, DenialEvent } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'

/** One act of an administrator that was not done: stream `denial-<id>`, one event (REG-16). */
export type DenialState = { readonly isRecorded: boolean }

export const denial: Decider<DenialState, DenialCommand, unknown, DenialEvent> = {
  initialState: { isRecorded: false },
  decide: ({ type: _type, at: _at, ...denied }, { isRecorded }) =>
    isRecorded ? recorded() : recorded({ type: 'CommandDenied', data: denied }),
  evolve: (state, { type }) => ((type as string) === 'CommandDenied' ? { isRecorded: true } : state),
}
