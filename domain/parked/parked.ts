import type { ParkedCommand, ParkedEvent } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'

/** What operators did with one event that one group had parked: stream `parked-<event and group>`, as often as they did something. */
export type ParkedState = { readonly asked: 'nothing' | 'retry' | 'drop' }

export const parked: Decider<ParkedState, ParkedCommand, unknown, ParkedEvent> = {
  initialState: { asked: 'nothing' },
  decide: ({ type, at: _at, ...asked }, state) => {
    if (type === 'RetryParked') return recorded({ type: 'ParkedRetried', data: asked })
    // Whoever was interrupted says it again.
    return state.asked === 'drop' ? recorded() : recorded({ type: 'ParkedDropped', data: asked })
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'ParkedRetried':
        return { asked: 'retry' }
      case 'ParkedDropped':
        return { asked: 'drop' }
      default:
        return state
    }
  },
}
