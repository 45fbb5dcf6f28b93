import { expect } from 'chai'
import { describe, it } from 'mocha'
import { keepNewest } from '../../src/keep-newest.ts'

const MAX = 10
const KEYS = 25

describe('keep newest', () => {
  it('keeps the newest in their order, whatever is put in again or removed meanwhile', () => {
    const map = new Map<number, number>()
    let wanted: readonly number[] = []
    for (let step = 0, seed = 1; step < 5000; step += 1) {
      seed = (seed * 16_807) % 2_147_483_647
      const key = seed % KEYS
      const others = wanted.filter((other) => other !== key)
      const isRemoved = seed % 7 === 0
      if (isRemoved) map.delete(key)
      else keepNewest(map, key, step, MAX)
      wanted = isRemoved ? others : [...others, key].slice(-MAX)
      if (step % 1000 === 999) {
        map.clear()
        wanted = []
      }
      expect([...map.keys()]).to.deep.equal(wanted)
    }
  })
})
