import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { ConsumeOutcome } from '../../domain/ports.ts'
import type { Recorded } from '../../projections/projection.ts'
import { actOnParked, findParked, parkedMessages, type ParkedMessage, type ParkedTools } from '../../src/parked.ts'
import { pluginGroup } from '../../src/reactors/plugin-events.ts'
import { follow } from '../../src/reactors/follow.ts'
import type { World } from '../../src/world.ts'
import { until } from '../contracts/event-store.ts'
import { given, PERSON, recordedOf, signIn, TX, type Given } from '../support/given.ts'
import { commandLine, PLUGIN, type Ran } from '../support/machine.ts'
import { quickTimers } from './worlds.ts'

const FOLLOWER = pluginGroup(PLUGIN.id)
const REASON = ['--reason', 'the ID system answers again']
const ID = '00000000-0000-4000-8000-00000000aaaa'

describe('what could not be handled: parked list, show, retry and drop (4.3, rule 37)', () => {
  let world: Given
  let run: (line: string | readonly string[]) => Promise<Ran>
  /** Events that are refused; what is not is handled. */
  let broken: Set<string>
  let handled: string[]
  let stops: (() => Promise<void>)[]

  beforeEach(async () => {
    world = await given()
    run = commandLine(world)
    broken = new Set(['FactorAttempted', 'Authenticated'])
    handled = []
    stops = []
    await signIn(world)
  })
  afterEach(async () => {
    for (const stop of stops) await stop()
    await world.close()
  })

  /** A consumer group of the store, as deliveries are. */
  const consume = (): void => {
    const subscription = world.store.consume(
      { group: 'deliveries', filter: { types: ['FactorAttempted'] } },
      async ({ id, type }): Promise<ConsumeOutcome> => {
        if (broken.has(type)) return { kind: 'park', reason: 'no such channel' }
        handled.push(id)
        return { kind: 'done' }
      },
    )
    stops.push(() => subscription.stop())
  }

  /** What a plugin's subscription is. */
  const following = async () => {
    const follower = await follow({ ...world, timers: quickTimers() } as unknown as World, {
      name: FOLLOWER,
      types: ['Authenticated', 'ConsentGiven'],
      handler: async ({ id, type }: Recorded) => {
        if (broken.has(type)) throw new RangeError(`cannot take ${PERSON}`)
        handled.push(id)
      },
    })
    stops.push(() => follower.stop())
    return follower
  }

  const tools = (): ParkedTools => ({ ...world, followers: [FOLLOWER] })
  const parked = async (): Promise<readonly ParkedMessage[]> => {
    const found: ParkedMessage[] = []
    for await (const message of parkedMessages(tools())) found.push(message)
    return found
  }
  const isParked = (count: number) => until(async () => (await parked()).length === count, `${String(count)} events to be parked`)
  /** A consumer looks again when its clock says so. */
  const isHandled = (count: number) =>
    until(
      () => {
        world.clock.pass(100)
        return handled.length === count
      },
      `${String(count)} events to be handled`,
    )
  const acts = async () =>
    recordedOf(await world.all())
      .filter(({ kind }) => kind === 'parked')
      .map(({ type, data, correlation }) => [type, data['group'], data['actor'], data['reason'], correlation])

  it('lists what consumer groups and plugin subscriptions parked, with reason, tries and sign-in', async () => {
    expect((await run('parked list')).out).to.match(/^Nothing is parked by completions,.*\.\n$/)
    consume()
    await following()
    await isParked(3)
    const told = (await run('parked list --json')).json() as readonly ParkedMessage[]
    expect(told.map(({ group, type, reason, tries, correlation }) => [group, type, reason, tries, correlation])).to.deep.equal([
      ['deliveries', 'FactorAttempted', 'no such channel', 1, TX],
      ['deliveries', 'FactorAttempted', 'no such channel', 1, TX],
      [FOLLOWER, 'Authenticated', 'RangeError', 5, TX],
    ])
    const { out } = await run('parked list --group deliveries')
    expect(out).to.match(/^EVENT +GROUP +WHAT AND WHY$/m)
    expect(out.replaceAll(/\s+/g, ' ')).to.include('no such channel; 1 tries')
    expect(out).not.to.include(FOLLOWER)
    expect((await run('parked list --group nobody')).code).to.equal(2)
  })

  it('rule 1: shows where an event stands and why, and nothing of what it holds', async () => {
    await following()
    await isParked(1)
    const [message] = await parked()
    for (const options of [[], ['--json']]) {
      const { code, out, err } = await run(['parked', 'show', FOLLOWER, message!.event, ...options])
      expect(code, err).to.equal(0)
      expect(out).to.include('RangeError').and.to.include(TX)
      expect(out).not.to.include(PERSON)
    }
    expect((await run(['parked', 'show', FOLLOWER, ID])).code).to.equal(1)
    expect((await run(['parked', 'show', FOLLOWER, 'x'])).code).to.equal(2)
  })

  it('REG-16: a retry goes back to its group, and who wished it and why is recorded', async () => {
    consume()
    await isParked(2)
    broken.clear()
    const [first] = await parked()
    const { code, err } = await run(['parked', 'retry', 'deliveries', first!.event, '--actor', 'j.doe', ...REASON])
    expect(code, err).to.equal(0)
    await isHandled(1)
    expect(handled).to.deep.equal([first!.event])
    expect((await run(['parked', 'retry', 'deliveries', '--all', '--actor', 'j.doe', ...REASON])).code).to.equal(0)
    await isHandled(2)
    expect(await parked()).to.deep.equal([])
    expect(await acts()).to.deep.equal(Array.from({ length: 2 }, () => ['ParkedRetried', 'deliveries', 'j.doe', REASON[1], TX]))
  })

  it('REG-16: a drop is recorded and final', async () => {
    consume()
    await isParked(2)
    const [first, second] = await parked()
    const { code, out } = await run(['parked', 'drop', 'deliveries', first!.event, ...REASON])
    expect([code, out.includes('is dropped')]).to.deep.equal([0, true])
    expect((await parked()).map(({ event }) => event)).to.deep.equal([second!.event])
    expect((await run(['parked', 'drop', 'deliveries', first!.event, ...REASON])).code).to.equal(1)
    expect((await acts()).map(([type, , actor]) => [type, actor])).to.deep.equal([['ParkedDropped', 'operator-account']])
  })

  it('a reason is needed, in words without digits, and one event or all of a group', async () => {
    consume()
    await isParked(2)
    const [first] = await parked()
    for (const words of [
      ['retry', 'deliveries', first!.event],
      ['drop', 'deliveries', first!.event, '--reason', 'person 8267411571 called'],
      ['drop', 'deliveries', ...REASON],
      ['drop', 'deliveries', first!.event, '--all', ...REASON],
    ])
      expect((await run(['parked', ...words])).code, words.join(' ')).to.equal(2)
    expect(await parked()).to.have.length(2)
    expect(await acts()).to.deep.equal([])
  })

  it('a plugin’s subscription meets what was asked among its events: once more, parked again, dropped', async () => {
    await following()
    await isParked(1)
    const [message] = await parked()
    const again = async (): Promise<void> => {
      world.clock.pass(1)
      expect((await run(['parked', 'retry', FOLLOWER, message!.event, ...REASON])).code).to.equal(0)
      world.clock.pass(1)
    }
    await again()
    // Still broken: it is parked again, with the asking behind it.
    const since = async () => (await parked()).map(({ at, asked }) => [at > message!.at, asked])
    await until(async () => (await since())[0]?.[0] === true, 'it to be parked again')
    expect(await since()).to.deep.equal([[true, null]])
    broken.clear()
    await again()
    await until(async () => (await parked()).length === 0, 'it to be handled')
    expect(handled.filter((id) => id === message!.event)).to.have.length(1)
    expect((await acts()).map(([type]) => type)).to.deep.equal(['ParkedRetried', 'ParkedRetried'])
  })

  it('what is asked while nobody follows is done by who follows next, also where the registers are lost', async () => {
    const first = await following()
    await isParked(1)
    const [message] = await parked()
    await first.stop()
    expect((await run(['parked', 'drop', FOLLOWER, message!.event, ...REASON])).code).to.equal(0)
    expect((await run('parked list')).out.replaceAll(/\s+/g, ' ')).to.include('drop was asked by operator-account and is not done yet')
    await world.views.drop(FOLLOWER)
    await following()
    await until(async () => handled.length === 2 && (await parked()).length === 0, 'it to be dropped')
  })

  it('killed between the record and the act, nothing is lost: saying it again does it', async () => {
    consume()
    await isParked(2)
    const message = (await findParked(tools(), 'deliveries', (await parked())[0]!.event))!
    const act = { what: 'drop', actor: 'j.doe', reason: 'the sign-in is over', at: world.clock.now(), id: ID } as const
    const killed = { ...world.store, dropParked: () => Promise.reject(new Error('killed')) }
    const interrupted = actOnParked({ ...tools(), ...world, journal: { ...world.journal, store: killed } }, message, act)
    expect(await interrupted.catch((error: unknown) => (error as Error).message)).to.equal('killed')
    expect((await parked()).map(({ asked }) => asked?.what)).to.deep.equal(['drop', undefined])
    expect(await actOnParked({ ...tools(), ...world }, message, { ...act, id: ID.replace('aaaa', 'bbbb') })).to.equal('done')
    expect(await parked()).to.have.length(1)
    expect((await acts()).map(([type]) => type)).to.deep.equal(['ParkedDropped'])
  })
})
