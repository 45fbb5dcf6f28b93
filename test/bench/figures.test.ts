import { expect } from 'chai'
import { describe, it } from 'mocha'
import { median, percentile, ratioOf, round, spreadOf } from './figures.ts'

const NUMBERS = Array.from({ length: 100 }, (_, n) => 100 - n)

describe('the arithmetic of the bench', () => {
  it('a percentile is the smallest value that the share is not above, in any order', () => {
    expect([percentile(NUMBERS, 0.5), percentile(NUMBERS, 0.99), percentile(NUMBERS, 1)]).to.deep.equal([50, 99, 100])
    expect(percentile([7], 0.99)).to.equal(7)
    expect(percentile([], 0.5)).to.be.NaN
  })

  it('a median of an even number lies between the two in the middle', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).to.deep.equal([2, 2.5])
  })

  it('a spread names the median and both ends', () => {
    expect(spreadOf([5, 1, 3])).to.deep.equal({ median: 3, low: 1, high: 5 })
  })

  it('a ratio is taken round by round, so that a slow minute for both changes nothing', () => {
    expect(ratioOf([20, 10, 40], [10, 5, 20])).to.deep.equal({ median: 2, low: 2, high: 2 })
  })

  it('rounds to digits', () => {
    expect([round(1.2345, 2), round(15.5)]).to.deep.equal([1.23, 16])
  })
})
