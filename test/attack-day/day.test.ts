import { expect } from 'chai'
import { describe, it } from 'mocha'
import { policy } from '../domain/samples.ts'
import { boundOf, dayAtMany, dayAtOne, FREE_IN_A_DAY } from './day.ts'

describe('SEC-01: a day of guessing, in small (npm run attack:day goes on for longer)', () => {
  it('rule 21 allows 36 guesses at one person in a day, and 100 in thirty', () => {
    expect(boundOf(policy, 86_400)).to.equal(36)
    expect(boundOf(policy, 30 * 86_400)).to.equal(100)
  })

  it('the identifier and an address for each try: no more guesses than that, and the owner signs in as ever', async () => {
    const { guesses, owner } = await dayAtOne(60)
    expect(guesses).to.be.within(10, boundOf(policy, 86_400))
    expect(owner).to.have.length(24)
    expect(owner.every(({ arrived, checks }) => arrived && checks === 0)).to.be.true
  }).timeout(120_000)

  it('one guess at each of many identifiers: unknown devices are told to work or to wait, the owner is not', async () => {
    const { guesses, refusedByCheck, owner } = await dayAtMany(1200)
    expect(guesses + refusedByCheck).to.equal(1200)
    expect(guesses).to.be.at.most(FREE_IN_A_DAY)
    expect(owner.every(({ arrived, checks }) => arrived && checks === 0)).to.be.true
  }).timeout(240_000)
})
