import { expect } from 'chai'
import { describe, it } from 'mocha'
import { setImmediate as turn } from 'node:timers/promises'
import { lateness } from '../../src/lateness.ts'

describe('how late the event loop is', () => {
  it('one pause is no lateness, three looks in a row are, and it is over with the first in time', async () => {
    let now = 0
    const wakes: (() => void)[] = []
    const timers = { sleep: (_ms: number) => new Promise<void>((resolve) => void wakes.push(resolve)) }
    const late = lateness(timers, () => now)
    const look = async (afterMs: number): Promise<number> => {
      now += afterMs
      wakes.shift()?.()
      await turn()
      return late.ms()
    }
    const seen: number[] = []
    for (const afterMs of [50, 1000, 50, 50, 350, 450, 550, 50]) seen.push(await look(afterMs))
    expect(seen).to.deep.equal([0, 0, 0, 0, 0, 0, 300, 0])
    await late.close()
    wakes.shift()?.()
    await turn()
    expect(wakes).to.deep.equal([])
  })
})
