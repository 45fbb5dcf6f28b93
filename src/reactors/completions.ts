import { clientOf } from '../clients.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { consents, transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { delayed } from './delayed.ts'
import { follow, type Following } from './follow.ts'
import { command, count, type Act } from '../steps/act.ts'
import { recordRefusal } from '../steps/agree.ts'
import { completeWithdrawal, takeBack } from '../steps/withdraw.ts'
import { shredWhatIsKept } from '../steps/end-what-lives.ts'
import { restrictPerson } from '../steps/erase-person.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import { attemptsStream, consentStream, idOf, personOfStream, transactionStream } from '../../domain/streams.ts'
import type { StandingConsent } from '../../domain/consent/consent.ts'
import type { Recorded } from '../../projections/projection.ts'

/** Its checkpoint bears it. */
export const COMPLETIONS = 'completions'

/** The request that began an order finishes it at once; only what it left lying for this long is finished here. */
const PATIENCE_S = 5

/** An order as it was recorded. Whatever is read of it serves to see that nothing is left to do, as it is nearly always. */
type Order = { readonly event: Recorded; readonly transaction: string }

const actOf = async (world: World, { event, transaction }: Order): Promise<Act> => {
  const { state } = await load(world, transactions, transactionStream(transaction))
  const client = await clientOf(world, state.request?.client ?? '')
  return { id: uuidv5(event.id, COMPLETIONS), causation: event.id, at: world.clock.now(), transaction, client }
}

/**
 * A proof was right, but the credit was lost: the count would stay too high for ever (rule 11). Where another factor was asked for, a count
 * that came after the fact belongs to that one: a credit is written after the fact, so only a last event from before it shows that one is missing.
 */
const completeCredit = async (world: World, order: Order, reason: 'success' | 'confirmed'): Promise<void> => {
  const { event, transaction } = order
  const person = textOf(event.data['person'])
  const path = event.data['path'] === 'trusted' ? 'trusted' : 'unknown'
  const last = await world.journal.last(attemptsStream(person, path))
  if (last?.type !== 'AttemptCounted' || last.data['transaction'] !== transaction) return
  if (reason === 'confirmed' && last.at >= event.at) return
  const act = await actOf(world, order)
  await count(world, act, person, { type: 'CreditAttempt', at: act.at, path, transaction, reason })
}

/** The consent stream has it, the transaction has not (rule 12): it gets it, or the consent is taken back where it ended meanwhile. */
const completeConsent = async (world: World, order: Order): Promise<void> => {
  const { event } = order
  const { state } = await load(world, transactions, transactionStream(order.transaction))
  const over = state.stage === 'failed' || state.stage === 'expired'
  if (over && state.consent === undefined && event.type === 'ConsentGiven')
    return takeBack(world, await actOf(world, order), idOf(event.stream))
  if (state.stage !== 'authenticated') return
  const standing = event.data['standing'] as unknown as StandingConsent
  const act = await actOf(world, order)
  await command(world, act, {
    type: 'RecordConsent',
    at: act.at,
    how: event.type === 'ConsentGiven' ? 'given' : 'reused',
    consent: idOf(event.stream),
    revision: event.revision,
    claims: [...standing.essential, ...standing.accepted],
    scopes: standing.scopes,
  })
}

/** The login has the refusal, the consent's stream has not: it gets it, at the place where it stands now. */
const completeRefusal = async (world: World, order: Order): Promise<void> => {
  const { event, transaction } = order
  const consent = textOf(event.data['consent'])
  if (consent === '') return
  for await (const { type, at, data } of world.journal.backwards(consentStream(consent))) {
    if (type === 'ConsentRefused' && data['transaction'] === transaction) return
    if (at < event.at) break
  }
  await recordRefusal(world, await actOf(world, order), consent)
}

const completeWithdrawn = async (world: World, event: Recorded): Promise<void> => {
  const { state } = await load(world, consents, event.stream)
  if (state.status !== 'withdrawing') return
  const at = world.clock.now()
  await completeWithdrawal(world, { consent: idOf(event.stream), id: uuidv5(event.id, COMPLETIONS), causation: event.id, at }, state)
}

const completeOrder = async (world: World, event: Recorded): Promise<void> => {
  const order: Order = { event, transaction: event.kind === 'transaction' ? idOf(event.stream) : textOf(event.data['transaction']) }
  switch (event.type) {
    case 'Authenticated':
      return completeCredit(world, order, 'success')
    case 'FactorConfirmed':
      return completeCredit(world, order, 'confirmed')
    case 'ConsentDenied':
      return completeRefusal(world, order)
    case 'WithdrawalRequested':
      return completeWithdrawn(world, event)
    case 'ErasureRequested':
      await restrictPerson(world, personOfStream(event.stream), uuidv5(event.id, COMPLETIONS), world.clock.now())
      return
    case 'ProcessingRestricted':
      return shredWhatIsKept(world, personOfStream(event.stream))
    default:
      return completeConsent(world, order)
  }
}

/** Finishes the half-done orders that a crash leaves (rule 15): idempotent, on any node. */
export const completions = (world: World): Promise<Following> =>
  follow(
    { ...world, journal: { ...world.journal, source: delayed(world.journal.source, PATIENCE_S, world) } },
    {
      name: COMPLETIONS,
      types: [
        'Authenticated',
        'FactorConfirmed',
        'ConsentDenied',
        'ConsentGiven',
        'ConsentReused',
        'WithdrawalRequested',
        'ErasureRequested',
        'ProcessingRestricted',
      ],
      handler: (event) => completeOrder(world, event),
    },
  )
