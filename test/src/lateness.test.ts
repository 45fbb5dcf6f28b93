import { expect } from 'chai'
import { describe, it } from 'mocha'
import { setImmediate as turn } from 'node:timers/promises'
import { lateness } from '../../src/lateness.ts'

describe('how late the event loop is', () => {
  it('what was due and did not come yet counts, and what came late until the next look', async () => {
    let now = 0
    const wakes: (() => void)[] = []
    const timers = { sleep: (_ms: number) => new Promise<void>((resolve) => void wakes.push(resolve)) }
    const late = lateness(timers, () => now)
    expect(late.ms()).to.be.at.most(0)
    now = 350
    expect(late.ms()).to.equal(300)
    wakes.shift()?.()
    await turn()
    expect(late.ms()).to.equal(300)
    now = 400
    wakes.shift()?.()
    await turn()
    expect(late.ms()).to.equal(0)
    await late.close()
    wakes.shift()?.()
    await turn()
    expect(wakes).to.deep.equal([])
  })
})
