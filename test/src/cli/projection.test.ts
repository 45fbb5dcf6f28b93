import { expect } from 'chai'
import { after, before, beforeEach, describe, it } from 'mocha'
import { memoryReadModel } from '../../../adapters/read-model/memory/memory-read-model.ts'
import { consents } from '../../../projections/consents.ts'
import { generationName, standingOf } from '../../../projections/generations.ts'
import { served } from '../../../projections/served.ts'
import { tablesOf } from '../../../projections/tell.ts'
import type { Row, TableStore } from '../../../domain/ports.ts'
import { dying } from '../../support/dying.ts'
import { finish, given, OTHER_TX, signIn, systemTimers, type Given } from '../../support/given.ts'
import { commandLine, type Ran } from '../../support/machine.ts'

const REASON = ['--reason', 'rows were told wrongly']
/** What a bug left in the rows that serve. */
const WRONG: Row = { consent: 'wrong', client: 'shop', status: 'given', given_at: '2026-11-24T12:00:00.000Z' }

type Run = (line: string | readonly string[]) => Promise<Ran>

describe('projection rebuild, compare, switch, rollback and drop', () => {
  let world: Given
  let rows: TableStore
  let run: Run
  let right: readonly Row[]

  /** Waits of the house that only delay: nobody else tells here. Patience for something that must come stays. */
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => systemTimers.sleep(ms === 1000 ? ms : Math.min(ms, 2), signal)
  const lineOver = (over: TableStore, of: Partial<Given> = {}, timers = { sleep }): Run =>
    commandLine({ ...world, ...of, views: served(over) }, { timers })
  const seen = async (): Promise<readonly Row[]> => {
    const views = served(rows)
    await views.open(consents.name, consents.version, tablesOf(consents))
    return views.list('consents', 'consents')
  }
  const standing = () => standingOf(rows, consents)
  const ok = async (line: string | readonly string[]): Promise<Ran> => {
    const ran = await run(line)
    expect(ran, `${String(line)}: ${ran.err}`).to.include({ code: 0, err: '' })
    return ran
  }
  /** Rows that a bug changed serve, and those that are told again stand beside them. */
  const spoilt = async (): Promise<void> => {
    rows = memoryReadModel()
    run = lineOver(rows)
    await ok('consent list')
    const position = await rows.position('consents')
    await rows.apply('consents', position, position ?? '', [{ kind: 'put', table: 'consents', row: WRONG }])
  }

  before(async () => {
    world = await given()
    await world.register()
    await signIn(world)
    await finish(world)
    await signIn(world, OTHER_TX)
    rows = memoryReadModel()
    run = lineOver(rows)
    await ok('consent list')
    right = await seen()
    expect(right).to.have.length(1)
  })
  after(() => world.close())
  beforeEach(spoilt)

  it('builds beside what serves, which readers keep until the switch; rollback and another switch go there and back', async () => {
    const wrong = await seen()
    expect((await ok('projection rebuild consents --json')).json()).to.include({ projection: 'consents', generation: 2, parked: 0 })
    expect(await seen()).to.deep.equal(wrong)
    await ok(['projection', 'switch', 'consents', ...REASON])
    expect(await seen()).to.deep.equal(right)
    await ok(['projection', 'rollback', 'consents', ...REASON])
    expect(await seen()).to.deep.equal(wrong)
    await ok(['projection', 'switch', 'consents', ...REASON])
    expect(await seen()).to.deep.equal(right)
    expect((await ok('projection drop consents --json')).json()).to.deep.equal({ projection: 'consents', serving: 2, dropped: 1 })
    expect(await standing()).to.deep.equal({ serving: 2, newest: 2 })
    expect((await ok('projection drop consents --json')).json()).to.include({ dropped: null })
    // Numbers are not given twice, and what was kept makes room.
    await ok('projection rebuild consents')
    await ok(['projection', 'switch', 'consents', ...REASON])
    await ok('projection rebuild consents')
    expect(await standing()).to.deep.equal({ serving: 3, newest: 4, other: { generation: 4, is: 'built' } })
  })

  it('an interrupted rebuild is gone on with where it was killed', async () => {
    const written: number[] = []
    let writes = 0
    const counted: TableStore = {
      ...rows,
      apply: async (...args) => {
        writes += 1
        if (args[0] === 'consents-g2') written.push(writes)
        return rows.apply(...args)
      },
      open: async (...args) => {
        writes += 1
        return rows.open(...args)
      },
    }
    await lineOver(counted)('projection rebuild consents')
    await spoilt()
    const doomed = dying({ rows, journal: world.journal, sleep }, written.at(-1) ?? 0, 'after')
    expect(
      await Promise.race([lineOver(doomed.rows, { journal: doomed.journal }, doomed)('projection rebuild consents'), doomed.died]),
    ).to.equal('died')
    expect(await standing()).to.deep.equal({ serving: 1, newest: 2, other: { generation: 2, is: 'building' } })
    expect((await ok('projection rebuild consents --json')).json()).to.include({ generation: 2, applied: 0 })
    expect((await standing()).other).to.deep.equal({ generation: 2, is: 'built' })
  })

  it('compare names rows that differ by key and member, never by value, and says when they are the same', async () => {
    await ok('projection rebuild consents')
    const differs = await run('projection compare consents')
    expect(differs.code).to.equal(1)
    expect(differs.err).to.equal('1 rows differ, for example:\nconsents: wrong is in the serving one alone\n')
    const { json } = await run('projection compare consents --json')
    const { tables } = json() as { readonly tables: readonly { readonly rows: unknown; readonly digests: Record<string, string> }[] }
    expect(tables[0]?.rows).to.deep.equal({ serving: 2, beside: 1 })
    expect(tables[0]?.digests['serving']).not.to.equal(tables[0]?.digests['beside'])

    const position = (await rows.position('consents')) ?? ''
    const [row] = right
    await rows.apply('consents', position, position, [
      { kind: 'remove', table: 'consents', key: 'wrong' },
      { kind: 'put', table: 'consents', row: { ...row, client: 'canary', added: 'canary' } },
    ])
    const changed = await run('projection compare consents')
    expect(changed.err).to.match(/^1 rows differ, for example:\nconsents: \S{43} differs in added, client\n$/)
    expect(changed.out + changed.err).not.to.include('canary')

    await rows.apply('consents', position, position, [{ kind: 'put', table: 'consents', row: row ?? {} }])
    const beside = generationName('consents', 2)
    await rows.apply(beside, await rows.position(beside), position, [{ kind: 'put', table: 'consents', row: WRONG }])
    expect((await run('projection compare consents')).err).to.include('consents: wrong is in the one beside alone')
    await rows.apply(beside, position, position, [{ kind: 'remove', table: 'consents', key: 'wrong' }])
    expect((await ok('projection compare consents')).out).to.include('They are the same.')
    // With all its rows put again in another order of their members: that is no difference.
    const turned = Object.fromEntries(Object.entries(row ?? {}).toReversed())
    await rows.apply(beside, position, position, [{ kind: 'put', table: 'consents', row: turned }])
    expect((await ok('projection compare consents')).out).to.include('They are the same.')
  })

  it('compare tells the one beside to where the serving one stands, and no further', async () => {
    await ok('projection rebuild audit-log')
    await world.client('shop', { type: 'DeactivateClient', at: world.clock.now(), client: 'shop' })
    await world.client('shop', { type: 'ActivateClient', at: world.clock.now(), client: 'shop' })
    expect((await ok('projection compare audit-log')).out).to.include('They are the same.')
    expect(await rows.position('audit-log-g2')).to.equal(await rows.position('audit-log'))
  })

  it('compare takes nothing for a difference that was told in one of the two only, while a broker goes on', async () => {
    const facts: readonly (() => Promise<unknown>)[] = [
      () => world.client('shop', { type: 'DeactivateClient', at: world.clock.now(), client: 'shop' }),
      () => world.client('shop', { type: 'ActivateClient', at: world.clock.now(), client: 'shop' }),
    ]
    await ok('client list')
    await ok('projection rebuild clients')
    let moved = 0
    // Between the reading of a page and the look at where it stood, something happens and is told.
    const moving: TableStore = {
      ...rows,
      list: async (projection, table, query) => {
        const page = await rows.list(projection, table, query)
        const happens = projection === 'clients' && table === 'clients' ? facts[moved] : undefined
        if (happens !== undefined) {
          moved += 1
          await happens()
          await ok('client list')
        }
        return page
      },
    }
    const compared = await lineOver(moving)('projection compare clients')
    expect(moved).to.equal(2)
    expect(compared).to.include({ code: 0, err: '' })
    expect(await rows.position('clients-g2')).to.equal(await rows.position('clients'))
  })

  it('compare says so where rows never stand still', async () => {
    await ok('projection rebuild consents')
    let position = 0
    const restless: TableStore = {
      ...rows,
      position: async (projection) => {
        position += 1
        return projection === 'consents' ? `9${String(position).padStart(15, '0')}` : rows.position(projection)
      },
    }
    expect(await lineOver(restless)('projection compare consents')).to.include({ code: 3, out: '' })
  })

  it('what cannot be done is refused, and the refusal of a switch is recorded with who wished it (REG-16)', async () => {
    expect(await run(['projection', 'switch', 'consents', ...REASON])).to.include({
      code: 1,
      err: 'there is no built generation beside; see: esignet projection rebuild consents\n',
    })
    expect(await run(['projection', 'rollback', 'consents', ...REASON])).to.include({ code: 1, err: 'no generation of before is kept\n' })
    expect(await run('projection compare consents')).to.include({ code: 2 })
    expect(await run('projection switch consents')).to.include({ code: 2 })
    expect(await run(['projection', 'switch', 'consents', '--reason', 'case 17'])).to.include({ code: 2 })
    const denied = (await world.all()).flatMap((message) =>
      message.kind === 'event' && message.event.type === 'CommandDenied' ? [message.event.data] : [],
    )
    expect(denied.slice(-2)).to.deep.equal([
      { actor: 'operator-account', verb: 'projection switch', why: 'refused' },
      { actor: 'operator-account', verb: 'projection rollback', why: 'refused' },
    ])
  })

  it('a switch is an event with who ordered it and why, and stands in the audit log (REG-16)', async () => {
    await ok('projection rebuild consents')
    await ok(['projection', 'switch', 'consents', ...REASON, '--actor', 'j.doe'])
    const last = await world.journal.last('projection-consents')
    expect(last).to.include({ type: 'SwitchOrdered', actor: 'j.doe' })
    expect(last?.data).to.deep.equal({
      ...{ projection: 'consents', version: 1, from: 1, to: 2, how: 'switch', reason: 'rows were told wrongly' },
    })
    const records = served(rows)
    expect((await ok('audit verify')).out).to.match(/hold/)
    const newest = await records.every.list('audit-log', 'records', { descending: true, limit: 1 })
    expect(newest[0]).to.include({
      actor: 'j.doe',
      text: 'It was ordered that readers of `consents` get its generation 2 instead of 1 (switch): rows were told wrongly.',
    })
  })

  it('list names versions, generations and how far each is behind', async () => {
    await ok('projection rebuild consents')
    await world.client('shop', { type: 'DeactivateClient', at: world.clock.now(), client: 'shop' })
    await world.client('shop', { type: 'ActivateClient', at: world.clock.now(), client: 'shop' })
    world.clock.pass(180_000)
    const list = (await ok('projection list --json')).json() as readonly Record<string, unknown>[]
    const of = (name: string) => list.find(({ projection }) => projection === name)
    expect(of('consents')).to.deep.include({ version: 1, generation: 1, lag: { events: 0, ageMs: 0 }, parked: 0 })
    expect(of('consents')?.['beside']).to.deep.include({ generation: 2, is: 'built', lag: { events: 0, ageMs: 0 } })
    const { lag } = of('clients') as { readonly lag: { readonly events: number; readonly ageMs: number } }
    expect(lag.events, 'nobody told it').to.equal((await world.journal.read('client-shop')).length)
    expect(lag.ageMs).to.be.at.least(180_000)
    const { out } = await ok('projection list')
    expect(out)
      .to.match(/^consents@1 +1 +\d+ +none +0 +2 built, lag none$/m)
      .and.match(/^clients@1 +1 +- +\d+ events, \d+ (s|min) +0 +-$/m)
  })

  describe('killed at each of its writes it leaves the old or the new to readers, and goes on when it is told again', () => {
    const steps: readonly { readonly name: string; readonly first: readonly string[]; readonly line: string }[] = [
      { name: 'rebuild', first: [], line: 'projection rebuild consents' },
      { name: 'switch', first: ['projection rebuild consents'], line: 'projection switch consents' },
      { name: 'rollback', first: ['projection rebuild consents', 'projection switch consents'], line: 'projection rollback consents' },
      { name: 'drop', first: ['projection rebuild consents', 'projection switch consents'], line: 'projection drop consents' },
      {
        name: 'rebuild where one is kept from before',
        first: ['projection rebuild consents', 'projection switch consents'],
        line: 'projection rebuild consents',
      },
    ]
    const words = (line: string): readonly string[] => [...line.split(' '), ...(/switch|rollback/.test(line) ? REASON : [])]

    for (const { name, first, line } of steps)
      it(name, async function () {
        this.timeout(30_000)
        for (const moment of ['before', 'after'] as const) {
          let died = true
          let at = 1
          for (; died; at += 1) {
            await spoilt()
            for (const before of first) await ok(words(before))
            const [wrong, stood] = [[...right, WRONG], await standing()]
            const doomed = dying({ rows, journal: world.journal, sleep }, at, moment)
            const dies = lineOver(doomed.rows, { journal: doomed.journal }, doomed)
            died = (await Promise.race([dies(words(line)), doomed.died])) === 'died'
            const now = await standing()
            const what = `${name}, killed ${moment} write ${String(at)}`
            expect(await seen(), what).to.have.deep.members(now.serving === 1 ? wrong : right)
            expect([stood.serving, stood.other?.generation], what).to.include(now.serving)
            if (!died) continue
            if (now.serving === stood.serving) await ok(words(line))
            const end = await standing()
            expect(await seen(), `${what}, and told again`).to.have.deep.members(end.serving === 1 ? wrong : right)
            if (name !== 'drop') expect(end.other?.is, what).to.equal(name === 'switch' ? 'previous' : 'built')
            else expect(end, what).to.deep.equal({ serving: 2, newest: 2 })
            if (end.serving === 1 || end.other?.generation === 1) continue
            await rows.open('consents', 1, tablesOf(consents))
            expect(await rows.count('consents', 'consents'), `${what}: the first generation is destroyed`).to.equal(0)
          }
          expect(at, 'it was killed several times').to.be.greaterThan(3)
        }
      })
  })
})
