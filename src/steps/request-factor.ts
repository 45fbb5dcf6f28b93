import { rulesFor } from '../clients.ts'
import { transactions } from '../deciders.ts'
import { mayTry, type Check } from '../checks.ts'
import { pathOf } from '../devices.ts'
import { load } from '../handle.ts'
import { personOf, type KnownPerson } from '../people.ts'
import { seal, sealedUntil, unseal, type Paced, type SealedParts } from '../sealed.ts'
import type { World } from '../world.ts'
import { clientIdOf, command, count, originOf, type Act, type Outcome } from './act.ts'
import { canonical } from '../../domain/canonical.ts'
import { FACTORS } from '../../domain/factors.ts'
import type { Channel, Factor, IndividualId, Instant } from '../../domain/ports.ts'
import { transactionStream } from '../../domain/streams.ts'
import { plusSeconds } from '../../domain/time.ts'
import { transaction as rules } from '../../domain/transaction/decide.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'

/** How long the ID system may take to say who an identifier belongs to. */
const RESOLVE_S = 5

/** A request waits this long for the outcome of a delivery; then a "still sending" page does (rule 35). */
const DELIVERY_WAIT_MS = 10_000

export type Wish = {
  readonly factor: Factor
  readonly id: IndividualId
  /** The ways that the person chose for a message; none: the ID system chooses. */
  readonly channels?: readonly Channel[]
  /** The box "this is my own device". */
  readonly ownDevice: boolean
  /** The secret in the device's own cookie, where there is one. */
  readonly deviceSecret: string | undefined
  /** What is sealed of who it is, where that was opened for this already. */
  readonly opened?: SealedParts['person']
  /** What an unknown device brings to be let in while somebody guesses; absent where it was let in already. */
  readonly check?: Check
}

/** Why nobody is meant. */
type Missing = 'factor_unavailable' | 'transaction_expired' | 'wrong_person'

export const deliveryKey = (transaction: string, send: number): string => `delivery:${transaction}:${String(send)}`

/** Who is meant: whoever proved the first factor, else whom the identifier names now. */
const personFor = async (world: World, act: Act, { confirmed }: TransactionState, wish: Wish): Promise<KnownPerson | Missing> => {
  const { transaction, at } = act
  if (confirmed === undefined) {
    const call = { idempotencyKey: act.id, deadline: plusSeconds(at, RESOLVE_S), transaction, client: clientIdOf(act) }
    const known = await personOf(world, wish.id, call)
    return known === 'unavailable' ? 'factor_unavailable' : known
  }
  const [person, sealed] = await Promise.all([
    world.personKeys.byRef(confirmed.person),
    wish.opened ?? unseal(world, transaction, `person.${confirmed.person}`),
  ])
  if (person === undefined || sealed === undefined) return 'transaction_expired'
  return canonical(sealed.id) === canonical(wish.id) ? { person, index: sealed.index } : 'wrong_person'
}

/** The kind of such wishes for their pace: of this ID system, since one that is slower would tell its people from nobody. */
export const wishFor = ({ idSystem }: Pick<World, 'idSystem'>, factor: Factor): string => `wish-${idSystem.description.id}-${factor}`

/** Whom the ID system does not know, or refuses, it names sooner: nobody is told sooner for that (rule 22). */
const paced = async (world: World, began: Instant, { isNamed }: KnownPerson, factor: Factor): Promise<Paced> => {
  const { pace, underWay, idSystem } = world
  const kind = wishFor(world, factor)
  if (isNamed === false) {
    const [named, sent] = pace.like(kind)
    await underWay.aside(() => pace.until(began, named))
    return sent === undefined ? {} : { sent }
  }
  // Not asked who it is: for a second factor that is known.
  if (isNamed === undefined) return idSystem.system.resolve === undefined ? { named: 0 } : {}
  const named = pace.took(began)
  // Where a message follows, its delivery notes both.
  if (!FACTORS[factor].sent) pace.note(kind, [named])
  await underWay.aside(() => pace.until(began, named))
  return { named }
}

/**
 * The person says who they are and how they will prove it. Vault, then the person's stream, then the transaction (rule 10): a
 * crash in between leaves a sealed row that expires and a count that is too high.
 */
export const requestFactor = async (world: World, act: Act, wish: Wish): Promise<Outcome> => {
  const { transaction, at } = act
  const { state } = await load(world, transactions, transactionStream(transaction))
  const { check, deviceSecret } = wish
  // Before the ID system is asked and a row is written; only a device that says it is known has to be looked up for it.
  if (check !== undefined && deviceSecret === undefined && !(await mayTry(world, act, check))) return { state, refusal: 'check_needed' }
  const began = world.clock.now()
  const known = await personFor(world, act, state, wish)
  if (typeof known === 'string') return { state, refusal: known }
  const { person, index } = known
  const path = await pathOf(world, person, deviceSecret, at)
  const waits = path === 'unknown' ? { paced: await paced(world, began, known, wish.factor) } : {}
  const isStranger = check !== undefined && deviceSecret !== undefined && path === 'unknown'
  if (isStranger && !(await mayTry(world, act, check))) return { state, refusal: 'check_needed' }
  const channels = wish.channels !== undefined && wish.channels.length > 0 ? { channels: wish.channels } : {}
  const wanted = { type: 'RequestFactor', at, factor: wish.factor, person: person.ref, idType: wish.id.type, path, ...channels } as const

  // Asked beforehand, so that a wish which the transaction refuses anyway costs the person no message.
  const foreseen = rules.decide(wanted, state, rulesFor(world, act.client).rules)
  if (foreseen.refusal === undefined) {
    const until = sealedUntil(world.policy.value, state.deadline ?? at)
    const sealed = { id: wish.id, index, ownDevice: wish.ownDevice, ...waits }
    await seal(world, transaction, `person.${person.ref}`, sealed, until)
    if (FACTORS[wish.factor].sent) {
      const counted = await count(world, act, person.ref, { type: 'CountSend', at, path, transaction })
      // A device of the person's own may be told; to all others a message that is withheld looks like one to nobody (rule 22).
      if (path === 'unknown') await world.guesses.message(originOf(act))
      if (counted.refusal !== undefined && path === 'trusted') return { state, refusal: counted.refusal }
      if (counted.refusal !== undefined) await seal(world, transaction, `person.${person.ref}`, { ...sealed, withheld: true }, until)
    }
  }
  const { state: next, refusal } = await command(world, act, wanted)
  if (refusal !== undefined) return { state: next, refusal }
  if (next.delivery?.status === 'pending') await world.waiters.wait(deliveryKey(transaction, next.delivery.send), DELIVERY_WAIT_MS)
  // Whoever was never here before is written down first, which takes longer.
  if (path === 'unknown') await world.underWay.aside(() => world.pace.round(at))
  return { state: next }
}

/** The same person again: who that is stands sealed. */
export const requestAgain = async (world: World, act: Act, again: Omit<Wish, 'id' | 'ownDevice' | 'opened'>): Promise<Outcome> => {
  const { state } = await load(world, transactions, transactionStream(act.transaction))
  const person = (state.confirmed ?? state.chosen)?.person
  const sealed = person === undefined ? undefined : await unseal(world, act.transaction, `person.${person}`)
  if (sealed === undefined) return { state, refusal: 'step_out_of_order' }
  return requestFactor(world, act, { ...again, id: sealed.id, ownDevice: sealed.ownDevice, opened: sealed })
}
