import type { Change, Row } from '../domain/ports.ts'
import { idOf } from '../domain/streams.ts'
import { evolve, initialState, type Stage, type TransactionState } from '../domain/transaction/state.ts'
import type { TransactionEvent } from '../schemas/generated.ts'
import type { Recorded } from './projection.ts'
import type { Runnable, Rows } from './runnable.ts'

/** A login, as lists show it. */
export type LiveRow = {
  readonly transaction: string
  /** Lists are ordered by it: the instant of the start, then the transaction, so that it is unique. */
  readonly started: string
  readonly client: string
  readonly stage: Stage
  readonly factor: string | null
  readonly failure: string | null
  readonly started_at: string
  readonly updated_at: string
  /** Something is still to happen: a deadline will pass. */
  readonly open: boolean
  /** When it is due; the empty text where it is not open. What was revoked is due at once. */
  readonly deadline: string
  readonly revision: number
}

const ENDS: readonly Stage[] = ['failed', 'expired', 'closed']

/** What of the state a row keeps is what these events change whatever else the state holds. */
const stateOf = (row: Row | undefined): TransactionState => {
  if (row === undefined) return initialState
  const { stage, deadline } = row as unknown as LiveRow
  return { ...initialState, stage, ...(deadline !== '' && { deadline }) }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const dueAt = (state: TransactionState, event: Recorded): string => {
  if (ENDS.includes(state.stage)) return ''
  return state.stage === 'revoked' ? event.at : (state.deadline ?? '')
}

const project = (event: Recorded, rows: Rows): readonly Change[] => {
  const transaction = idOf(event.stream)
  const before = rows('transactions', transaction)
  // The event was checked against its schema, from which the type is generated.
  const state = evolve(stateOf(before), event as unknown as TransactionEvent)
  const startedAt = textOf(before?.['started_at']) ?? event.at
  const row: Row = {
    transaction,
    started: `${startedAt} ${transaction}`,
    client: textOf(before?.['client']) ?? textOf(event.data['client']) ?? '',
    stage: state.stage,
    factor: textOf(event.data['factor']) ?? textOf(before?.['factor']) ?? null,
    failure: state.failure ?? textOf(before?.['failure']) ?? null,
    started_at: startedAt,
    updated_at: event.at,
    open: !ENDS.includes(state.stage) && dueAt(state, event) !== '',
    deadline: dueAt(state, event),
    revision: event.revision,
  }
  return [{ kind: 'put', table: 'transactions', row }]
}

/**
 * Every login with its stage and what runs out next: the deadline reactor asks for the open ones by deadline, operators find the others.
 * The rules' own `evolve` says the stage, so an event that is added later needs nothing here.
 */
export const live: Runnable = {
  name: 'live',
  version: 1,
  tables: { transactions: { key: 'transaction', indexes: ['client', 'stage', 'open', 'deadline', 'started'] } },
  filter: { streamPrefixes: ['authorization-'] },
  reads: (event) => [{ table: 'transactions', key: idOf(event.stream) }],
  project,
}
