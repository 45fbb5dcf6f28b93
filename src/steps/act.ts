import { rulesFor } from '../clients.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { attemptCounters, transactions } from '../deciders.ts'
import { handle, type Handled, type Handling, type StreamRules } from '../handle.ts'
import type { Origin } from '../guesses.ts'
import type { World } from '../world.ts'
import type { ClientState } from '../../domain/client/client.ts'
import type { AttemptsCommand, AttemptsState } from '../../domain/person/attempts.ts'
import type { Instant, Uuid } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { attemptsStream, transactionStream } from '../../domain/streams.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import type { TransactionCommand } from '../../schemas/generated.ts'

/**
 * One request, or one turn of a reactor, in one transaction. Its id makes the ids of its commands, each of which it gives once,
 * so that sending the same again is recognised (rule 5).
 */
export type Act = {
  readonly id: Uuid
  readonly causation: string
  readonly at: Instant
  readonly transaction: string
  readonly client: ClientState
  /** The network that it came from; a reactor's turn comes from none. */
  readonly network?: string
}

/** Where a step leaves the transaction, and perhaps why it could not be taken. */
export type Outcome = { readonly state: TransactionState; readonly refusal?: RefusalCode }

/** `client_id` of an act whose client is known to exist. */
export const clientIdOf = (act: Act): string => act.client.configuration?.client_id ?? ''

/** Where it came from, for what is counted of guessing. */
export const originOf = (act: Act): Origin => ({ network: act.network ?? '', client: clientIdOf(act) })

/** What deciding needs of the world. */
export type Deciding = Handling & Pick<World, 'policy'>

/** Gives the transaction a command. */
export const command = (world: Deciding, act: Act, wish: TransactionCommand): Promise<Handled<TransactionState>> => {
  const decide = (): Promise<Handled<TransactionState>> =>
    handle(world, transactions, transactionStream(act.transaction), wish, {
      commandId: uuidv5(act.id, wish.type),
      causation: act.causation,
      correlation: act.transaction,
      ...rulesFor(world, act.client),
    })
  return world.observer === undefined
    ? decide()
    : world.observer.login({ transaction: act.transaction, client: clientIdOf(act), type: wish.type }, decide)
}

/** Gives the counters of one path of one person a command (rule 21). */
export const count = (world: Deciding, act: Act, person: string, wish: AttemptsCommand): Promise<Handled<AttemptsState>> =>
  handle(world, attemptCounters, attemptsStream(person, wish.path), wish, {
    commandId: uuidv5(act.id, wish.type),
    causation: act.causation,
    correlation: act.transaction,
    rules: { policy: world.policy.value },
    ruleDigests: { policy: world.policy.digest },
  })

/** Gives a command to a stream whose rules read nothing besides its state. */
export const commandStream = <
  State,
  Command extends { readonly type: string; readonly at: Instant },
  Event extends { readonly type: string; readonly data: object },
>(
  world: Handling,
  rules: StreamRules<State, Command, unknown, Event>,
  stream: string,
  wish: Command,
  from: { readonly id: Uuid; readonly causation: string; readonly correlation: string },
): Promise<Handled<State>> =>
  handle(world, rules, stream, wish, {
    commandId: uuidv5(from.id, wish.type),
    causation: from.causation,
    correlation: from.correlation,
    rules: undefined,
    ruleDigests: {},
  })
