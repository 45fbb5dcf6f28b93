import { Fault } from '../../../domain/ports.ts'
import type { Chance } from '../plugin.ts'

/** A uniform number of six digits: what would favour small numbers is thrown again. */
export const sixDigits = (chance: Chance): string => {
  const THROWS_MAX = 64
  const FAIR_BELOW = 4_294_000_000
  for (let thrown = 0; thrown < THROWS_MAX; thrown += 1) {
    const number = Buffer.from(chance.bytes(4)).readUInt32BE(0)
    if (number < FAIR_BELOW) return String(number % 1_000_000).padStart(6, '0')
  }
  throw new Fault('unavailable', 'chance gives no fair number')
}
