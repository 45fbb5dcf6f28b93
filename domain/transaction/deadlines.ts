import type { TransactionEvent } from '../../schemas/generated.ts'
import type { Instant } from '../ports.ts'
import { fact } from './rules.ts'
import type { Stage, TransactionState } from './state.ts'

const PHASES = {
  started: 'before_opening',
  opened: 'before_authentication',
  authenticated: 'before_consent',
  consented: 'before_code',
  code_issued: 'before_redemption',
} as const

const waits = (stage: Stage): stage is keyof typeof PHASES => stage in PHASES

/** What a deadline that has passed leaves, or nothing: compared with the command's instant (rule 14). */
export const expire = (state: TransactionState, at: Instant): readonly TransactionEvent[] => {
  if (state.stage === 'revoked') return [fact('TransactionClosed', { reason: 'tokens_revoked' })]
  if (state.deadline === undefined || at < state.deadline) return []
  if (waits(state.stage)) return [fact('AuthorizationExpired', { phase: PHASES[state.stage] })]
  if (state.stage !== 'exchanged') return []
  return [fact('TransactionClosed', { reason: state.exchange?.replayed ? 'tokens_revoked' : 'tokens_expired' })]
}
