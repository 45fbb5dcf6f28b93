import type { ClientConfiguration, Policy, TransactionCommand, TransactionEvent } from '../../schemas/generated.ts'
import type { RefusalCode } from '../refusals.ts'
import type { TransactionState } from './state.ts'

/** What the rules of a login read besides its state (rule 3). */
export type TransactionRules = {
  readonly policy: Policy
  /** Absent where no relying party of that name is registered. */
  readonly client?: { readonly configuration: ClientConfiguration; readonly active: boolean }
}

export type CommandOf<Type extends TransactionCommand['type']> = Extract<TransactionCommand, { type: Type }>

/** Why a step cannot be taken: the sign-in is over, or it stands elsewhere. The same answer whoever noticed the end first. */
export const misplaced = ({ stage }: TransactionState): RefusalCode => {
  switch (stage) {
    case 'expired':
      return 'transaction_expired'
    case 'failed':
    case 'closed':
      return 'transaction_ended'
    case 'revoked':
      return 'consent_withdrawn'
    case 'none':
    case 'started':
    case 'opened':
    case 'authenticated':
    case 'consented':
    case 'code_issued':
    case 'exchanged':
      return 'step_out_of_order'
  }
}

/** A fact, written short. */
export const fact = <Type extends TransactionEvent['type']>(
  type: Type,
  data: Extract<TransactionEvent, { type: Type }>['data'],
): TransactionEvent => ({ type, data }) as TransactionEvent
