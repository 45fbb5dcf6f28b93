import type { PersonCommand, PersonEvent, Policy } from '../../schemas/generated.ts'
import { recorded, refused, type Decider, type Decision } from '../decider.ts'
import type { Instant } from '../ports.ts'
import { plusSeconds } from '../time.ts'

type Counters = Extract<PersonEvent, { type: 'AttemptCounted' }>['data']['counters']

/** Of one path of one person: stream `person-<ref>.trusted` or `person-<ref>.unknown` (rule 21). Each event restates it (rule 8). */
export type AttemptsState = Counters
export type AttemptsRules = { readonly policy: Policy }

export type AttemptsCommand = Extract<PersonCommand, { type: 'CountAttempt' | 'CreditAttempt' | 'CountSend' }>

export const noAttempts: AttemptsState = { failures: 0, disabled: false, sends: [] }

const closed = (state: AttemptsState, at: Instant): boolean => state.disabled || (state.closedUntil !== undefined && at < state.closedUntil)

/** Counters after `failures`: free ones cost nothing, then the wait doubles up to its longest; the hard cap closes the path. */
const after = (state: AttemptsState, failures: number, at: Instant, waits: Policy['limits']['unknown']): AttemptsState => {
  const beyond = failures - waits.free
  const disabled = failures >= waits.failuresMax
  if (beyond <= 0) return { failures, disabled, sends: state.sends }
  const waitS = Math.min(waits.firstWaitS * 2 ** Math.min(beyond - 1, 30), waits.longestWaitS)
  return { failures, disabled, sends: state.sends, closedUntil: plusSeconds(at, waitS) }
}

/** An attempt that was never checked takes back its own count, and no wait grows by it. */
const without = (state: AttemptsState, at: Instant, waits: Policy['limits']['unknown']): AttemptsState => {
  const { closedUntil, ...counters } = after(state, Math.max(0, state.failures - 1), at, waits)
  if (closedUntil === undefined || state.closedUntil === undefined) return counters
  return { ...counters, closedUntil: closedUntil < state.closedUntil ? closedUntil : state.closedUntil }
}

const recent = (state: AttemptsState, at: Instant, seconds: number) => state.sends.filter((send) => plusSeconds(send.at, seconds) > at)

const decide = (command: AttemptsCommand, state: AttemptsState, { policy }: AttemptsRules): Decision<PersonEvent> => {
  const { at, path, transaction } = command
  const { limits } = policy
  const waits = limits[path]
  switch (command.type) {
    case 'CountAttempt':
      // A closed path refuses from state: an attacker cannot make the stream grow (rule 21).
      if (closed(state, at)) return refused('factor_limited')
      return recorded({
        type: 'AttemptCounted',
        data: { path, factor: command.factor, transaction, counters: after(state, state.failures + 1, at, waits) },
      })
    case 'CreditAttempt': {
      // A success resets this path only.
      const counters = command.reason === 'success' ? noAttempts : without(state, at, waits)
      return recorded({ type: 'AttemptCredited', data: { path, transaction, reason: command.reason, counters } })
    }
    case 'CountSend': {
      if (closed(state, at)) return refused('factor_limited')
      const day = recent(state, at, 86_400)
      if (recent(state, at, 3600).length >= limits.sendsPerHour || day.length >= limits.sendsPerDay) return refused('factor_limited')
      return recorded({ type: 'SendCounted', data: { path, transaction, counters: { ...state, sends: [...day, { at, transaction }] } } })
    }
  }
}

const evolve = (state: AttemptsState, event: PersonEvent): AttemptsState => (event.type === 'DeviceTrusted' ? state : event.data.counters)

export const attempts: Decider<AttemptsState, AttemptsCommand, AttemptsRules, PersonEvent> = { initialState: noAttempts, decide, evolve }
