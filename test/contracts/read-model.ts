import { expect } from 'chai'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Change, Row, RowQuery, Tables, TableStore } from '../../domain/ports.ts'
import { faultOf } from '../support/fault-of.ts'

export type ReadModelWorld = {
  readonly model: TableStore
  /** Another read model over the same rows, as another process would have one. Absent where rows are not shared. */
  readonly again?: () => TableStore | Promise<TableStore>
  readonly end: () => void | Promise<void>
}

const tables: Tables = {
  clients: { key: 'id', indexes: ['status', 'active', 'logins', 'name'] },
  records: { key: 'n', indexes: ['client', 'at'], appendOnly: true },
}

const put = (row: Row): Change => ({ kind: 'put', table: 'clients', row })
const record = (row: Row): Change => ({ kind: 'append', table: 'records', row })
const add = (key: string, field: string, by: number): Change => ({ kind: 'add', table: 'clients', key, field, by })
const ids = (rows: readonly Row[]): readonly unknown[] => rows.map((row) => row['id'])
const numbers = (rows: readonly Row[]): readonly unknown[] => rows.map((row) => row['n'])

type Open = () => ReadModelWorld | Promise<ReadModelWorld>
type Stage = {
  readonly model: () => TableStore
  readonly world: () => ReadModelWorld
  readonly project: (...changes: Change[]) => Promise<void>
}

/** Opens the projection `clients@1` before each test, and applies changes at positions 1, 2, 3... */
const stage = (open: Open): Stage => {
  let world: ReadModelWorld
  let position = 0
  beforeEach(async () => {
    world = await open()
    position = 0
    await world.model.open('clients', 1, tables)
  })
  afterEach(async () => {
    await world.model.close()
    await world.end()
  })
  return {
    world: () => world,
    model: () => world.model,
    project: async (...changes) => {
      const from = position === 0 ? undefined : String(position).padStart(8, '0')
      position += 1
      expect(await world.model.apply('clients', from, String(position).padStart(8, '0'), changes)).to.equal(true)
    },
  }
}

const changes = (open: Open): void => {
  const { model, project } = stage(open)

  it('puts, replaces and removes rows', async () => {
    await project(put({ id: 'c1', name: 'First', nested: { list: [1, null, 'ü'] } }), put({ id: 'c2', name: 'Second' }))
    expect(await model().get('clients', 'clients', 'c1')).to.deep.equal({ id: 'c1', name: 'First', nested: { list: [1, null, 'ü'] } })
    await project(
      put({ id: 'c1', status: 'closed' }),
      { kind: 'remove', table: 'clients', key: 'c2' },
      { kind: 'remove', table: 'clients', key: 'c9' },
    )
    expect(await model().get('clients', 'clients', 'c1')).to.deep.equal({ id: 'c1', status: 'closed' })
    expect(await model().get('clients', 'clients', 'c2')).to.equal(undefined)
    expect(await model().count('clients', 'clients')).to.equal(1)
  })

  it('adds to a number, in a row that is there or not', async () => {
    await project(put({ id: 'c1', name: 'First', logins: 2 }), add('c1', 'logins', 3), add('c1', 'refusals', 1), add('c2', 'logins', 1))
    await project(add('c2', 'logins', -2))
    expect(await model().get('clients', 'clients', 'c1')).to.deep.equal({ id: 'c1', name: 'First', logins: 5, refusals: 1 })
    expect(await model().get('clients', 'clients', 'c2')).to.deep.equal({ id: 'c2', logins: -1 })
  })

  it('numbers the rows of an append-only table from 1 without a gap, across calls (rule 37)', async () => {
    await project(record({ at: 'a' }), record({ at: 'b', n: 77 }))
    await project(record({ at: 'c' }))
    expect(await model().list('clients', 'records')).to.deep.equal([
      { at: 'a', n: 1 },
      { at: 'b', n: 2 },
      { at: 'c', n: 3 },
    ])
    expect(await model().get('clients', 'records', 2)).to.deep.equal({ at: 'b', n: 2 })
    expect(await model().get('clients', 'records', '2')).to.equal(undefined)
    expect(await model().count('clients', 'records')).to.equal(3)
  })

  it('does all changes of a call or none, and the position with them', async () => {
    await project(put({ id: 'c1', name: 'First' }), record({ at: 'a' }))
    const mistakes: readonly Change[] = [
      { kind: 'append', table: 'clients', row: { id: 'c3' } },
      { kind: 'put', table: 'records', row: { n: 1 } },
      { kind: 'remove', table: 'records', key: '1' },
      { kind: 'put', table: 'nowhere', row: { id: 'c3' } },
      { kind: 'put', table: 'clients', row: { name: 'without key' } },
      { kind: 'put', table: 'clients', row: { id: 3 } },
      add('c1', 'name', 1),
      add('c1', 'id', 1),
      add('c1', 'logins', Number.NaN),
    ]
    for (const mistake of mistakes) {
      const all = [put({ id: 'c1', name: 'Changed' }), put({ id: 'c2' }), add('c1', 'logins', 1), record({ at: 'b' }), mistake]
      expect(await faultOf(() => model().apply('clients', '00000001', '00000002', all)), JSON.stringify(mistake)).to.equal('invalid')
    }
    expect(await model().position('clients')).to.equal('00000001')
    expect(await model().list('clients', 'clients')).to.deep.equal([{ id: 'c1', name: 'First' }])
    expect(await model().count('clients', 'records')).to.equal(1)
    await project(record({ at: 'b' }))
    expect(numbers(await model().list('clients', 'records'))).to.deep.equal([1, 2])
  })

  it('is not changed through the rows that went in or came out', async () => {
    const row = { id: 'c1', list: [1] }
    await project(put(row))
    row.list.push(2)
    const read = await model().get('clients', 'clients', 'c1')
    if (read) Object.assign(read, { id: 'other' })
    expect(await model().get('clients', 'clients', 'c1')).to.deep.equal({ id: 'c1', list: [1] })
  })

  it('keeps odd keys and texts apart', async () => {
    const odd = ['', ' ', "'; DROP TABLE projection; --", '"', '%', 'É', 'é', 'e\u0301', '\u{1F600}', 'null', '1', '01', '__proto__']
    await project(...odd.map((id) => put({ id, name: id })))
    for (const id of odd) expect((await model().get('clients', 'clients', id))?.['name'], id).to.equal(id)
    expect(await model().count('clients', 'clients')).to.equal(odd.length)
    for (const name of odd) expect(ids(await model().list('clients', 'clients', { where: { name } })), name).to.deep.equal([name])
  })
}

