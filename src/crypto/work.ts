import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { equalSecrets, hmac, randomText } from './hash.ts'
import type { Chance, Instant } from '../../domain/ports.ts'
import { instantOf, millisecondsOf } from '../../domain/time.ts'

/**
 * A proof of work: for each of eight parts a number is looked for by which PBKDF2 over the challenge begins with some zero bits. Eight
 * small searches scatter less than a large one, so nobody has bad luck for long; PBKDF2 is native code in every browser, so a
 * person's telephone is not slower at it than an attacker's program on the same processor. `src/ui/static/check.js` does the same.
 */
export const PARTS = 8
export const ROUNDS = 1000

/** A number that is not found below this was never going to be; the hardest search of 8 bits takes 256 on average. */
const NUMBER = /^\d{1,5}$/

const derive = promisify(pbkdf2)

/** Seconds that a challenge is accepted: longer than anybody needs, and shorter than a store of solutions would be worth. */
const CHALLENGE_S = 900

const SHAPE = /^([0-9]{13})\.([A-Za-z0-9_-]{22})\.([1-8])\.([A-Za-z0-9_-]{43})$/

const macOf = (key: Uint8Array, transaction: string, issued: string, nonce: string, bits: string): string =>
  hmac(key, `check:${transaction}:${issued}:${nonce}:${bits}`)

/** Needs no store: it says itself when it was made, for which transaction, and by whom. */
export const newChallenge = (key: Uint8Array, chance: Chance, transaction: string, bits: number, at: Instant): string => {
  const [issued, nonce] = [String(millisecondsOf(at)), randomText(chance, 16)]
  return [issued, nonce, String(bits), macOf(key, transaction, issued, nonce, String(bits))].join('.')
}

export type Challenge = {
  readonly text: string
  readonly nonce: string
  readonly bits: number
  readonly ageS: number
  readonly until: Instant
}

/** A challenge that was made here for this transaction and is not too old, or undefined. */
export const readChallenge = (key: Uint8Array, transaction: string, text: string, at: Instant): Challenge | undefined => {
  const [, issued = '', nonce = '', bits = '', mac = ''] = SHAPE.exec(text) ?? []
  if (!equalSecrets(mac, macOf(key, transaction, issued, nonce, bits))) return undefined
  const ageS = (millisecondsOf(at) - Number(issued)) / 1000
  if (ageS > CHALLENGE_S) return undefined
  return { text, nonce, bits: Number(bits), ageS, until: instantOf(Number(issued) + CHALLENGE_S * 1000) }
}

/** Ends at the first part that does not fit, so that a made-up solution costs a twohundredth of a second at most. */
export const isSolved = async ({ text, bits }: Challenge, solution: string): Promise<boolean> => {
  const numbers = solution.split('.', PARTS + 1)
  if (numbers.length !== PARTS || !numbers.every((number) => NUMBER.test(number))) return false
  for (const [part, number] of numbers.entries()) {
    const [first = 255] = await derive(text, `${String(part)}.${number}`, ROUNDS, 1, 'sha256')
    if (first >> (8 - bits) !== 0) return false
  }
  return true
}
