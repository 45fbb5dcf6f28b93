import type { TransactionEvent } from '../../schemas/generated.ts'
import { nextFactors } from '../assurance.ts'
import { recorded, refused, type Decision } from '../decider.ts'
import { FACTORS } from '../factors.ts'
import { plusSeconds } from '../time.ts'
import { fact, misplaced, type CommandOf, type TransactionRules } from './rules.ts'
import { provenFactors, type TransactionState } from './state.ts'

type Decided = Decision<TransactionEvent>

/** The person says who they are and how they will prove it. Where a message has to be sent, wishing it is this fact. */
export const requestFactor = (command: CommandOf<'RequestFactor'>, state: TransactionState, rules: TransactionRules): Decided => {
  const { at, factor, person, idType, path } = command
  const { limits, lifetimes } = rules.policy
  if (state.stage !== 'opened') return refused(misplaced(state))
  // Nothing is sent in the name of a relying party that was deactivated meanwhile (rule 16).
  if (!rules.client?.active) return refused('client_inactive')
  // Who proved the first factor proves the next.
  if (state.confirmed !== undefined && state.confirmed.person !== person) return refused('wrong_person')
  if (state.request === undefined || !nextFactors(rules.policy, state.request, provenFactors(state)).includes(factor))
    return refused('factor_not_offered')
  if (state.requests >= limits.requestsMax) return refused('attempts_exhausted')
  const chosen = { factor, person, idType, path }
  if (!FACTORS[factor].sent) return recorded(fact('FactorRequested', chosen))
  if (state.sends >= limits.sendsMax) return refused('sends_exhausted')
  if (state.delivery && at < state.delivery.resendFrom) return refused('send_too_early')
  const sending = {
    send: state.sends + 1,
    sendBy: plusSeconds(at, lifetimes.sendS),
    resendFrom: plusSeconds(at, limits.sendGapS),
  }
  return recorded(fact('FactorRequested', { ...chosen, ...(command.channels && { channels: command.channels }), ...sending }))
}

/** Only the newest message matters, and its first outcome: a late or doubled report records nothing. */
const awaited = (state: TransactionState, send: number): boolean => state.delivery?.send === send && state.delivery.status === 'pending'

export const reportSent = (command: CommandOf<'ReportSent'>, state: TransactionState): Decided =>
  awaited(state, command.send) && state.stage === 'opened'
    ? recorded(fact('FactorSent', { send: command.send, factor: 'otp', channels: command.channels, validUntil: command.validUntil }))
    : recorded()

export const reportSendFailed = (command: CommandOf<'ReportSendFailed'>, state: TransactionState): Decided =>
  awaited(state, command.send) && state.stage === 'opened'
    ? recorded(fact('FactorFailed', { send: command.send, factor: 'otp', reason: command.reason }))
    : recorded()