const positions = (open: Open): void => {
  const { model, world, project } = stage(open)

  it('begins without a position and moves it with the changes', async () => {
    expect(await model().position('clients')).to.equal(undefined)
    await project()
    expect(await model().position('clients')).to.equal('00000001')
  })

  it('applies nothing when the position is elsewhere: the fence (rule 37)', async () => {
    await project(put({ id: 'c1' }))
    for (const from of [undefined, '00000000', '00000002', '']) {
      expect(await model().apply('clients', from, '00000009', [put({ id: 'c2' })]), String(from)).to.equal(false)
    }
    expect(await model().position('clients')).to.equal('00000001')
    expect(await model().count('clients', 'clients')).to.equal(1)
  })

  it('lets one of two runners through, also over two connections', async () => {
    const other = (await world().again?.()) ?? model()
    if (other !== model()) await other.open('clients', 1, tables)
    for (let n = 0; n < 20; n += 1) {
      const from = n === 0 ? undefined : String(n)
      const outcomes = await Promise.all(
        [model(), other, model(), other].map((each) =>
          each.apply('clients', from, String(n + 1), [record({ at: String(n) }), add('c1', 'logins', 1)]),
        ),
      )
      expect(outcomes.filter((applied) => applied)).to.have.length(1)
    }
    expect(await other.get('clients', 'clients', 'c1')).to.deep.equal({ id: 'c1', logins: 20 })
    expect(numbers(await other.list('clients', 'records'))).to.deep.equal(Array.from({ length: 20 }, (_, n) => n + 1))
    if (other !== model()) await other.close()
  })

  it('forgets rows and position on drop, and begins again at 1', async () => {
    await project(put({ id: 'c1' }), record({ at: 'a' }))
    await model().drop('clients')
    expect(await model().position('clients')).to.equal(undefined)
    expect(await model().count('clients', 'clients')).to.equal(0)
    expect(await model().apply('clients', undefined, '1', [record({ at: 'b' })])).to.equal(true)
    expect(await model().list('clients', 'records')).to.deep.equal([{ at: 'b', n: 1 }])
  })

  it('takes tables away on discard, of this version alone, opened or not', async () => {
    await project(put({ id: 'c1' }), record({ at: 'a' }))
    await model().open('consents', 1, tables)
    await model().apply('consents', undefined, '1', [put({ id: 'c1' })])
    await model().discard('clients', 2, tables)
    expect(await model().count('clients', 'clients')).to.equal(1)
    await model().discard('clients', 1, tables)
    await model().discard('clients', 1, tables)
    expect(await faultOf(() => model().position('clients'))).to.equal('invalid')
    // Other tables than before: nothing of the shape is left either.
    await model().open('clients', 1, { clients: { key: 'id', indexes: [] } })
    expect(await model().position('clients')).to.equal(undefined)
    expect(await model().count('clients', 'clients')).to.equal(0)
    expect(await model().get('consents', 'clients', 'c1')).to.deep.equal({ id: 'c1' })
  })

  it('keeps projections and versions apart', async () => {
    await project(put({ id: 'c1' }))
    await model().open('consents', 1, tables)
    expect(await model().position('consents')).to.equal(undefined)
    expect(await model().count('consents', 'clients')).to.equal(0)
    await model().open('clients', 2, { clients: { key: 'id', indexes: [] } })
    expect(await model().position('clients')).to.equal(undefined)
    expect(await model().get('clients', 'clients', 'c1')).to.equal(undefined)
    await model().open('clients', 1, tables)
    expect(await model().position('clients')).to.equal('00000001')
    expect(await model().get('clients', 'clients', 'c1')).to.deep.equal({ id: 'c1' })
  })

  it('refuses the same version with other tables', async () => {
    expect(await faultOf(() => model().open('clients', 1, { clients: { key: 'id', indexes: ['status'] } }))).to.equal('invalid')
    expect(
      await faultOf(() =>
        model().open('clients', 1, { ...tables, clients: { key: 'id', indexes: ['name', 'logins', 'active', 'status'] } }),
      ),
    ).to.equal('none')
  })
}

