import type { TransactionEvent } from '../../schemas/generated.ts'
import { acrMet, nextFactors } from '../assurance.ts'
import { recorded, refused, type Decision } from '../decider.ts'
import { amrOf, FACTORS } from '../factors.ts'
import { plusSeconds } from '../time.ts'
import { fact, misplaced, type CommandOf, type TransactionRules } from './rules.ts'
import { guesses, provenFactors, type TransactionState } from './state.ts'

type Decided = Decision<TransactionEvent>

const exhausted: TransactionEvent = fact('AuthorizationFailed', { reason: 'attempts_exhausted' })

/** Recorded and counted before the ID system is asked, so that a crash cannot hide a guess (rule 11). */
export const attemptFactor = (command: CommandOf<'AttemptFactor'>, state: TransactionState, rules: TransactionRules): Decided => {
  const { chosen } = state
  const { limits } = rules.policy
  if (state.stage !== 'opened' || chosen === undefined) return refused(misplaced(state))
  if (chosen.factor !== command.factor) return refused('step_out_of_order')
  // The second bound is for proofs that the ID system could not answer: they are no guesses, and still not endless.
  if (guesses(state) >= limits.attemptsMax || state.attempts >= limits.attemptsMax + limits.requestsMax)
    // A second click on the last attempt must not end a sign-in that the first may still win.
    return state.pending.length > 0 ? refused('step_out_of_order') : refused('attempts_exhausted', exhausted)
  if (FACTORS[chosen.factor].sent) {
    if (state.delivery === undefined || state.delivery.status === 'pending') return refused('factor_pending')
    // A message that failed has no end, so only somebody who is known anyway may be told that theirs is too old (rule 22).
    const { validUntil } = state.delivery
    if (chosen.path === 'trusted' && validUntil !== undefined && command.at >= validUntil) return refused('factor_expired')
  }
  const { factor, person, path } = chosen
  return recorded(fact('FactorAttempted', { attempt: state.attempts + 1, factor, person, path }))
}

/** A yes of the ID system. The login goes on while no context that is aimed at is met, and some factor still leads to one. */
export const confirmFactor = (command: CommandOf<'ConfirmFactor'>, state: TransactionState, rules: TransactionRules): Decided => {
  const attempt = state.pending.find((pending) => pending.attempt === command.attempt)
  if (state.stage !== 'opened' || attempt === undefined || state.request === undefined) return refused(misplaced(state))
  // What one person proved is never added to what another did.
  const isOther = state.confirmed !== undefined && state.confirmed.person !== attempt.person
  if (!command.samePerson || isOther) return refused('wrong_person', fact('AuthorizationFailed', { reason: 'wrong_person' }))
  const { policy } = rules
  const { person, path } = attempt
  const proven = [...new Set([...provenFactors(state), ...command.factorsProven])]
  const acr = acrMet(policy, state.request.acrs, proven)
  if (acr === undefined && nextFactors(policy, state.request, proven).length > 0)
    return recorded(fact('FactorConfirmed', { attempt: attempt.attempt, person, path, factors: command.factorsProven }))
  // OpenID Connect Core 5.5.1.1: an essential acr that is not met is a failed authentication.
  if (acr === undefined && state.request.acrEssential) return refused('acr_unmet', fact('AuthorizationFailed', { reason: 'acr_unmet' }))
  return recorded(
    fact('Authenticated', {
      // Whose login it is from here on; what was counted before stays with the identifier that was typed.
      person: command.knownAs ?? person,
      path,
      factors: proven,
      amr: amrOf(proven),
      ...(acr !== undefined && { acr }),
      authTime: command.at,
      deadline: plusSeconds(command.at, policy.lifetimes.afterAuthenticationS),
    }),
  )
}

export const rejectFactor = (command: CommandOf<'RejectFactor'>, state: TransactionState, rules: TransactionRules): Decided => {
  const attempt = state.pending.find((pending) => pending.attempt === command.attempt)
  if (state.stage !== 'opened' || attempt === undefined) return refused(misplaced(state))
  const rejection = fact('FactorRejected', { factor: attempt.factor, attempt: attempt.attempt, reason: command.reason })
  if (command.reason === 'unavailable') return refused('factor_unavailable', rejection)
  // While another attempt is under way it may still be the right one: the last verdict ends the sign-in.
  if (guesses(state) >= rules.policy.limits.attemptsMax && state.pending.length === 1)
    return refused('attempts_exhausted', rejection, exhausted)
  if (command.reason === 'limited') return refused('factor_limited', rejection)
  // That a code is too old tells that there was one, so only a trusted device hears it (rule 22).
  return refused(command.reason === 'expired' && attempt.path === 'trusted' ? 'factor_expired' : 'factor_wrong', rejection)
}
