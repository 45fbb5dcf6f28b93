import type { RefusalCode } from './refusals.ts'

/** What a decision leaves: facts to record, and perhaps an expected no. Both at once is ordinary: a wrong PIN is recorded and refused in one step. */
export type Decision<Event> = {
  readonly events: readonly Event[]
  readonly refusal?: RefusalCode
}

/**
 * The rules of one kind of stream, as pure data and total functions (rule 3): no clock, chance, network or environment;
 * the instant stands in the command.
 */
export type Decider<State, Command, Rules, Event> = {
  readonly initialState: State
  /** Never throws. `rules` is the policy and the client's configuration in force when the command was decided. */
  readonly decide: (command: Command, state: State, rules: Rules) => Decision<Event>
  /** Ignores what does not fit, so that a stream written by newer code can still be read. */
  readonly evolve: (state: State, event: Event) => State
}

export const recorded = <Event>(...events: readonly Event[]): Decision<Event> => ({ events })

export const refused = <Event>(refusal: RefusalCode, ...events: readonly Event[]): Decision<Event> => ({ events, refusal })

/** The state that a history leaves. */
export const fold = <State, Command, Rules, Event>(
  decider: Decider<State, Command, Rules, Event>,
  events: readonly Event[],
  from: State = decider.initialState,
): State => events.reduce(decider.evolve, from)
