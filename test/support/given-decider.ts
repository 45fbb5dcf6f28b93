import { expect } from 'chai'
import { fold, type Decider, type Decision } from '../../domain/decider.ts'
import type { RefusalCode } from '../../domain/refusals.ts'

/** What a decision left, and how a test says what it should have left. */
export type Outcome<State, Event> = {
  readonly decision: Decision<Event>
  /** After what was recorded. */
  readonly state: State
  /** Exactly these facts, and no refusal. */
  readonly records: (...events: readonly Event[]) => void
  /** This refusal, and exactly these facts. */
  readonly refuses: (code: RefusalCode, ...events: readonly Event[]) => void
}

/** `given(decider, rules)(history).when(command).records(fact)`. The verb is not `then`: what has one is a thenable. */
export const given =
  <State, Command, Rules, Event>(decider: Decider<State, Command, Rules, Event>, standing: Rules) =>
  (history: readonly Event[], rules: Rules = standing) => ({
    when: (command: Command): Outcome<State, Event> => {
      const before = fold(decider, history)
      const decision = decider.decide(command, before, rules)
      const expectDecision = (refusal: RefusalCode | undefined, events: readonly Event[]): void => {
        expect({ refusal: decision.refusal, events: decision.events }).to.deep.equal({ refusal, events })
      }
      return {
        decision,
        state: fold(decider, decision.events, before),
        records: (...events) => expectDecision(undefined, events),
        refuses: (code, ...events) => expectDecision(code, events),
      }
    },
  })
