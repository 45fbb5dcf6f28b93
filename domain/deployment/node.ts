import type { DeploymentEvent, DeploymentNodeStarted, DeploymentStartNode } from '../../schemas/generated.ts'
import { recorded, refused, type Decider } from '../decider.ts'
import { plusSeconds } from '../time.ts'

/** Clocks of two nodes may be apart by so many seconds: limits and epochs are judged by both (rule 32). */
const CLOCKS_APART_S_MAX = 5

/** The nodes of one deployment: stream `deployment-nodes`. Each start restates what they must agree on (rule 8). */
export type DeploymentState = Partial<DeploymentNodeStarted>

type Known = DeploymentNodeStarted['knows']

/** Event types that the one reads and the other does not, or not in their newest version. */
export const unreadBy = (mine: Known, theirs: Known): readonly string[] =>
  Object.entries(theirs)
    .filter(([type, version]) => (Object.hasOwn(mine, type) ? (mine[type] ?? 0) : 0) < version)
    .map(([type]) => type)

/**
 * Who may serve on a store: the keys must be those of all who served before, or every person would be somebody else; the program
 * must read what was recorded; the clock must not stand before what happened already.
 */
export const deployment: Decider<DeploymentState, DeploymentStartNode, unknown, DeploymentEvent> = {
  initialState: {},
  decide: ({ at, program, keys, knows, besideNewer }, state) => {
    if (state.keys !== undefined && (state.keys.master !== keys.master || state.keys.subject !== keys.subject))
      return refused('node_keys_differ')
    if (state.at !== undefined && plusSeconds(at, CLOCKS_APART_S_MAX) < state.at) return refused('node_clock_behind')
    const unread = unreadBy(knows, state.knows ?? {})
    if (unread.length > 0 && !besideNewer) return refused('node_program_older')
    // What a newer program may have recorded stays said, whoever serves meanwhile.
    const said = Object.fromEntries(unread.map((type) => [type, state.knows?.[type] ?? 1]))
    return recorded({ type: 'NodeStarted', data: { at, program, keys, knows: { ...knows, ...said } } })
  },
  evolve: (state, event) => (event.type === 'NodeStarted' ? event.data : state),
}
