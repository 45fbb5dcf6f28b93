import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryTallies } from '../../../adapters/tallies/memory/memory-tallies.ts'
import { talliesContract } from '../../contracts/tallies.ts'
import { handClock } from '../../support/hand-clock.ts'

describe('tallies: memory', () => {
  talliesContract('memory', (clock) => ({ tallies: memoryTallies({ clock }) }))

  it('a count ends at its limit', async () => {
    const clock = handClock()
    const tallies = memoryTallies({ clock })
    await tallies.add(['a'], clock.in(1000))
    clock.pass(999)
    expect(await tallies.read(['a'])).to.deep.equal([1])
    clock.pass(1)
    expect(await tallies.read(['a'])).to.deep.equal([0])
    expect(await tallies.add(['a'], clock.in(1000))).to.deep.equal([1])
  })

  it('is bounded: the name counted longest ago makes room', async () => {
    const clock = handClock()
    const tallies = memoryTallies({ clock, namesMax: 2 })
    for (const name of ['a', 'b', 'a', 'c']) await tallies.add([name], clock.in(1000))
    expect(await tallies.read(['a', 'b', 'c'])).to.deep.equal([2, 0, 1])
  })
})
