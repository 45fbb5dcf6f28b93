import type { Policy } from '../../schemas/generated.ts'
import { PERSON } from '../support/rp.ts'
import { chooses, openHouse, send, type House } from './house.ts'
import { ownerOf, type Owner, type OwnerLogin } from './owner.ts'

const DAY_S = 86_400

/** Guesses at many people without work: about thirty failures an hour are what the breaker takes for an ordinary day. */
export const FREE_IN_A_DAY = 24 * 32
const HOURS = 24

/** Logins of the owner before the attack: what is usual. */
const CALM = 12

/** Guesses at one person that rule 21 lets through in so many seconds. */
export const boundOf = ({ limits }: Policy, seconds: number): number => {
  const { free, firstWaitS, longestWaitS, failuresMax } = limits.unknown
  let [guesses, passed] = [free, 0]
  // The first guess beyond the free ones is made at once; each wait follows a failure.
  for (; guesses < failuresMax && passed <= seconds; guesses += 1) passed += Math.min(firstWaitS * 2 ** (guesses - free), longestWaitS)
  return guesses
}

export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

export type Report = {
  readonly tries: number
  /** Proofs of the attacker that the ID system was asked about. */
  readonly guesses: number
  readonly refusedByCheck: number
  readonly calm: readonly OwnerLogin[]
  readonly owner: readonly OwnerLogin[]
}

type Attack = (house: House, number: number) => Promise<'tried' | 'checked'>

const addressOf = (number: number): string => `10.${String((number >> 8) & 255)}.${String(number & 255)}.${String(number % 250)}`

/** The owner's identifier, three guesses in a login, from another network each time; whatever work is asked for is done. */
const atOne: Attack = async (house, number) => {
  const browser = house.at(addressOf(number))
  const { page } = await house.login(browser)
  let next = await chooses(browser, page, PERSON.id, true)
  for (let guess = 0; guess < 3 && next.has('form-pin'); guess += 1)
    next = await send(browser, next, 'form-pin', { pin: String(100_000 + ((3 * number + guess) % 400_000)) })
  return 'tried'
}

/** One guess at each of many identifiers, without paying. */
const atMany: Attack = async (house, number) => {
  const browser = house.at(addressOf(number % 10_000))
  const { page } = await house.login(browser)
  const next = await chooses(browser, page, String(9_000_000_000 + number), false)
  if (next.has('form-check')) return 'checked'
  await send(browser, next, 'form-pin', { pin: '123456' })
  return 'tried'
}

/** Everybody else: in each hour a hundred proofs from unknown devices all over the country, of which twelve are mistyped. */
const others = async ({ broker }: House, hour: number): Promise<void> => {
  for (let index = 0; index < 100; index += 1) {
    const network = `172.${String(hour)}.${String(index)}.0/24`
    await broker.world.guesses.proof({ network, client: `service-${String(index % 20)}` }, index >= 12)
  }
}

const run = async (attack: Attack, tries: number, shown: (hour: number) => void): Promise<Report> => {
  const house = await openHouse()
  try {
    const owner: Owner = await ownerOf(house)
    const calm: OwnerLogin[] = []
    for (let login = 0; login < CALM; login += 1) calm.push(await owner.signIn())
    const logins: OwnerLogin[] = []
    let refusedByCheck = 0
    for (let number = 0; number < tries; number += 1) {
      const hour = Math.floor((number * HOURS) / tries)
      if (hour >= logins.length) {
        await others(house, hour)
        logins.push(await owner.signIn())
        shown(hour)
      }
      if ((await attack(house, number)) === 'checked') refusedByCheck += 1
      await house.time.pass(DAY_S / tries)
    }
    const guesses = house.asked.filter(({ id, proof }) => !(id === PERSON.id && proof === PERSON.pin)).length
    return { tries, guesses, refusedByCheck, calm, owner: logins }
  } finally {
    await house.end()
  }
}

/** SEC-01: 24 hours, somebody with the identifier and one address for each login. */
export const dayAtOne = (addresses: number, shown: (hour: number) => void = () => undefined): Promise<Report> =>
  run(atOne, addresses, shown)

/** The same day, and one guess at each of so many identifiers. */
export const dayAtMany = (ids: number, shown: (hour: number) => void = () => undefined): Promise<Report> => run(atMany, ids, shown)
