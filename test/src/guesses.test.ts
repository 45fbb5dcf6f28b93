import { expect } from 'chai'
import { beforeEach, describe, it } from 'mocha'
import { memoryTallies } from '../../adapters/tallies/memory/memory-tallies.ts'
import type { Json, Log, Tallies } from '../../domain/ports.ts'
import { guesses, type Guesses } from '../../src/guesses.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'

const HOUR = 3_600_000
const limits = { postsPerMinute: 10, waitsPerMinute: 2, waitsPerMinuteAll: 3, key: new Uint8Array(32) }

describe('what is counted of guessing beyond persons (rule 21, 6.3)', () => {
  let clock: HandClock
  let tallies: Tallies
  let names: string[]
  let told: (readonly [string, Readonly<Record<string, Json>> | undefined])[]
  let seen: Guesses

  beforeEach(() => {
    clock = handClock('2026-11-24T12:00:00.000Z')
    names = []
    told = []
    const inner = memoryTallies({ clock })
    tallies = {
      ...inner,
      add: (all, until) => {
        names.push(...all)
        return inner.add(all, until)
      },
    }
    const log: Log = { info: () => undefined, warn: (event, fields) => void told.push([event, fields]), error: () => undefined }
    seen = guesses({ ...limits, tallies, clock, log })
  })

  const network = (number: number): string => `10.${String(number >> 8)}.${String(number & 255)}.0/24`
  const tries = async (wrong: number, right: number, at = (_index: number) => network(0), client = 'shop'): Promise<void> => {
    for (let index = 0; index < wrong + right; index += 1) await seen.proof({ network: at(index), client }, index >= wrong)
  }
  const attacked = (at = network(0), client = 'shop'): Promise<boolean> => seen.attacked({ network: at, client })
  const here = { network: network(0), client: 'shop' }

  it('people who mistype are no attack, however many they are', async () => {
    await tries(60, 340)
    expect(await attacked()).to.be.false
  })

  it('one secret tried on many people from one network: that network, and no other', async () => {
    await tries(29, 0)
    expect(await attacked(), 'too few to say anything').to.be.false
    await tries(20, 0, (index) => network(1 + index), 'other')
    await tries(1, 300, (index) => (index === 0 ? network(0) : network(1 + index)), 'other')
    await tries(0, 300, (index) => network(500 + index))
    clock.pass(6000)
    expect(await attacked()).to.be.true
    expect(await attacked(network(999))).to.be.false
    expect(told).to.deep.equal([['guessing_seen', { of: 'network', attempts: 30, failures: 30 }]])
  })

  it('from ten thousand networks, one try each: the relying party it goes by, and when it is most of all, everybody', async () => {
    await tries(0, 2000, (index) => network(20_000 + index), 'bank')
    await tries(40, 0, (index) => network(index))
    clock.pass(6000)
    expect(await attacked(network(9999), 'bank')).to.be.false
    expect(await attacked(network(9999))).to.be.true
    await tries(900, 0, (index) => network(index))
    clock.pass(6000)
    expect(await attacked(network(9999), 'bank')).to.be.true
  })

  it('it is over by itself an hour or two after it ended, and said in one line each', async () => {
    await tries(100, 0, () => network(0))
    expect(await attacked()).to.be.true
    expect(await attacked()).to.be.true
    clock.pass(2 * HOUR)
    expect(await attacked()).to.be.false
    expect(told.map(([event, fields]) => `${event} ${JSON.stringify(fields?.['of'])}`).sort()).to.deep.equal([
      'guessing_over "client"',
      'guessing_over "everybody"',
      'guessing_over "network"',
      'guessing_seen "client"',
      'guessing_seen "everybody"',
      'guessing_seen "network"',
    ])
  })

  it('what is usual is the same hour of the seven days before, within bounds', async () => {
    for (let day = 0; day < 7; day += 1) {
      await tries(30, 70, (index) => network(100 * day + index), 'bank')
      clock.pass(24 * HOUR)
    }
    await tries(40, 60, (index) => network(5000 + index), 'bank')
    expect(await attacked(network(9999), 'bank'), 'a third is wrong here every day').to.be.false
    await tries(160, 20, (index) => network(6000 + index), 'bank')
    clock.pass(6000)
    expect(await attacked(network(9999), 'bank')).to.be.true
  })

  it('messages that nobody answers from one network; those that lead to a sign-in are none', async () => {
    for (let message = 0; message < 200; message += 1) await seen.message(here)
    await tries(0, 190)
    expect(await attacked()).to.be.false
    for (let message = 0; message < 60; message += 1) await seen.message({ ...here, network: network(7) })
    expect(await attacked(network(7))).to.be.false
    await seen.message({ ...here, network: network(7) })
    expect(await attacked(network(7))).to.be.true
  })

  it('posts of a network in a minute; beyond it says when there is room', async () => {
    for (let post = 0; post < 10; post += 1) expect((await seen.post(network(0))).ok).to.be.true
    clock.pass(15_000)
    expect(await seen.post(network(0))).to.deep.equal({ ok: false, retryAfterS: 45 })
    expect((await seen.post(network(1))).ok).to.be.true
    clock.pass(120_000)
    expect((await seen.post(network(0))).ok).to.be.true
  })

  it('whoever waits is let in so many a minute: of one network, and of all', async () => {
    expect([await seen.admit(network(0)), await seen.admit(network(0)), await seen.admit(network(0))]).to.deep.equal([true, true, false])
    expect([await seen.admit(network(1)), await seen.admit(network(2))], 'three in all').to.deep.equal([false, false])
    clock.pass(60_000)
    expect(await seen.admit(network(0))).to.be.true
  })

  it('no address stands in any name, and tomorrow’s name of a network is another', async () => {
    await tries(1, 0)
    await seen.post(network(0))
    expect(names.join(' ')).not.to.match(/10\.0|network|shop/)
    expect(names.every((name) => /^[\w-]{43}$/.test(name))).to.be.true
    const [first] = names
    names.length = 0
    clock.pass(24 * HOUR)
    await tries(1, 0)
    expect(names).not.to.include(first)
  })

  it('nothing begins anew at midnight', async () => {
    clock.pass(11.9 * HOUR)
    await tries(60, 0)
    clock.pass(0.2 * HOUR)
    expect(await attacked()).to.be.true
  })
})
