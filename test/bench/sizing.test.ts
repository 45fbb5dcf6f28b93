import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ASSUMED, fill, needOf, valuesOf, type Measures } from './sizing.ts'

const MEASURES: Measures = {
  loginsPerCore: 200,
  bytesPerLogin: 10_000,
  viewBytesPerLogin: 5000,
  keyBytesPerPerson: 300,
  eventsPerLogin: 15,
  rebuildEventsPerS: 50_000,
}

describe('what a country needs', () => {
  it('follows from the people, their habits and what was measured', () => {
    const need = needOf({ people: 36_500_000, loginsPerPersonAndYear: 10, busiestHour: 0.1, busiestDay: 3.6 }, MEASURES)
    expect(need.loginsPerYear).to.equal(365_000_000)
    // 1,000,000 a day x 3.6 x 10 % / 3,600 s
    expect(need.peakPerS).to.be.closeTo(100, 1e-9)
    // 200 x 50 % = 100 logins/s of a core
    expect(need.cores).to.be.closeTo(1, 1e-9)
    expect(need.nodes).to.equal(3)
    expect(need.bytesPerYear).to.equal(3.65e12)
    expect(need.viewBytesPerYear).to.equal(1.825e12)
    expect(need.keyBytes).to.equal(36_500_000 * 300)
    expect(need.rebuildS).to.equal((365_000_000 * 15) / 50_000)
  })

  it('above the least, one node more than the cores need', () => {
    expect(needOf({ people: 1.4e9, ...ASSUMED }, MEASURES).nodes).to.equal(
      Math.ceil(needOf({ people: 1.4e9, ...ASSUMED }, MEASURES).cores / 4) + 1,
    )
  })

  it('the template is filled whole', () => {
    const template = readFileSync(join(import.meta.dirname, 'sizing.template'), 'utf8')
    const page = fill(template, valuesOf(MEASURES, { machine: 'a machine', date: '2026-01-01' }))
    expect(page)
      .to.include('a machine')
      .and.not.to.match(/\{\{|NaN|undefined/)
  })

  it('a name that nothing gives is a mistake', () => {
    expect(() => fill('{{other}}', {})).to.throw('other')
  })
})
