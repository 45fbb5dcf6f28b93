import type { ProjectionCommand, ProjectionEvent, ProjectionSwitchOrdered } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'

/**
 * Which rows readers were given, by order of an operator: stream `projection-<name>`, one event each time (REG-16). The generation that
 * serves is named beside the rows themselves, with which it is lost; each event says all there is to say (rule 8).
 */
export type SwitchingState = Partial<ProjectionSwitchOrdered>

export const switching: Decider<SwitchingState, ProjectionCommand, unknown, ProjectionEvent> = {
  initialState: {},
  decide: ({ type: _type, at: _at, ...order }) => recorded({ type: 'SwitchOrdered', data: order }),
  evolve: (state, event) => ((event.type as string) === 'SwitchOrdered' ? event.data : state),
}