const lists = (open: Open): void => {
  const { model, project } = stage(open)
  const list = (query?: RowQuery): Promise<readonly Row[]> => model().list('clients', 'clients', query)

  it('lists by key, or by an index with the key behind it, either way', async () => {
    await project(put({ id: 'b', logins: 2 }), put({ id: 'a', logins: 10 }), put({ id: 'd', logins: 2 }), put({ id: 'c', logins: -1.5 }))
    expect(ids(await list())).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(ids(await list({ descending: true }))).to.deep.equal(['d', 'c', 'b', 'a'])
    expect(ids(await list({ orderBy: 'logins' }))).to.deep.equal(['c', 'b', 'd', 'a'])
    expect(ids(await list({ orderBy: 'logins', descending: true }))).to.deep.equal(['a', 'd', 'b', 'c'])
  })

  it('leaves rows without the member out of an order by it', async () => {
    await project(put({ id: 'a', name: 'x' }), put({ id: 'b' }), put({ id: 'c', name: null }))
    expect(ids(await list({ orderBy: 'name' }))).to.deep.equal(['a'])
    expect(ids(await list({ orderBy: 'name', descending: true }))).to.deep.equal(['a'])
  })

  it('finds exact matches of text, numbers and booleans', async () => {
    await project(
      put({ id: 'a', status: 'open', active: true, logins: 1 }),
      put({ id: 'b', status: 'open', active: false, logins: 2 }),
      put({ id: 'c', status: 'Open', active: true, logins: 2 }),
    )
    expect(ids(await list({ where: { status: 'open' } }))).to.deep.equal(['a', 'b'])
    expect(ids(await list({ where: { active: true } }))).to.deep.equal(['a', 'c'])
    expect(ids(await list({ where: { active: false, logins: 2 } }))).to.deep.equal(['b'])
    expect(ids(await list({ where: { logins: 2, status: 'Open' }, orderBy: 'name' }))).to.deep.equal([])
    expect(ids(await list({ where: { id: 'b' } }))).to.deep.equal(['b'])
    expect(ids(await list({ where: { status: '2' } }))).to.deep.equal([])
  })

  it('follows a row that changes', async () => {
    await project(put({ id: 'a', status: 'open' }))
    await project(put({ id: 'a', status: 'closed' }))
    expect(await list({ where: { status: 'open' } })).to.deep.equal([])
    expect(ids(await list({ where: { status: 'closed' } }))).to.deep.equal(['a'])
  })

  it('goes on strictly after a value, either way', async () => {
    await project(...['a', 'b', 'c', 'd', 'e'].map((id, n) => put({ id, logins: n, status: n % 2 ? 'odd' : 'even' })))
    expect(ids(await list({ after: 'b', limit: 2 }))).to.deep.equal(['c', 'd'])
    expect(ids(await list({ after: 'd', limit: 2, descending: true }))).to.deep.equal(['c', 'b'])
    expect(ids(await list({ orderBy: 'logins', after: 1, where: { status: 'even' } }))).to.deep.equal(['c', 'e'])
    expect(ids(await list({ after: 'e' }))).to.deep.equal([])
  })

  it('pages an append-only table by its numbers, within one client too', async () => {
    await project(...Array.from({ length: 250 }, (_, n) => record({ client: n % 2 ? 'odd' : 'even', at: String(n).padStart(3, '0') })))
    const seen: unknown[] = []
    for (
      let after = 0, page;
      (page = await model().list('clients', 'records', { after, limit: 60, where: { client: 'odd' } })).length > 0;
      after = Number(page.at(-1)?.['n'])
    )
      seen.push(...numbers(page))
    expect(seen).to.deep.equal(Array.from({ length: 125 }, (_, n) => 2 * n + 2))
    expect(numbers(await model().list('clients', 'records', { descending: true, limit: 2 }))).to.deep.equal([250, 249])
  })

  it('gives 100 rows unless asked, and never more than 1,000', async () => {
    await project(...Array.from({ length: 1001 }, (_, n) => put({ id: String(n).padStart(4, '0') })))
    expect(await list()).to.have.length(100)
    expect(await list({ limit: 1000 })).to.have.length(1000)
    for (const limit of [0, -1, 1001, 1.5, Number.NaN]) expect(await faultOf(() => list({ limit })), String(limit)).to.equal('invalid')
  })

  it('is asked by declared indexes only', async () => {
    for (const query of [
      { where: { nested: 'x' } },
      { orderBy: 'nested' },
      { where: { [`status" = '' OR 1=1 --`]: 'x' } },
      { orderBy: '_row' },
    ] as const) {
      expect(await faultOf(() => list(query)), JSON.stringify(query)).to.equal('invalid')
    }
  })

  it('orders as the other adapters do: numbers, then text by its bytes', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }).filter((text) => !text.includes('\0')),
      fc.integer({ min: -5, max: 5 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 12 }), fc.boolean(), async (values, descending) => {
        await model().drop('clients')
        await model().apply(
          'clients',
          undefined,
          '1',
          values.map((name, n) => put({ id: String(n).padStart(2, '0'), name })),
        )
        const rank = (a: string | number, b: string | number): number =>
          typeof a === 'number'
            ? typeof b === 'number'
              ? a - b
              : -1
            : typeof b === 'number'
              ? 1
              : Buffer.compare(Buffer.from(a), Buffer.from(b))
        const expected = values.map((name, n) => ({ name, n })).sort((a, b) => rank(a.name, b.name) || a.n - b.n)
        const names = (await list({ orderBy: 'name', descending })).map((row) => row['name'])
        expect(names).to.deep.equal((descending ? expected.reverse() : expected).map(({ name }) => name))
      }),
      { numRuns: 40 },
    )
  })
}

