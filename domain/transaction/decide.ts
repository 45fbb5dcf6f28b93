import type { TransactionCommand, TransactionEvent } from '../../schemas/generated.ts'
import { recorded, refused, type Decider, type Decision } from '../decider.ts'
import { attemptFactor, confirmFactor, rejectFactor } from './attempt.ts'
import { denyConsent, failAuthorization, issueCode, recordConsent } from './consent.ts'
import { expire } from './deadlines.ts'
import { exchangeToken, noteClientClock, releaseUserinfo, revokeAccess } from './grant.ts'
import { openPage } from './own-page.ts'
import { reportSendFailed, reportSent, requestFactor } from './request-factor.ts'
import type { TransactionRules } from './rules.ts'
import { extendTime, openAuthorization, startAuthorization } from './start.ts'
import { evolve, initialState, type TransactionState } from './state.ts'

const decide = (command: TransactionCommand, state: TransactionState, rules: TransactionRules): Decision<TransactionEvent> => {
  // These look at deadlines themselves.
  if (command.type === 'StartAuthorization') return startAuthorization(command, state, rules)
  if (command.type === 'ExpireAuthorization') return recorded(...expire(state, command.at))
  if (command.type === 'ExchangeToken') return exchangeToken(command, state, rules)
  if (command.type === 'ReleaseUserinfo') return releaseUserinfo(command, state, rules)
  if (command.type === 'RevokeAccess') return revokeAccess(command, state)

  if (state.stage === 'none') return refused('transaction_unknown')
  const late = state.stage === 'exchanged' || state.stage === 'revoked' ? [] : expire(state, command.at)
  if (late.length > 0) return refused(state.stage === 'started' ? 'request_uri_expired' : 'transaction_expired', ...late)

  switch (command.type) {
    case 'OpenAuthorization':
      return openAuthorization(command, state, rules)
    case 'ExtendTime':
      return extendTime(command, state, rules)
    case 'RequestFactor':
      return requestFactor(command, state, rules)
    case 'ReportSent':
      return reportSent(command, state)
    case 'ReportSendFailed':
      return reportSendFailed(command, state)
    case 'AttemptFactor':
      return attemptFactor(command, state, rules)
    case 'ConfirmFactor':
      return confirmFactor(command, state, rules)
    case 'RejectFactor':
      return rejectFactor(command, state, rules)
    case 'RecordConsent':
      return recordConsent(command, state)
    case 'DenyConsent':
      return denyConsent(command, state)
    case 'OpenPage':
      return openPage(command, state)
    case 'IssueCode':
      return issueCode(command, state, rules)
    case 'NoteClientClock':
      return noteClientClock(command, state)
    case 'FailAuthorization':
      return failAuthorization(command, state)
  }
}

/** The rules of one login: stream `authorization-<id>`. */
export const transaction: Decider<TransactionState, TransactionCommand, TransactionRules, TransactionEvent> = {
  initialState,
  decide,
  evolve,
}
