import type { ClientConfiguration, Policy, TransactionCommand, TransactionEvent } from '../../schemas/generated.ts'

/** What the rules of a login read besides its state (rule 3). */
export type TransactionRules = {
  readonly policy: Policy
  /** Absent where no relying party of that name is registered. */
  readonly client?: { readonly configuration: ClientConfiguration; readonly active: boolean }
}

export type CommandOf<Type extends TransactionCommand['type']> = Extract<TransactionCommand, { type: Type }>

/** A fact, written short. */
export const fact = <Type extends TransactionEvent['type']>(
  type: Type,
  data: Extract<TransactionEvent, { type: Type }>['data'],
): TransactionEvent => ({ type, data }) as TransactionEvent
