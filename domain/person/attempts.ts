import type { PersonCommand, PersonEvent, Policy } from '../../schemas/generated.ts'
import { recorded, refused, type Decider, type Decision } from '../decider.ts'
import type { Instant } from '../ports.ts'
import { plusSeconds } from '../time.ts'

type Counters = Extract<PersonEvent, { type: 'AttemptCounted' }>['data']['counters']

/** Of one path of one person: stream `person-<ref>.trusted` or `person-<ref>.unknown` (rule 21). Each event restates it (rule 8). */
export type AttemptsState = Counters
export type AttemptsRules = { readonly policy: Policy }

export type AttemptsCommand = Extract<
  PersonCommand,
  { type: 'CountAttempt' | 'CreditAttempt' | 'CountSend' | 'ReopenPath' | 'RestrictPath' }
>

export const noAttempts: AttemptsState = { failures: 0, disabled: false, sends: [] }

const closed = (state: AttemptsState, at: Instant): boolean =>
  state.restricted === true || state.disabled || (state.closedUntil !== undefined && at < state.closedUntil)

/** Counters after `failures`: free ones cost nothing, then the wait doubles up to its longest; the hard cap closes the path. */
const after = (state: AttemptsState, failures: number, at: Instant, waits: Policy['limits']['unknown']): AttemptsState => {
  const beyond = failures - waits.free
  const disabled = failures >= waits.failuresMax
  const counted = { failures, disabled, sends: state.sends, ...(waits.forgetDays !== undefined && failures > 0 && { countedAt: at }) }
  if (beyond <= 0) return counted
  const waitS = Math.min(waits.firstWaitS * 2 ** Math.min(beyond - 1, 30), waits.longestWaitS)
  return { ...counted, closedUntil: plusSeconds(at, waitS) }
}

/** An attempt that was never checked takes back its own count, and no wait grows by it. */
const without = (state: AttemptsState, at: Instant, waits: Policy['limits']['unknown']): AttemptsState => {
  const { closedUntil, ...counters } = after(state, Math.max(0, state.failures - 1), at, waits)
  if (closedUntil === undefined || state.closedUntil === undefined) return counters
  return { ...counters, closedUntil: closedUntil < state.closedUntil ? closedUntil : state.closedUntil }
}

const DAY_S = 86_400

/**
 * Failures of long ago are forgotten: else one wrong guess now and then, by anybody, would close a person's path for good. A closed
 * path counts nothing, so nobody can keep it closed by trying on.
 */
const remembered = (state: AttemptsState, at: Instant, { forgetDays }: Policy['limits']['unknown']): AttemptsState => {
  const since = state.countedAt ?? state.closedUntil
  return forgetDays === undefined || since === undefined || at < plusSeconds(since, forgetDays * DAY_S)
    ? state
    : { ...noAttempts, sends: state.sends }
}

const recent = (state: AttemptsState, at: Instant, seconds: number) => state.sends.filter((send) => plusSeconds(send.at, seconds) > at)

/** Who is being erased stays shut out, whatever else is counted, forgotten or reopened. */
const stillRestricted = (before: AttemptsState, { events, ...decision }: Decision<PersonEvent>): Decision<PersonEvent> => ({
  ...decision,
  events:
    before.restricted !== true
      ? events
      : events.map((event) =>
          'counters' in event.data
            ? ({ ...event, data: { ...event.data, counters: { ...event.data.counters, restricted: true } } } as PersonEvent)
            : event,
        ),
})

const decideOpen = (command: AttemptsCommand, before: AttemptsState, { policy }: AttemptsRules): Decision<PersonEvent> => {
  const { at, path } = command
  const { limits } = policy
  const waits = limits[path]
  const state = remembered(before, at, waits)
  switch (command.type) {
    case 'CountAttempt':
      // A closed path refuses from state: an attacker cannot make the stream grow (rule 21).
      if (closed(state, at)) return refused('factor_limited')
      return recorded({
        type: 'AttemptCounted',
        data: { path, factor: command.factor, transaction: command.transaction, counters: after(state, state.failures + 1, at, waits) },
      })
    case 'CreditAttempt': {
      // A success resets this path only.
      const counters = command.reason === 'success' ? noAttempts : without(state, at, waits)
      return recorded({ type: 'AttemptCredited', data: { path, transaction: command.transaction, reason: command.reason, counters } })
    }
    case 'CountSend': {
      if (closed(state, at)) return refused('factor_limited')
      const { transaction } = command
      const day = recent(state, at, DAY_S)
      if (recent(state, at, 3600).length >= limits.sendsPerHour || day.length >= limits.sendsPerDay) return refused('factor_limited')
      return recorded({ type: 'SendCounted', data: { path, transaction, counters: { ...state, sends: [...day, { at, transaction }] } } })
    }
    case 'RestrictPath':
      if (before.restricted === true) return recorded()
      return recorded({
        type: 'PathRestricted',
        data: { path, actor: command.actor, case: command.case, counters: { ...noAttempts, sends: state.sends, restricted: true } },
      })
    case 'ReopenPath':
      // Messages still count: who reopens a path gives no message away.
      return recorded({
        type: 'PathReopened',
        data: { path, actor: command.actor, case: command.case, counters: { ...noAttempts, sends: state.sends } },
      })
  }
}

const decide = (command: AttemptsCommand, before: AttemptsState, rules: AttemptsRules): Decision<PersonEvent> =>
  stillRestricted(before, decideOpen(command, before, rules))

const evolve = (state: AttemptsState, event: PersonEvent): AttemptsState => ('counters' in event.data ? event.data.counters : state)

export const attempts: Decider<AttemptsState, AttemptsCommand, AttemptsRules, PersonEvent> = { initialState: noAttempts, decide, evolve }
