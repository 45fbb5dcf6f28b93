import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { epochSeconds, instantOf, millisecondsOf, plusDays, plusSeconds, secondsUntil } from '../../domain/time.ts'

const FIRST = Date.parse('1970-01-01T00:00:00.000Z')
const LAST = Date.parse('2200-12-31T23:59:59.999Z')
const moment = fc.integer({ min: FIRST, max: LAST })
const iso = (ms: number): string => new Date(ms).toISOString()

describe('time without a clock', () => {
  it('rule 3: says what Date says, 1970 to 2200', () => {
    fc.assert(
      fc.property(moment, (ms) => {
        expect(instantOf(ms)).to.equal(iso(ms))
        expect(millisecondsOf(iso(ms))).to.equal(ms)
      }),
      { numRuns: 1000 },
    )
  })

  it('every day of 1970 to 2200, at its first and last millisecond', () => {
    const wrong: string[] = []
    for (let ms = FIRST; ms < LAST; ms += 86_400_000) {
      for (const edge of [ms, ms + 86_399_999])
        if (instantOf(edge) !== iso(edge) || millisecondsOf(iso(edge)) !== edge) wrong.push(iso(edge))
    }
    expect(wrong).to.deep.equal([])
  })

  it('leap days: 2000 and 2400 have one, 2100 and 2200 have none', () => {
    expect(plusDays('2000-02-28T12:00:00.000Z', 1)).to.equal('2000-02-29T12:00:00.000Z')
    expect(plusDays('2024-02-29T12:00:00.000Z', 365)).to.equal('2025-02-28T12:00:00.000Z')
    expect(plusDays('2100-02-28T12:00:00.000Z', 1)).to.equal('2100-03-01T12:00:00.000Z')
    expect(plusDays('2200-02-28T12:00:00.000Z', 1)).to.equal('2200-03-01T12:00:00.000Z')
    expect(plusDays('2400-02-28T12:00:00.000Z', 1)).to.equal('2400-02-29T12:00:00.000Z')
  })

  it('adds whole seconds and days as Date does', () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: 0, max: 1_000_000_000 }), fc.integer({ min: 0, max: 3650 }), (ms, added, days) => {
        expect(plusSeconds(iso(ms), added)).to.equal(iso(ms + added * 1000))
        expect(plusDays(iso(ms), days)).to.equal(iso(ms + days * 86_400_000))
      }),
      { numRuns: 1000 },
    )
  })

  it('compares as a string', () => {
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        expect(instantOf(one) < instantOf(other)).to.equal(one < other)
      }),
      { numRuns: 300 },
    )
  })

  it('seconds until a later instant are whole, rounded up, and never negative', () => {
    const noon = '2026-11-24T12:00:00.000Z'
    expect(secondsUntil(noon, '2026-11-24T12:00:10.000Z')).to.equal(10)
    expect(secondsUntil(noon, '2026-11-24T12:00:10.001Z')).to.equal(11)
    expect(secondsUntil(noon, noon)).to.equal(0)
    expect(secondsUntil(noon, '2026-11-24T11:00:00.000Z')).to.equal(0)
  })

  it('RFC 7519 §2: NumericDate counts whole seconds', () => {
    expect(epochSeconds('1970-01-01T00:00:00.999Z')).to.equal(0)
    fc.assert(fc.property(moment, (ms) => epochSeconds(iso(ms)) === Math.floor(ms / 1000)))
  })
})
