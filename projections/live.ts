import type { Change, Position, Row } from '../domain/ports.ts'
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
  /** What went wrong on the way, each word once, in order: also where the login went on. */
  readonly errors: readonly string[]
  /** Of the first event: where to read on from. */
  readonly position: Position
  readonly started_at: string
  readonly updated_at: string
  /** Something is still to happen: a deadline will pass. */
  readonly open: boolean
  /** When it is due; the empty text where it is not open. What was revoked is due at once. */
  readonly deadline: string
  readonly revision: number
}

/** One error of a login, so that the logins with it are found without looking at the others. */
export type ErrorRow = {
  /** `started` of the login, then the error: the newest logins come last. */
  readonly id: string
  readonly error: string
  readonly client: string
  readonly transaction: string
}

const ENDS: readonly Stage[] = ['failed', 'expired', 'closed']

/** Different errors that are kept of one login. */
const ERRORS_MAX = 16

/** Errors that no member of their event names. */
const UNNAMED: Readonly<Record<string, string>> = { CodeReplayed: 'code_replayed' }

/** What of the state a row keeps is what these events change whatever else the state holds. */
const stateOf = (row: Row | undefined): TransactionState => {
  if (row === undefined) return initialState
  const { stage, deadline } = row as unknown as LiveRow
  return { ...initialState, stage, ...(deadline !== '' && { deadline }) }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const WORD = /^[a-z0-9_]{1,64}$/

/**
 * What an event says went wrong: a reason, or the phase in which time ran out. Of any event, so that one which is added later is found
 * too; the ordinary close of a login has a reason and is no error.
 */
const errorOf = (state: TransactionState, { type, data }: Recorded): string | undefined => {
  if (state.stage === 'closed') return undefined
  const word = textOf(data['reason']) ?? textOf(data['phase']) ?? UNNAMED[type]
  return word !== undefined && WORD.test(word) ? word : undefined
}

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
  const known = (before?.['errors'] ?? []) as readonly string[]
  const error = errorOf(state, event)
  const isNew = error !== undefined && known.length < ERRORS_MAX && !known.includes(error)
  const started = `${startedAt} ${transaction}`
  const client = textOf(before?.['client']) ?? textOf(event.data['client']) ?? ''
  const row: Row = {
    transaction,
    started,
    client,
    stage: state.stage,
    factor: textOf(event.data['factor']) ?? textOf(before?.['factor']) ?? null,
    failure: state.failure ?? textOf(before?.['failure']) ?? null,
    errors: isNew ? [...known, error] : known,
    position: textOf(before?.['position']) ?? event.position,
    started_at: startedAt,
    updated_at: event.at,
    open: !ENDS.includes(state.stage) && dueAt(state, event) !== '',
    deadline: dueAt(state, event),
    revision: event.revision,
  }
  const put: Change = { kind: 'put', table: 'transactions', row }
  return isNew ? [put, { kind: 'put', table: 'errors', row: { id: `${started} ${error}`, error, client, transaction } }] : [put]
}

/**
 * Every login with its stage and what runs out next: the deadline reactor asks for the open ones by deadline, operators find the others.
 * The rules' own `evolve` says the stage, so an event that is added later needs nothing here.
 */
export const live: Runnable = {
  name: 'live',
  version: 2,
  tables: {
    transactions: { key: 'transaction', indexes: ['client', 'stage', 'open', 'deadline', 'started', 'factor'] },
    errors: { key: 'id', indexes: ['error', 'client'] },
  },
  filter: { streamPrefixes: ['authorization-'] },
  reads: (event) => [{ table: 'transactions', key: idOf(event.stream) }],
  project,
}
