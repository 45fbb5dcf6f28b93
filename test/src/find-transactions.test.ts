import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import type { ReadModel, Row, RowQuery } from '../../domain/ports.ts'
import { live, type LiveRow } from '../../projections/live.ts'
import {
  correlated,
  findTransactions,
  ofPerson,
  positionOfFirstSince,
  transactionsWith,
  type Matches,
} from '../../src/find-transactions.ts'
import { referenceOf } from '../../src/reference.ts'
import { policy, told } from '../support/given.ts'
import { logins, personOf, txOf, type Logins } from '../support/logins.ts'
import { memoryReadModel } from '../../adapters/read-model/memory/memory-read-model.ts'
import type { SourceMessage } from '../../projections/projection.ts'

const all = async (rows: AsyncGenerator<LiveRow>): Promise<readonly string[]> => {
  const found: string[] = []
  for await (const row of rows) found.push(row.transaction)
  return found
}

describe('find sign-ins (audit-and-operations 4.3)', () => {
  let made: Logins
  const views = memoryReadModel()
  const [first, second, third, fourth] = [txOf(1), txOf(2), txOf(3), txOf(4)] as const

  before(async () => {
    made = await logins(policy)
    const { clock } = made
    await made.start(first, 'bank')
    await made.choose(first, personOf(0))
    await made.prove(first, 'right')
    await made.agree(first)
    await made.exchange(first)
    clock.pass(3_600_000)
    await made.expire(first)
    await made.start(second, 'shop')
    await made.choose(second, personOf(0))
    for (let n = 0; n < 3; n += 1) await made.prove(second, 'wrong')
    await made.start(third, 'shop')
    await made.choose(third, personOf(1))
    await made.prove(third, 'unavailable')
    await made.prove(third, 'wrong')
    await made.prove(third, 'right')
    await made.start(fourth, 'shop')
    clock.pass(600_000)
    await made.expire(fourth)
    const messages: SourceMessage[] = []
    await new Promise<void>((resolve) => {
      const subscription = made.journal.source.subscribe({}, (message) => {
        messages.push(message)
        if (message.kind === 'caughtUp') void subscription.stop().then(resolve)
      })
    })
    await told(live, views).given(messages)
  })
  after(() => made.close())

  it('by relying party, stage, factor, time and what the page shows', async () => {
    expect(await all(findTransactions(views, {}))).to.deep.equal([fourth, third, second, first])
    expect(await all(findTransactions(views, { client: 'bank' }))).to.deep.equal([first])
    expect(await all(findTransactions(views, { stage: 'failed' }))).to.deep.equal([second])
    expect(await all(findTransactions(views, { factor: 'pin', client: 'shop' }))).to.deep.equal([third, second])
    expect(await all(findTransactions(views, { since: '2026-11-24T12:30:00.000Z' }))).to.deep.equal([fourth, third, second])
    expect(await all(findTransactions(views, { until: '2026-11-24T12:30:00.000Z' }))).to.deep.equal([first])
    expect(await all(findTransactions(views, { reference: referenceOf(third) }))).to.include(third)
  })

  it('by what went wrong, also where the login went on', async () => {
    expect(await all(findTransactions(views, { error: 'wrong' }))).to.deep.equal([third, second])
    expect(await all(findTransactions(views, { error: 'wrong', stage: 'failed' }))).to.deep.equal([second])
    expect(await all(findTransactions(views, { error: 'unavailable', client: 'shop' }))).to.deep.equal([third])
    expect(await all(findTransactions(views, { error: 'attempts_exhausted' }))).to.deep.equal([second])
    expect(await all(findTransactions(views, { error: 'before_authentication' }))).to.deep.equal([fourth])
    expect(await all(findTransactions(views, { error: 'tokens_expired' }))).to.deep.equal([])
    expect(await all(findTransactions(views, { error: 'wrong', until: '2026-11-24T12:30:00.000Z' }))).to.deep.equal([])
    const row = (await views.get('live', 'transactions', third)) as LiveRow | undefined
    expect(row?.errors).to.deep.equal(['unavailable', 'wrong'])
  })

  const having = (matches: Matches, wanted = {}) => all(transactionsWith(made.journal, views, matches, wanted))

  it('by person, also where the ID system was never asked about them; no index of persons is kept', async () => {
    expect(await having(ofPerson(personOf(0)))).to.deep.equal([first, second])
    expect(await having(ofPerson(personOf(0)), { client: 'bank' })).to.deep.equal([first])
    expect(await having(ofPerson(personOf(9)))).to.deep.equal([])
    for (const table of Object.keys(live.tables))
      for (const row of await views.list('live', table)) expect(JSON.stringify(row)).not.to.include(personOf(0))
  })

  it('by correlation: a transaction, or the id of an event, a command or a consent', async () => {
    const events = await made.journal.read(`authorization-${second}`)
    for (const id of [second, events[3]!.id, events[3]!.commandId]) expect(await having(correlated(id))).to.deep.equal([second])
    const agreed = (await made.journal.read(`authorization-${first}`)).find(({ type }) => type === 'ConsentGiven')
    expect(await having(correlated(agreed!.data['consent'] as string))).to.deep.equal([first])
  })

  it('knows where in the log to begin for a time', async () => {
    expect(await positionOfFirstSince(views, '2026-11-24T12:00:00.000Z')).to.equal(undefined)
    const events = await made.journal.read(`authorization-${first}`)
    expect(await positionOfFirstSince(views, '2026-11-24T12:30:00.000Z')).to.equal(events[0]!.position)
  })

  it('a million sign-ins are found one by one: no more than a page of them is in memory', async function () {
    this.timeout(120_000)
    const count = 1_000_000
    let asked = 0
    let largest = 0
    const at = (n: number): string => String(n).padStart(7, '0')
    const row = (n: number): Row => ({
      ...{ transaction: at(n), started: at(n), client: 'shop', stage: 'closed', factor: null, failure: null, errors: [], position: at(n) },
      ...{ started_at: at(n), updated_at: at(n), open: false, deadline: '', revision: 9 },
    })
    const endless: Pick<ReadModel, 'list'> = {
      list: async (_projection, _table, { after: from, limit = 100 }: RowQuery = {}) => {
        asked += 1
        largest = Math.max(largest, limit)
        const below = from === undefined ? count : Number(from)
        return Array.from({ length: Math.min(limit, below) }, (_, n) => row(below - 1 - n))
      },
    }
    // As much as two pages may be garbage at a time; a million rows would be some 400 MB.
    const before_ = process.memoryUsage().heapUsed
    let most = 0
    let found = 0
    for await (const { transaction } of findTransactions(endless as ReadModel, { client: 'shop' })) {
      expect(transaction.length).to.equal(7)
      found += 1
      if (found % 50_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before_)
    }
    expect(found).to.equal(count)
    expect(largest).to.be.at.most(1000)
    expect(asked).to.equal(count / largest + 1)
    expect(most / 2 ** 20).to.be.lessThan(150)
  })
})
