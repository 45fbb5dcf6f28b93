import { memoryEventStore } from '../../adapters/event-store/memory/memory-event-store.ts'
import type { EventStore, Timers, Uuid } from '../../domain/ports.ts'
import { transactionStream } from '../../domain/streams.ts'
import { transactions } from '../../src/deciders.ts'
import { handle, stateCache, type Circumstances, type Handled, type Handling } from '../../src/handle.ts'
import { openJournal } from '../../src/journal.ts'
import type { TransactionRules } from '../../domain/transaction/rules.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import type { TransactionCommand } from '../../schemas/generated.ts'
import { digest, TRANSACTION } from '../domain/samples.ts'
import { rules, wish } from '../domain/transaction/samples.ts'
import { handClock } from '../support/hand-clock.ts'

export const STREAM = transactionStream(TRANSACTION)

/** Timers that wait for nothing and remember what they were asked. */
export const quickTimers = (): Timers & { readonly slept: readonly number[] } => {
  const slept: number[] = []
  return { slept, sleep: async (ms) => void slept.push(ms) }
}

export const memoryStore = (): EventStore => memoryEventStore({ clock: handClock(), timers: quickTimers() })

/** One node on a store: a journal and a cache of its own. */
export const nodeOn = (store: EventStore, timers: Timers = quickTimers()): Handling => ({
  journal: openJournal(store),
  timers,
  states: stateCache(100),
})

let commands = 0

/** A command id that was never given before. */
export const nextId = (): Uuid => {
  commands += 1
  return `00000000-0000-4000-8000-${commands.toString(16).padStart(12, '0')}`
}

export const circumstances = <Rules>(standing: Rules, commandId: Uuid = nextId()): Circumstances<Rules> => ({
  commandId,
  causation: 'request-1',
  correlation: TRANSACTION,
  rules: standing,
  ruleDigests: { policy: digest('policy') },
})

export const command = (
  node: Handling,
  given: TransactionCommand,
  commandId?: Uuid,
  standing: TransactionRules = rules,
): Promise<Handled<TransactionState>> => handle(node, transactions, STREAM, given, circumstances(standing, commandId))

/** Leads the transaction to its code. */
export const issueCode = async (node: Handling): Promise<Handled<TransactionState>> => {
  const steps = [
    wish('StartAuthorization'),
    wish('OpenAuthorization'),
    wish('RequestFactor'),
    wish('ReportSent'),
    wish('AttemptFactor'),
    wish('ConfirmFactor'),
    wish('RecordConsent'),
  ]
  for (const step of steps) await command(node, step)
  return command(node, wish('IssueCode'))
}

/** Types of everything that the stream holds. */
export const typesIn = async (store: EventStore, stream = STREAM): Promise<readonly string[]> =>
  (await store.readStream(stream)).events.map((event) => event.type)
