import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readWish } from './args.ts'

describe('what the bench is asked for', () => {
  it('without a word it compares, at length', () => {
    expect(readWish([])).to.deep.equal({
      command: 'compare',
      quick: false,
      json: false,
      keep: false,
      users: 16,
      rounds: 5,
      seconds: 20,
      transactions: 1_000_000,
      logins: 200_000,
      store: undefined,
    })
  })

  it('--quick is shorter, and what is said besides wins', () => {
    expect(readWish(['--quick', '--json'])).to.include({ quick: true, json: true, rounds: 2, seconds: 5 })
    expect(readWish(['--quick', '--rounds', '3', '--users=64'])).to.include({ rounds: 3, users: 64 })
  })

  for (const argv of [
    ['sideways'],
    ['compare', 'more'],
    ['--users', '0'],
    ['--users', 'many'],
    ['--seconds', '100000000'],
    ['--slowly'],
    ['stores'],
  ])
    it(`refuses ${argv.join(' ')}`, () => {
      expect(() => readWish(argv)).to.throw()
    })
})
