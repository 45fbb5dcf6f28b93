import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { transactionStream } from '../../domain/streams.ts'
import { stepsOf } from '../../src/login-steps.ts'
import { finish, given, signIn, TX, type Given } from '../support/given.ts'

describe('the steps of a login, told from its events', () => {
  let world: Given
  beforeEach(async () => {
    world = await given()
    await signIn(world)
  })
  afterEach(() => world.close())

  const steps = async () => stepsOf(await world.journal.read(transactionStream(TX)))
  const secondsOf = (from: string, to: string | null): number | null => (to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000)

  it('who was waited for, what the ID system was asked, how long it took and how it ended', async () => {
    await finish(world)
    expect((await steps()).map(({ step, factor, from, to, outcome }) => [step, factor, secondsOf(from, to), outcome])).to.deep.equal([
      ['open', null, 0, 'done'],
      ['prove', null, 1.5, 'done'],
      ['prove', 'pin', 0, 'done'],
      ['verify', 'pin', 0, 'wrong'],
      ['prove', 'pin', 5, 'done'],
      ['verify', 'pin', 0, 'right'],
      ['consent', null, 4, 'done'],
      ['release', null, 0, 'right'],
      ['redeem', null, 0.8, 'done'],
    ])
  })

  it('what nothing has ended is open; what ends with the login is over', async () => {
    expect((await steps()).at(-1)).to.deep.include({ step: 'redeem', to: null, outcome: null })
    world.clock.pass(600_000)
    await world.wish(TX, { type: 'ExpireAuthorization', at: world.clock.now() })
    expect((await steps()).at(-1)).to.deep.include({ step: 'redeem', outcome: 'over' })
  })
})
