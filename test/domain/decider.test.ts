import { expect } from 'chai'
import { describe, it } from 'mocha'
import { fold, recorded, refused, type Decider } from '../../domain/decider.ts'
import { REFUSALS } from '../../domain/refusals.ts'

const sum: Decider<number, number, unknown, number> = {
  initialState: 0,
  decide: (command) => recorded(command),
  evolve: (state, event) => state + event,
}

describe('a decision', () => {
  it('carries facts, a refusal, or both', () => {
    expect(recorded()).to.deep.equal({ events: [] })
    expect(recorded(1, 2)).to.deep.equal({ events: [1, 2] })
    expect(refused('not_found')).to.deep.equal({ events: [], refusal: 'not_found' })
    expect(refused('not_found', 1)).to.deep.equal({ events: [1], refusal: 'not_found' })
  })
})

describe('fold', () => {
  it('is the state that a history leaves, from the beginning or from a state', () => {
    expect(fold(sum, [])).to.equal(0)
    expect(fold(sum, [1, 2, 3])).to.equal(6)
    expect(fold(sum, [1, 2], 10)).to.equal(13)
  })
})

describe('refusals', () => {
  it('each word stands once, in snake case', () => {
    expect(new Set(REFUSALS).size).to.equal(REFUSALS.length)
    for (const code of REFUSALS) expect(code).to.match(/^[a-z]+(_[a-z]+)*$/)
  })
})
