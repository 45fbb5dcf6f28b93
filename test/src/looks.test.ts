import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { recordLook } from '../../src/looks.ts'
import { systemChance } from '../support/chance.ts'
import { faultOf } from '../support/fault-of.ts'
import { given, type Given } from '../support/given.ts'

describe('REG-15: looks are events', () => {
  let world: Given
  const LOOK = { actor: 'j.doe', purpose: 'complaint about a consent', case: 'DPA-2026/17', what: 'consent_history' }

  before(async () => {
    world = await given()
  })
  after(() => world.close())

  const kept = async () => (await world.all()).filter((message) => message.kind === 'event' && message.event.kind === 'look').length

  it('one event a look, the same id once', async () => {
    const id = systemChance.uuid()
    await recordLook(world, { ...LOOK, id, at: world.clock.now() })
    await recordLook(world, { ...LOOK, id, at: world.clock.now() })
    expect(await kept()).to.equal(1)
    await recordLook(world, { ...LOOK, id: systemChance.uuid(), at: world.clock.now() })
    expect(await kept()).to.equal(2)
  })

  it('a number in the purpose, where an identifier could stand, is not taken', async () => {
    const look = { ...LOOK, id: systemChance.uuid(), at: world.clock.now(), purpose: 'about 8267411571' }
    expect(await faultOf(() => recordLook(world, look))).to.equal('invalid')
  })
})
