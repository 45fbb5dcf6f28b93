import { expect } from 'chai'
import { describe, it } from 'mocha'
import { isToldTo } from '../../src/facts-told.ts'
import { openings } from '../../src/openings.ts'
import type { OpenIdSystem } from '../../src/world.ts'
import type { Recorded } from '../../projections/projection.ts'
import { CONSENT, signIn, TX } from '../support/given.ts'
import { house } from './http/house.ts'

describe('which ID system hears of a fact', () => {
  it('an agreement that ends is told to the ID system whose login gave it, whatever its relying party names since', async () => {
    const at = await house()
    try {
      // By way of `mock`; the relying party is with the first by now.
      await signIn(at, TX)
      const named = (id: string): OpenIdSystem => ({ ...at.world.idSystem, description: { ...at.world.idSystem.description, id } })
      const world = { ...at.world, idSystems: openings([named('country'), named('mock')]) }
      const withdrawn = {
        kind: 'consent',
        correlation: CONSENT,
        data: { client: 'shop', standing: { transaction: TX } },
      } as unknown as Recorded
      expect(await isToldTo(world, withdrawn, 'mock')).to.equal(true)
      expect(await isToldTo(world, withdrawn, 'country')).to.equal(false)
    } finally {
      await at.close()
    }
  })
})
