import { expect } from 'chai'
import { describe, it } from 'mocha'
import { deadlines } from '../../../src/reactors/deadlines.ts'
import type { World } from '../../../src/world.ts'
import { house } from '../http/house.ts'

describe('the sweeper', () => {
  /** A store in which attackers left this many rows; a call deletes at most 1,000. */
  const pile = (rows: number) => {
    const store = { rows, calls: 0 }
    return {
      store,
      sweep: async () => {
        const swept = Math.min(store.rows, 1000)
        store.rows -= swept
        store.calls += 1
        return swept
      },
    }
  }

  it('goes on until nothing is left, in a bounded number of rounds', async () => {
    const own = await house()
    await own.views.open('live', 1, { transactions: { key: 'transaction', indexes: ['deadline'] } })
    const [vault, singleUse, personKeys] = [pile(4500), pile(0), pile(1_000_000)]
    const { world } = own
    const swept = {
      ...world,
      vault: { ...world.vault, sweep: vault.sweep },
      singleUse: { ...world.singleUse, sweep: singleUse.sweep },
      personKeys: { ...world.personKeys, sweep: personKeys.sweep },
      timers: { sleep: async () => undefined },
    } satisfies World
    await deadlines.turn(swept)
    expect(vault.store).to.deep.equal({ rows: 0, calls: 5 })
    expect(singleUse.store.calls).to.equal(1)
    expect(personKeys.store.calls).to.be.within(10, 100)
    await own.close()
  })
})
