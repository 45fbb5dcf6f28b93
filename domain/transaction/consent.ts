import type { TransactionEvent } from '../../schemas/generated.ts'
import { recorded, refused, type Decision } from '../decider.ts'
import { plusSeconds } from '../time.ts'
import { isOwn } from './own-page.ts'
import { fact, misplaced, type CommandOf, type TransactionRules } from './rules.ts'
import type { TransactionState } from './state.ts'

type Decided = Decision<TransactionEvent>

const subset = (part: readonly string[], whole: readonly string[]): boolean => part.every((item) => whole.includes(item))

/** The consent stream was written first; this cites its revision (rule 12). Consented claims are a subset of the requested. */
export const recordConsent = (command: CommandOf<'RecordConsent'>, state: TransactionState): Decided => {
  const { request } = state
  if (state.stage !== 'authenticated' || request === undefined || isOwn(state)) return refused(misplaced(state))
  const asked = request.claims.map((claim) => claim.name)
  const needed = request.claims.filter((claim) => claim.essential).map((claim) => claim.name)
  if (!subset(command.claims, asked) || !subset(command.scopes, request.scopes)) return refused('form_invalid')
  if (!subset(needed, command.claims)) return refused('consent_pending')
  const { consent, revision, claims, scopes } = command
  const data = { client: request.client, consent, revision, claims, scopes }
  return recorded(command.how === 'given' ? fact('ConsentGiven', data) : fact('ConsentReused', data))
}

export const denyConsent = ({ consent }: CommandOf<'DenyConsent'>, state: TransactionState): Decided =>
  state.stage === 'authenticated'
    ? recorded(
        fact('ConsentDenied', { ...(consent !== undefined && { consent }) }),
        fact('AuthorizationFailed', { reason: 'consent_denied' }),
      )
    : refused(misplaced(state))

/** A reload or a restart within the code's life answers with the same code and no second fact (rule 30). */
export const issueCode = (command: CommandOf<'IssueCode'>, state: TransactionState, rules: TransactionRules): Decided => {
  if (state.stage === 'code_issued') return state.code?.codeDigest === command.codeDigest ? recorded() : refused('step_out_of_order')
  if (state.stage === 'authenticated') return refused('consent_pending')
  if (state.stage !== 'consented' || state.consent === undefined) return refused(misplaced(state))
  if (!rules.client?.active) return refused('client_inactive')
  if (!subset(command.released, state.consent.claims)) return refused('form_invalid')
  const { codeDigest, issue, released, at } = command
  return recorded(fact('CodeIssued', { codeDigest, issue, released, expiresAt: plusSeconds(at, rules.policy.lifetimes.codeS) }))
}

/** The person gives up, or the sign-in cannot go on. */
export const failAuthorization = (command: CommandOf<'FailAuthorization'>, state: TransactionState): Decided =>
  state.stage === 'opened' || state.stage === 'authenticated' || state.stage === 'consented'
    ? recorded(fact('AuthorizationFailed', { reason: command.reason }))
    : refused(misplaced(state))
