import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { StoreHealth } from '../../../domain/ports.ts'
import { standingMetrics } from '../../../src/telemetry/standing.ts'
import { house } from '../http/house.ts'

describe('what is read when somebody asks', () => {
  it('how often following a server of events was begun anew, where there is such a server', async () => {
    const place = await house()
    const { world } = place
    let health: StoreHealth = { status: 'up' }
    const store = { ...world.journal.store, health: () => health }
    standingMetrics({ ...world, journal: { ...world.journal, store } }, { runners: [], followers: [] })
    const told = () => /^idp_store_resubscriptions_total(.*)$/m.exec(world.observer.registry.text())?.[1]
    expect(told()).to.equal(undefined)
    health = { status: 'up', resubscribed: 3 }
    expect(told()).to.equal(' 3')
    await place.close()
  })
})
