import { clientOf } from '../clients.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { attemptCounters, consents, transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { follow, type Following } from './follow.ts'
import { command, count, type Act } from '../steps/act.ts'
import { recordRefusal } from '../steps/agree.ts'
import { completeWithdrawal, takeBack } from '../steps/withdraw.ts'
import { restrictPerson } from '../steps/erase-person.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import { attemptsStream, consentStream, idOf, personOfStream, transactionStream } from '../../domain/streams.ts'
import { secondsUntil } from '../../domain/time.ts'
import type { StandingConsent } from '../../domain/consent/consent.ts'
import type { Recorded } from '../../projections/projection.ts'

/** Its checkpoint bears it. */
export const COMPLETIONS = 'completions'

/** The request that began an order finishes it at once; only what it left lying for this long is finished here. */
const PATIENCE_S = 5

/** Authenticated, but the credit was lost: the count would stay too high for ever (rule 11). */
const completeCredit = async (world: World, event: Recorded, act: Act): Promise<void> => {
  const { state } = await load(world, transactions, event.stream)
  const { authenticated } = state
  if (authenticated === undefined) return
  const { person, path } = authenticated
  const stream = attemptsStream(person, path)
  const last = await world.journal.last(stream)
  const uncredited = last?.type === 'AttemptCounted' && last.data['transaction'] === act.transaction
  if (!uncredited || (await load(world, attemptCounters, stream)).state.failures === 0) return
  await count(world, act, person, { type: 'CreditAttempt', at: act.at, path, transaction: act.transaction, reason: 'success' })
}

/**
 * The same where another factor is asked for. A count that came after the confirmation belongs to that one: a credit is written after
 * the fact, so only a last event from before the fact shows that it is missing.
 */
const completeConfirmation = async (world: World, event: Recorded, act: Act): Promise<void> => {
  const person = textOf(event.data['person'])
  const path = event.data['path'] === 'trusted' ? 'trusted' : 'unknown'
  const { transaction, at } = act
  const last = await world.journal.last(attemptsStream(person, path))
  const isMissing = last?.type === 'AttemptCounted' && last.data['transaction'] === transaction && last.at < event.at
  if (isMissing) await count(world, act, person, { type: 'CreditAttempt', at, path, transaction, reason: 'confirmed' })
}

/** The consent stream has it, the transaction has not (rule 12): it gets it, or the consent is taken back where it ended meanwhile. */
const completeConsent = async (world: World, event: Recorded, act: Act): Promise<void> => {
  const { state } = await load(world, transactions, transactionStream(act.transaction))
  const over = state.stage === 'failed' || state.stage === 'expired'
  if (over && state.consent === undefined && event.type === 'ConsentGiven') return takeBack(world, act, idOf(event.stream))
  if (state.stage !== 'authenticated') return
  const standing = event.data['standing'] as unknown as StandingConsent
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
const completeRefusal = async (world: World, event: Recorded, act: Act): Promise<void> => {
  const consent = textOf(event.data['consent'])
  if (consent === '') return
  for await (const { type, at, data } of world.journal.backwards(consentStream(consent))) {
    if (type === 'ConsentRefused' && data['transaction'] === act.transaction) return
    if (at < event.at) break
  }
  await recordRefusal(world, act, consent)
}

const completeOrder = async (world: World, event: Recorded): Promise<void> => {
  const at = world.clock.now()
  const id = uuidv5(event.id, COMPLETIONS)
  if (event.type === 'WithdrawalRequested') {
    const { state } = await load(world, consents, event.stream)
    if (state.status === 'withdrawing') await completeWithdrawal(world, { consent: idOf(event.stream), id, causation: event.id, at }, state)
    return
  }
  if (event.type === 'ErasureRequested') {
    await restrictPerson(world, personOfStream(event.stream), id, at)
    return
  }
  const transaction = event.kind === 'transaction' ? idOf(event.stream) : textOf(event.data['transaction'])
  const { state } = await load(world, transactions, transactionStream(transaction))
  const act: Act = { id, causation: event.id, at, transaction, client: await clientOf(world, state.request?.client ?? '') }
  if (event.type === 'Authenticated') await completeCredit(world, event, act)
  else if (event.type === 'FactorConfirmed') await completeConfirmation(world, event, act)
  else if (event.type === 'ConsentDenied') await completeRefusal(world, event, act)
  else if (event.kind === 'consent') await completeConsent(world, event, act)
}

/** Finishes the half-done orders that a crash leaves (rule 15): idempotent, on any node. */
export const completions = (world: World): Promise<Following> =>
  follow(world, {
    name: COMPLETIONS,
    types: [
      'Authenticated',
      'FactorConfirmed',
      'ConsentDenied',
      'ConsentGiven',
      'ConsentReused',
      'WithdrawalRequested',
      'ErasureRequested',
    ],
    handler: async (event, stopping) => {
      // Events come in the order of their time, so waiting for this one delays no other that is due.
      const ageS = secondsUntil(event.at, world.clock.now())
      if (ageS < PATIENCE_S) await world.timers.sleep((PATIENCE_S - ageS) * 1000, stopping)
      if (!stopping.aborted) await completeOrder(world, event)
    },
  })
