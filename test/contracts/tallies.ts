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

    it('what is noted counts as what is added, and others are read with it', async () => {
      const { tallies } = world
      await tallies.add(['b', 'c'], clock.in(60_000))
      expect(await tallies.note(['a', 'b'], clock.in(60_000), ['c', 'nobody'])).to.deep.equal([1, 2, 1, 0])
      expect(await tallies.add(['a'], clock.in(60_000))).to.deep.equal([2])
      expect(await tallies.read(['a', 'b', 'c'])).to.deep.equal([2, 2, 1])
    })

    it('of a limit no node misses more than eight, however many nodes note at once', async () => {
      const LIMIT = 10
      const nodes = [world.tallies]
      for (const again of [world.again, world.again]) {
        const other = await again?.()
        if (other === undefined) continue
        more.push(other)
        nodes.push(other)
      }
      const noted = nodes.map(({ note }) => Promise.all(Array.from({ length: 100 }, () => note(['a'], clock.in(60_000)))))
      const counts = await Promise.all(noted)
      for (const one of counts) {
        const within = one.filter(([count = 0]) => count <= LIMIT).length
        expect(within).to.be.at.most(LIMIT)
      }
      const within = counts.flat().filter(([count = 0]) => count <= LIMIT).length
      expect(within).to.be.at.most(LIMIT + (nodes.length === 1 ? 0 : 8 * nodes.length))
      for (const { note } of nodes) expect((await note(['a'], clock.in(60_000)))[0]).to.be.above(LIMIT)
      // Whoever reads has its own notes answered first.
      for (const { read } of nodes) await read(['a'])
      expect((await world.tallies.read(['a']))[0]).to.equal(nodes.length * 101)
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
