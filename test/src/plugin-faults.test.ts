import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { until } from '../support/broker.ts'
import { house, type House } from '../plugin-faults/house.ts'
import { suffering } from '../plugin-faults/run.ts'

/** A small one of `npm run plugin:faults`, which measures besides how long logins take. */
describe('one plugin is killed, hung, spun and flooded while people sign in with another (rule 42)', function () {
  this.timeout(300_000)
  let place: House

  before(async () => {
    place = await house()
  })
  after(() => place.end())

  it('no login with the other fails; those that met it go on to their end; breaker and parked facts are shown by command', async () => {
    const { ms, failed, tried, stuck, again, recovered, breaker, ended } = await suffering(
      place,
      ['exits', 'spins', 'hangs', 'floods the broker'],
      24,
    )
    expect(failed).to.deep.equal([])
    expect(ms).to.have.length(24)
    expect([tried > 0, stuck, again > 0, recovered]).to.deep.equal([true, 0, true, again])
    expect([breaker, ended > 0]).to.deep.equal([true, true])
    // It threw at what it was told of the logins that went on.
    await until('what it could not follow', async () => (await place.cli('parked', 'list', '--json')).includes('plugin-wild'), 60_000)
  })
})
