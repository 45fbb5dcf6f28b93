import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { follow } from '../../src/reactors/follow.ts'
import { pluginGroup } from '../../src/reactors/plugin-events.ts'
import type { ParkedMessage } from '../../src/parked.ts'
import type { Funnel, Statistics } from '../../src/statistics.ts'
import type { Stuck } from '../../src/stuck.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { until } from '../support/broker.ts'
import { quickTimers } from '../src/worlds.ts'
import { begin, newParty, PERSON, register, signIn, tokensOf, type Party } from '../support/rp.ts'

describe('An operator at the command line, beside a broker that runs', function () {
  this.timeout(120_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
    await tokensOf(here, await signIn(here, shop), shop)
  })
  after(() => here.end())

  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await here.cli(args)
    expect(code, `${args.join(' ')}: ${out}${err}`).to.equal(0)
    return out
  }

  it('4.3 finds what a consumer group and a plugin’s subscription parked, hands one back and drops the other', async () => {
    const { world } = here.broker
    const broken = new Set(['a group', 'a plugin'])
    const handled: string[] = []
    const group = world.journal.store.consume({ group: 'messages', filter: { types: ['TokenExchanged'] } }, async () => {
      if (broken.has('a group')) return { kind: 'park', reason: 'nobody takes it' }
      handled.push('a group')
      return { kind: 'done' }
    })
    const plugin = pluginGroup(world.idSystem.description.id)
    const following = await follow(
      { ...world, timers: quickTimers() },
      {
        name: plugin,
        types: ['TokenExchanged'],
        handler: async () => {
          if (broken.has('a plugin')) throw new TypeError(`no ${PERSON.id}`)
          handled.push('a plugin')
        },
      },
    )
    await until('a group that parks', async () => (await world.journal.store.parked('messages')).length === 1)
    await until('a plugin that gives up', async () => (await world.views.count(plugin, 'parked')) === 1)
    const [first, second] = JSON.parse(await ok('parked', 'list', '--json')) as readonly ParkedMessage[]
    expect([first?.group, first?.reason, second?.group, second?.reason]).to.deep.equal(['messages', 'nobody takes it', plugin, 'TypeError'])
    expect(await ok('parked', 'show', plugin, second!.event)).not.to.include(PERSON.id)
    broken.clear()
    await ok('parked', 'retry', plugin, second!.event, '--reason', 'the plugin was mended')
    await until('the plugin to take it', async () => (await world.views.count(plugin, 'parked')) === 0)
    await ok('parked', 'drop', 'messages', first!.event, '--reason', 'the sign-in is over')
    expect(await ok('parked', 'list')).to.match(/^Nothing is parked by .*plugin-mock\.\n$/)
    expect(handled).to.deep.equal(['a plugin'])
    await Promise.all([group.stop(), following.stop()])
  })

  it('4.3 sees a sign-in in which nothing happens any more, and that it is over', async () => {
    const begun = await begin(here, shop)
    const stuck = async () => {
      const { code, out } = await here.cli(['tx', 'stuck', '--older', '1s', '--json'])
      const found = JSON.parse(out) as readonly Stuck[]
      expect(code).to.equal(found.length === 0 ? 0 : 1)
      return found.find(({ transaction }) => transaction === begun.transaction)
    }
    const found = await until('the sign-in to be silent for a second', stuck)
    expect([found.rules[0], found.client, found.step]).to.deep.equal(['silent', 'shop', 'prove'])
    await begun.browser.submit(begun.page, 'form-cancel')
    expect(await stuck()).to.equal(undefined)
  })

  it('4.3 says how far sign-ins came, by relying party and hour, while they are done', async () => {
    const told = JSON.parse(await ok('stats', '--client', 'shop', '--json')) as Statistics
    // One went on to tokens; the other was left, and perhaps began in another hour.
    const sum = (name: keyof Funnel) => told.funnel.reduce((all, row) => all + row[name], 0)
    expect([sum('started'), sum('authenticated'), sum('exchanged')]).to.deep.equal([2, 1, 1])
    expect(told.factors.map(({ factor, what, right }) => [factor, what, right])).to.deep.equal([['pin', 'verify', 1]])
    expect(told.errors).to.deep.equal([{ client: 'shop', error: 'cancelled', signIns: 1 }])
    expect(await ok('stats', '--client', 'shop')).to.match(/^tokens +█+░+ 1 {2}50 %$/m)
  })
})
