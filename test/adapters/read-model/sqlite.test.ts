import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { sqliteReadModel } from '../../../adapters/read-model/sqlite/sqlite-read-model.ts'
import type { Change, Tables } from '../../../domain/ports.ts'
import { readModelContract } from '../../contracts/read-model.ts'

readModelContract('sqlite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-model-'))
  const open = () => sqliteReadModel({ file: join(folder, 'views.db') })
  return { model: open(), again: open, end: () => rmSync(folder, { recursive: true }) }
})

describe('read model: the file', () => {
  const tables: Tables = {
    records: { key: 'n', indexes: ['client', 'at'], appendOnly: true },
    consents: { key: 'id', indexes: ['client'] },
  }
  let folder: string
  let file: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'read-model-'))
    file = join(folder, 'views.db')
  })
  after(() => rmSync(folder, { recursive: true }))

  const batch = (at: number): readonly Change[] =>
    Array.from({ length: 256 }, (_, n) => ({
      kind: 'append',
      table: 'records',
      row: { client: `client-${n % 20}`, at: String(at + n).padStart(9, '0'), type: 'CodeIssued' },
    }))

  it('keeps rows and position together through a close', async () => {
    const model = sqliteReadModel({ file })
    await model.open('audit-log', 1, tables)
    await model.apply('audit-log', undefined, '256', [...batch(0), { kind: 'put', table: 'consents', row: { id: 'a', client: 'c' } }])
    await model.close()
    const again = sqliteReadModel({ file })
    await again.open('audit-log', 1, tables)
    expect(await again.position('audit-log')).to.equal('256')
    expect(await again.count('audit-log', 'records')).to.equal(256)
    await again.close()
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).to.equal(0)
  })

  it('lets a person ask by the members that are indexed, and answers lists from indexes', () => {
    const sql = new DatabaseSync(file)
    expect(sql.prepare(`SELECT count(*) AS n FROM "audit-log@1/records" WHERE client = 'client-3'`).get()?.['n']).to.equal(13)
    const plan = (query: string): string =>
      sql
        .prepare(`EXPLAIN QUERY PLAN ${query}`)
        .all()
        .map((step) => String(step['detail']))
        .join('; ')
    const plans = [
      plan(`SELECT _row FROM "audit-log@1/records" WHERE client = 'x' AND _key IS NOT NULL AND _key > 5 ORDER BY _key ASC LIMIT 9`),
      plan(`SELECT _row FROM "audit-log@1/records" WHERE at IS NOT NULL AND at < 'x' ORDER BY at DESC, _key DESC LIMIT 9`),
      plan(`SELECT _row FROM "audit-log@1/consents" WHERE client = 'x' AND _key IS NOT NULL ORDER BY _key DESC LIMIT 9`),
      plan(`SELECT _row FROM "audit-log@1/consents" WHERE client IS NOT NULL ORDER BY client ASC, _key ASC LIMIT 9`),
    ]
    for (const each of plans)
      expect(each)
        .to.match(/USING INDEX/)
        .and.not.match(/TEMP B-TREE/)
    sql.close()
  })

  it('applies simple changes fast enough to catch up a long log', async () => {
    const model = sqliteReadModel({ file })
    await model.open('audit-log', 1, tables)
    let position = await model.position('audit-log')
    const rounds = 60
    const begun = process.hrtime.bigint()
    for (let n = 1; n <= rounds; n += 1) {
      const to = String(256 * (n + 1))
      await model.apply('audit-log', position, to, batch(256 * n))
      position = to
    }
    const perSecond = (rounds * 256) / (Number(process.hrtime.bigint() - begun) / 1e9)
    // A bound that a shared, busy machine keeps too; undisturbed it is several times more.
    expect(perSecond).to.be.greaterThan(10_000)
    await model.close()
  })
})
