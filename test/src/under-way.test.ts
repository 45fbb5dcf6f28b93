import { expect } from 'chai'
import { describe, it } from 'mocha'
import { askedAside, underWay, waitedAside } from '../../src/under-way.ts'

describe('requests under way', () => {
  it('are full beyond their number, and not at it', () => {
    const requests = underWay(2)
    for (const full of [false, false, true]) {
      requests.begin()
      expect(requests.isFull()).to.equal(full)
    }
    requests.end()
    expect(requests.isFull()).to.equal(false)
  })

  it('are full where the event loop is late, whatever their number, and who is turned away is told', () => {
    let [isLate, turnedAway] = [false, 0]
    const requests = underWay(2, { isLate: () => isLate, onFull: () => (turnedAway += 1) })
    expect(requests.isFull()).to.equal(false)
    isLate = true
    expect(requests.isFull()).to.equal(true)
    isLate = false
    expect(requests.isFull()).to.equal(false)
    expect(turnedAway).to.equal(1)
  })

  it('that wait for the ID system, or for a delivery, do not count, however they end', async () => {
    const requests = underWay(1)
    requests.begin()
    requests.begin()
    const seen: boolean[] = []
    const look = async (): Promise<never> => {
      seen.push(requests.isFull())
      throw new Error('down')
    }
    const system = askedAside(
      { resolve: look, verify: look, release: look, health: async () => ({ status: 'up' }), close: async () => undefined },
      requests,
    )
    const waiting = waitedAside({ wait: (_key: string, _ms: number) => look() }, requests)
    const asked = { id: { type: 'uin', value: '1' } } as never
    for (const ask of [system.resolve, system.verify, system.release]) await ask?.(asked).catch(() => undefined)
    await waiting.wait('key', 1).catch(() => undefined)
    expect(seen).to.deep.equal([false, false, false, false])
    expect(requests.isFull()).to.equal(true)
    expect(system).not.to.have.property('send')
  })
})
