import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { histogram } from '../../src/histogram.ts'

describe('percentiles in little memory', () => {
  it('are those of the sorted list, to one percent', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 300 }), (lengths) => {
        const lengthsOf = histogram()
        for (const ms of lengths) lengthsOf.add(ms)
        const sorted = lengths.toSorted((a, b) => a - b)
        for (const part of [0.5, 0.95, 0.999, 1]) {
          const exact = sorted[Math.ceil(part * sorted.length) - 1]!
          expect(Math.abs(lengthsOf.percentile(part)! - exact)).to.be.at.most(Math.max(1, exact * 0.01))
        }
      }),
    )
  })

  it('of nothing there is none', () => {
    expect(histogram().percentile(0.5)).to.equal(undefined)
    expect(histogram().count()).to.equal(0)
  })
})
