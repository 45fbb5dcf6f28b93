import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Clock, Tallies } from '../../domain/ports.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'

export type TalliesWorld = {
  readonly tallies: Tallies
  /** Another over the same counts, as another node would have one. Absent where counts are not shared. */
  readonly again?: () => Promise<Tallies>
}

/** What counts for limits are. */
export const talliesContract = (name: string, open: (clock: Clock) => TalliesWorld | Promise<TalliesWorld>): void => {
  describe(`tallies: ${name}`, () => {
    let clock: HandClock
    let world: TalliesWorld
    const more: Tallies[] = []

    beforeEach(async () => {
      clock = handClock()
      world = await open(clock)
    })
    afterEach(async () => {
      for (const tallies of [world.tallies, ...more.splice(0)]) await tallies.close()
    })

    it('adds one to each name, and answers in their order', async () => {
      const { tallies } = world
      expect(await tallies.add(['a', 'b'], clock.in(60_000))).to.deep.equal([1, 1])
      expect(await tallies.add(['b', 'c'], clock.in(60_000))).to.deep.equal([2, 1])
      expect(await tallies.read(['c', 'nobody', 'b'])).to.deep.equal([1, 0, 2])
      expect(await tallies.read([])).to.deep.equal([])
    })

    it('of many at once none is lost', async () => {
      const { tallies } = world
      const counts = await Promise.all(Array.from({ length: 50 }, () => tallies.add(['a'], clock.in(60_000))))
      expect(counts.map(([count]) => count).sort((one = 0, other = 0) => one - other)).to.deep.equal(
        Array.from({ length: 50 }, (_, at) => at + 1),
      )
    })

    it('nodes count together where they share', async () => {
      const other = await world.again?.()
      if (other === undefined) return
      more.push(other)
      await world.tallies.add(['a'], clock.in(60_000))
      expect(await other.add(['a'], clock.in(60_000))).to.deep.equal([2])
      expect(await world.tallies.read(['a'])).to.deep.equal([2])
    })
  })
}
