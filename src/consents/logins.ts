import { transactions } from '../deciders.ts'
import type { Journal } from '../journal.ts'
import { textOf } from '../text-of.ts'
import { fold } from '../../domain/decider.ts'
import type { Instant } from '../../domain/ports.ts'
import { attemptsStream, transactionStream } from '../../domain/streams.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import type { Recorded } from '../../projections/projection.ts'
import type { TransactionEvent } from '../../schemas/generated.ts'

/** Events of a person's counters that are looked through for logins, newest first: some thousands of logins. */
const EVENTS_MAX = 20_000

/** One login of a person: the newest instant at which it was counted, and everything that its own stream says. */
export type Login = {
  readonly transaction: string
  readonly startedAt: Instant
  readonly state: TransactionState
  readonly events: readonly Recorded[]
}

type Reading = Pick<Journal, 'read' | 'backwards'>

/** Two streams as one, the newest first. */
async function* newest(streams: readonly AsyncIterable<Recorded>[], max: number): AsyncGenerator<Recorded> {
  const readers = streams.map((stream) => stream[Symbol.asyncIterator]())
  const heads = await Promise.all(readers.map((reader) => reader.next()))
  for (let read = 0; read < max; read += 1) {
    const open = heads.flatMap((head, index) => (head.done === true ? [] : [{ index, event: head.value }]))
    const [first, ...others] = open
    if (first === undefined) return
    const { index, event } = others.reduce((one, other) => (other.event.at > one.event.at ? other : one), first)
    yield event
    const reader = readers[index]
    if (reader !== undefined) heads[index] = await reader.next()
  }
}

const loginOf = async (journal: Reading, transaction: string): Promise<Login | undefined> => {
  const events = await journal.read(transactionStream(transaction))
  const [first] = events
  // Each event was checked against the schema that the type is generated from.
  const state = fold(transactions.decider, events as unknown as readonly TransactionEvent[])
  return first && { transaction, startedAt: first.at, state, events }
}

/**
 * The logins in which somebody named this person and went on to prove it, newest first. There is no index of persons anywhere: the
 * counters of tries, which every login adds to and which nobody can find without the person's key row, name the logins (decision 0053).
 */
export async function* loginsOf(journal: Reading, person: string, max = EVENTS_MAX): AsyncGenerator<Login> {
  const seen = new Set<string>()
  const streams = (['unknown', 'trusted'] as const).map((path) => journal.backwards(attemptsStream(person, path)))
  for await (const { data } of newest(streams, max)) {
    const transaction = textOf(data['transaction'])
    if (transaction === '' || seen.has(transaction)) continue
    seen.add(transaction)
    const login = await loginOf(journal, transaction)
    if (login !== undefined) yield login
  }
}

/** The consent that a login led to, or would have. */
export const consentIn = ({ state, events }: Pick<Login, 'state' | 'events'>): string | undefined => {
  const denied = events.find(({ type }) => type === 'ConsentDenied')?.data['consent']
  return state.consent?.consent ?? (typeof denied === 'string' ? denied : undefined)
}
