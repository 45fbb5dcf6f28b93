import { expect } from 'chai'
import { describe, it } from 'mocha'
import { turns } from '../../src/turns.ts'
import { faultOf } from '../support/fault-of.ts'

describe('turns', () => {
  it('one at a time for a key, in order, other keys beside it; an error ends its own turn only', async () => {
    const inTurn = turns(10)
    const seen: string[] = []
    const act = (name: string) => async () => {
      seen.push(`${name} begins`)
      await new Promise(setImmediate)
      seen.push(`${name} ends`)
      if (name === 'b') throw new Error('b')
      return name
    }
    const ended = await Promise.allSettled([inTurn('x', act('a')), inTurn('x', act('b')), inTurn('x', act('c')), inTurn('y', act('d'))])
    expect(ended.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(seen.filter((line) => !line.startsWith('d'))).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
    expect(seen.indexOf('d begins')).to.be.lessThan(seen.indexOf('a ends'))
  })

  it('who comes when too many wait is refused at once', async () => {
    const inTurn = turns(2)
    let open = (): void => undefined
    const held = inTurn('x', () => new Promise<void>((done) => (open = done)))
    const second = inTurn('x', async () => 'second')
    expect(await faultOf(() => inTurn('x', async () => 'third'))).to.equal('unavailable')
    open()
    await held
    expect(await second).to.equal('second')
  })
})