const doors = (open: Open): void => {
  const { model } = stage(open)

  it('refuses names that are not names, before they come near a statement', async () => {
    const bad = ['', 'A"', 'x; DROP', 'x@1', 'a b', '1a', 'x'.repeat(41), '../x', 'é']
    for (const name of bad) {
      expect(await faultOf(() => model().open(name, 1, tables)), name).to.equal('invalid')
      expect(await faultOf(() => model().open('other', 1, { [name]: { key: 'id', indexes: [] } })), name).to.equal('invalid')
      expect(await faultOf(() => model().open('other', 1, { t: { key: name, indexes: [] } })), name).to.equal('invalid')
      expect(await faultOf(() => model().open('other', 1, { t: { key: 'id', indexes: [name] } })), name).to.equal('invalid')
    }
    for (const version of [0, -1, 1.5, Number.NaN]) expect(await faultOf(() => model().open('other', version, tables))).to.equal('invalid')
    expect(await faultOf(() => model().open('other', 1, {}))).to.equal('invalid')
    expect(await faultOf(() => model().open('other', 1, { t: { key: 'id', indexes: ['Name', 'name'] } }))).to.equal('invalid')
    expect(await faultOf(() => model().open('other', 1, { t: { key: 'id', indexes: [], appendOnly: true } }))).to.equal('invalid')
  })

  it('refuses what was not opened', async () => {
    expect(await faultOf(() => model().position('other'))).to.equal('invalid')
    expect(await faultOf(() => model().apply('other', undefined, '1', []))).to.equal('invalid')
    expect(await faultOf(() => model().get('clients', 'other', 'c1'))).to.equal('invalid')
    expect(await faultOf(() => model().list('clients', 'other'))).to.equal('invalid')
  })

  it('answers nothing after it was closed, and closes twice', async () => {
    await model().close()
    await model().close()
    for (const act of [
      () => model().open('clients', 1, tables),
      () => model().position('clients'),
      () => model().apply('clients', undefined, '1', []),
      () => model().get('clients', 'clients', 'c1'),
      () => model().list('clients', 'clients'),
      () => model().count('clients', 'clients'),
      () => model().drop('clients'),
      () => model().discard('clients', 1, tables),
    ]) {
      expect(await faultOf(act)).to.equal('closed')
    }
  })
}

/** What a read model is. */
export const readModelContract = (name: string, open: Open): void => {
  describe(`read model: ${name}: changes`, () => changes(open))
  describe(`read model: ${name}: positions`, () => positions(open))
  describe(`read model: ${name}: lists`, () => lists(open))
  describe(`read model: ${name}: doors`, () => doors(open))
}
