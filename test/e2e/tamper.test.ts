import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { verifyEvents } from '../../src/audit/events.ts'
import { readEvents, runCli, until, type Ran, type Row } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { newParty, redeem, register, signIn, userinfo } from '../support/rp.ts'

type Json = Readonly<Record<string, unknown>>

describe('What somebody changes in the file shows (rule 7, attack 35)', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let folder: string
  let stream: string
  let transaction: string
  let rows: readonly Row[]

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-tamper-'))
    here = await brokerHere()
    const shop = await register(here, await newParty('shop'))
    for (let number = 0; number < 2; number += 1) {
      const signedIn = await signIn(here, shop)
      const { json } = await redeem(here, shop, signedIn)
      expect((await userinfo(here, String(json['access_token']))).status).to.equal(200)
      transaction = signedIn.transaction
    }
    stream = `authorization-${transaction}`
    const head = await here.broker.world.journal.store.head()
    for (const runner of here.broker.runners) await until('the registers stand at the head', () => runner.reached(head, 5000))
    await here.broker.close()
    rows = readEvents(here.data, `s.name = '${stream}'`)
    expect(rows.length).to.be.at.least(9)
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
    rmSync(join(here.data, '..'), { recursive: true, force: true })
  })

  let copies = 0

  /** A folder of its own in which somebody was at work. */
  const tampered = (act: (db: DatabaseSync) => void): string => {
    const data = join(folder, String((copies += 1)))
    cpSync(here.data, data, { recursive: true })
    const db = new DatabaseSync(join(data, 'events.db'))
    try {
      db.exec('PRAGMA foreign_keys = OFF')
      act(db)
    } finally {
      db.close()
    }
    return data
  }

  const cli = (data: string, ...args: readonly string[]): Promise<Ran> => runCli([...args, '--data', data])

  /** All three ways of looking name it. */
  const expectNoticed = async (data: string, { position, revision }: Pick<Row, 'position' | 'revision'>, what: string): Promise<void> => {
    const [events, show, audit] = await Promise.all([
      cli(data, 'events', 'verify', '--json'),
      cli(data, 'tx', 'show', transaction),
      cli(data, 'audit', 'verify'),
    ])
    expect(events.code, `${what}: events verify ${events.out}${events.err}`).to.equal(1)
    // What is missing from the log is named by its place, what is wrong in it by its stream as well.
    const first = events.out.startsWith('{') ? (JSON.parse(events.out) as { readonly first?: Json }).first : undefined
    if (first === undefined) expect(events.out + events.err, what).to.include(`position ${position}`)
    else {
      expect(first, what).to.include({ stream })
      expect(Number(first['position'] ?? position), `${what}: names the first wrong event`).to.be.within(position - 1, position + 1)
    }
    expect(show.code, `${what}: tx show ${show.out}${show.err}`).to.equal(1)
    // Of two that changed places either is the first wrong one, by what was read.
    const near = [revision - 1, revision, revision + 1].join('|')
    expect(show.out + show.err, `${what}: tx show names the event`)
      .to.match(new RegExp(`\\b(?:${near})\\b`))
      .and.include(transaction)
    expect(audit.code, `${what}: audit verify ${audit.out}${audit.err}`).to.equal(1)
  }

  it('nothing is found where nobody was at work', async () => {
    const data = tampered(() => undefined)
    for (const args of [
      ['events', 'verify'],
      ['audit', 'verify'],
      ['tx', 'show', transaction],
      ['tx', 'replay', '--all'],
    ])
      expect((await cli(data, ...args)).code, args.join(' ')).to.equal(0)
  })

  const flipped = (text: string, at: number): string => {
    const bytes = Buffer.from(text)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    return bytes.toString()
  }

  for (const [column, where] of [
    ['data', 'the middle'],
    ['metadata', 'the middle'],
    ['metadata', 'the end'],
    ['type', 'the end'],
  ] as const)
    it(`one bit of ${column} in ${where}`, async () => {
      const row = rows[5] as Row
      const text = row[column]
      const at = where === 'the end' ? Buffer.byteLength(text) - (column === 'metadata' ? 8 : 1) : Math.floor(Buffer.byteLength(text) / 2)
      const data = tampered((db) => {
        db.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(flipped(text, at), row.position)
      })
      await expectNoticed(data, row, `${column} ${where}`)
    })

  it('any byte of any event of any stream: `events verify` names that event', async () => {
    const again = await brokerHere({ data: tampered(() => undefined) })
    try {
      const { store } = again.broker.world.journal
      const { events: all } = await store.readAll({ max: 4096 })
      for (const target of all)
        for (const column of ['data', 'metadata'] as const)
          for (let at = 1; at < Buffer.byteLength(target[column]); at += 41) {
            const changed = { ...target, [column]: flipped(target[column], at) }
            const read = all.map((event) => (event === target ? changed : event))
            const verdict = await verifyEvents(
              { ...store, readAll: async () => ({ events: read, next: undefined, end: true }) },
              () => undefined,
            )
            expect(verdict.first, `${column} ${at} of ${target.stream} ${target.revision}`).to.include({
              stream: target.stream,
              revision: target.revision,
            })
          }
      expect(all.length).to.be.at.least(25)
    } finally {
      await again.end()
    }
  })

  it('one bit of the id', async () => {
    const row = rows[5] as Row
    const data = tampered((db) => {
      const [{ id } = { id: new Uint8Array() }] = db.prepare('SELECT id FROM events WHERE position = ?').all(row.position) as {
        id: Uint8Array
      }[]
      const changed = Uint8Array.from(id)
      changed[15] = (changed[15] ?? 0) ^ 1
      db.prepare('UPDATE events SET id = ? WHERE position = ?').run(changed, row.position)
    })
    expect((await cli(data, 'events', 'verify')).code).to.equal(1)
  })

  it('a number that somebody made larger, with a digest that they made to fit, breaks what follows', async () => {
    const row = rows[3] as Row
    const next = rows[4] as Row
    const data = tampered((db) => {
      db.prepare('UPDATE events SET metadata = ? WHERE position = ?').run(next.metadata, row.position)
    })
    await expectNoticed(data, row, 'metadata of another event')
  })

  it('a row dropped from the middle', async () => {
    const row = rows[4] as Row
    const data = tampered((db) => {
      db.prepare('DELETE FROM events WHERE position = ?').run(row.position)
    })
    await expectNoticed(data, row, 'dropped')
  })

  it('the last row of a stream dropped', async () => {
    const row = rows.at(-1) as Row
    const data = tampered((db) => {
      db.prepare('DELETE FROM events WHERE position = ?').run(row.position)
    })
    const [events, audit] = await Promise.all([cli(data, 'events', 'verify'), cli(data, 'audit', 'verify')])
    expect([events.code, audit.code]).to.deep.equal([1, 1])
  })

  it('the last row dropped, and the stream’s own count with it: the audit log misses it', async () => {
    const data = tampered((db) => {
      const [{ last } = { last: 0 }] = db.prepare('SELECT max(position) AS last FROM events').all() as { last: number }[]
      db.prepare('UPDATE streams SET revision = revision - 1 WHERE id = (SELECT stream FROM events WHERE position = ?)').run(last)
      db.prepare('DELETE FROM events WHERE position = ?').run(last)
    })
    expect((await cli(data, 'audit', 'verify')).code).to.equal(1)
  })

  it('two rows swapped', async () => {
    const [one, other] = [rows[4] as Row, rows[5] as Row]
    const data = tampered((db) => {
      const set = db.prepare('UPDATE events SET revision = ? WHERE position = ?')
      set.run(1000, one.position)
      set.run(one.revision, other.position)
      set.run(other.revision, one.position)
    })
    await expectNoticed(data, one, 'swapped revisions')
    const contents = tampered((db) => {
      const set = db.prepare('UPDATE events SET type = ?, data = ?, metadata = ? WHERE position = ?')
      set.run(other.type, other.data, other.metadata, one.position)
      set.run(one.type, one.data, one.metadata, other.position)
    })
    await expectNoticed(contents, one, 'swapped contents')
  })

  it('an edited audit record', async () => {
    const data = tampered(() => undefined)
    const db = new DatabaseSync(join(data, 'views.db'))
    const tables = (db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all() as { readonly name: string }[]).map(
      ({ name }) => name,
    )
    const name = tables.find((table) => /audit/.test(table) && /record/.test(table))
    expect(name, tables.join(' ')).not.to.be.undefined
    const columns = (db.prepare(`PRAGMA table_info("${name}")`).all() as { readonly name: string }[]).map((column) => column.name)
    const column = columns.find((candidate) => ['row', 'body', 'json', 'content', 'data'].includes(candidate)) ?? columns.at(-1)
    const [{ changes }] = [db.prepare(`UPDATE "${name}" SET "${column}" = replace("${column}", 'Authenticated', 'Authenticateb')`).run()]
    db.close()
    expect(Number(changes)).to.be.greaterThan(0)
    expect((await cli(data, 'audit', 'verify')).code).to.equal(1)
  })

  it('a broker does not serve a login whose stream was changed', async () => {
    const row = rows[5] as Row
    const data = tampered((db) => {
      db.prepare('UPDATE events SET data = ? WHERE position = ?').run(flipped(row.data, 10), row.position)
    })
    const replay = await cli(data, 'tx', 'replay', transaction)
    expect(replay.code).to.equal(1)
    const again = await brokerHere({ data })
    try {
      const fault = await again.broker.world.journal.read(stream).catch((error: unknown) => error)
      expect(fault).to.include({ code: 'corrupt' })
    } finally {
      await again.end()
    }
  })
})
