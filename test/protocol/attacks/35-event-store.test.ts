// Whoever can write the file wants history to read otherwise; the chain of digests (`src/chain.ts`), checked on every read by `src/journal.ts`, shows it (a tail that was cut is in `test/e2e/tamper.test.ts`).
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { attacked } from '../../support/attacked.ts'
import { redeem, signIn, userinfo } from '../../support/rp.ts'

describe('attack 35: somebody writes into the event file (rule 7)', () => {
  const { here, party } = attacked(['shop'])

  const edit = (sql: string, ...values: readonly string[]): void => {
    const db = new DatabaseSync(join(here().data, 'events.db'), { timeout: 2000 })
    try {
      db.exec('PRAGMA foreign_keys = OFF')
      db.prepare(sql).run(...values)
    } finally {
      db.close()
    }
  }
  const OF = '(SELECT id FROM streams WHERE name = ?)'
  const streamOf = async (): Promise<string> => {
    const signedIn = await signIn(here(), party('shop'))
    const { json } = await redeem(here(), party('shop'), signedIn)
    expect((await userinfo(here(), String(json['access_token']))).status).to.equal(200)
    return `authorization-${signedIn.transaction}`
  }
  const faultOf = async (stream: string): Promise<string> => {
    try {
      await here().broker.world.journal.read(stream)
      return 'none'
    } catch (error) {
      return error instanceof Error ? error.message : 'unknown'
    }
  }
  const acts: readonly (readonly [string, string])[] = [
    ['data edited', `UPDATE events SET data = replace(data, 'shop', 'evil') WHERE stream = ${OF} AND revision = 0`],
    ['an instant edited', `UPDATE events SET metadata = replace(metadata, '2026', '2025') WHERE stream = ${OF} AND revision = 2`],
    [
      'an event of another type',
      `UPDATE events SET type = 'ConsentDenied' WHERE stream = ${OF} AND type = 'ConsentGiven' OR stream = ${OF} AND type = 'ConsentReused'`,
    ],
    ['an event deleted', `DELETE FROM events WHERE stream = ${OF} AND revision = 2`],
  ]
  for (const [what, sql] of acts)
    it(`${what} shows on the next read`, async () => {
      const stream = await streamOf()
      expect(await faultOf(stream)).to.equal('none')
      edit(sql, ...Array.from({ length: sql.split('?').length - 1 }, () => stream))
      expect(await faultOf(stream)).to.match(/cannot be trusted|missing|corrupt|revision/i)
    })

  it('two events that changed places show on the next read', async () => {
    const stream = await streamOf()
    for (const [from, to] of [
      ['1', '-1'],
      ['2', '1'],
      ['-1', '2'],
    ] as const)
      edit(`UPDATE events SET revision = CAST(? AS INTEGER) WHERE stream = ${OF} AND revision = CAST(? AS INTEGER)`, to, stream, from)
    expect(await faultOf(stream)).not.to.equal('none')
  })
})
