import { pbkdf2Sync } from 'node:crypto'
import { PARTS, ROUNDS } from '../../src/crypto/work.ts'

/** What the page's script computes. */
export const solve = (challenge: string): string => {
  const bits = Number(challenge.split('.')[2])
  const found = Array.from({ length: PARTS }, (_, part) => {
    for (let number = 0; ; number += 1)
      if ((pbkdf2Sync(challenge, `${part}.${number}`, ROUNDS, 1, 'sha256')[0] ?? 255) >> (8 - bits) === 0) return number
  })
  return found.join('.')
}
