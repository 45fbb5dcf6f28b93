import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { sqlitePersonKeys } from '../../../adapters/person-keys/sqlite/sqlite-person-keys.ts'
import type { Person, PersonKeys } from '../../../domain/ports.ts'
import { indexOf, personKeysContract } from '../../contracts/person-keys.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'

const key = chance.bytes(32)

personKeysContract('sqlite', (clock) => {
  const folder = mkdtempSync(join(tmpdir(), 'person-keys-'))
  const open = () => sqlitePersonKeys({ file: join(folder, 'person-keys.db'), clock, chance, key })
  return { keys: open(), again: open, end: () => rmSync(folder, { recursive: true }) }
})

describe('person keys: the file', () => {
  const clock = handClock()
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'person-keys-'))
    file = join(folder, 'person-keys.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = (under: Uint8Array = key): PersonKeys => sqlitePersonKeys({ file, clock, chance, key: under })
  const sqlite = <T>(act: (sql: DatabaseSync) => T): T => {
    const sql = new DatabaseSync(file)
    try {
      return act(sql)
    } finally {
      sql.close()
    }
  }
  /** Bytes of every file of the store. */
  const everything = (): Buffer =>
    Buffer.concat(
      ['', '-wal', '-shm', '-journal'].map((end) => file + end).flatMap((each) => (existsSync(each) ? [readFileSync(each)] : [])),
    )
  const wrappedOf = (person: Person): readonly Uint8Array[] =>
    sqlite((sql) =>
      sql
        .prepare('SELECT wrapped FROM by_ref JOIN slot ON id = slot WHERE ref = ?')
        .all(person.ref)
        .flatMap(({ wrapped }) => (wrapped instanceof Uint8Array ? [wrapped] : [])),
    )

  it('is readable by its owner only, and shows no key', async () => {
    const keys = open()
    const person = await keys.resolve(indexOf('one'))
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).to.equal(0)
    expect(everything().includes(person.key)).to.equal(false)
    await keys.close()
  })

  it('keeps persons through a close, under the same key only', async () => {
    const keys = open()
    const person = await keys.resolve(indexOf('one'))
    await keys.close()
    const again = open()
    expect((await again.find(indexOf('one')))?.ref).to.equal(person.ref)
    await again.close()
    const other = open(chance.bytes(32))
    expect(await faultOf(() => other.find(indexOf('one')))).to.equal('corrupt')
    await other.close()
    expect(await faultOf(() => open(new Uint8Array(16)))).to.equal('invalid')
  })

  for (const edit of [
    'UPDATE by_index SET slot = slot + 10; UPDATE by_index SET slot = 13 - slot',
    'UPDATE by_ref SET slot = slot + 10; UPDATE by_ref SET slot = 13 - slot',
    'UPDATE slot SET id = id + 10; UPDATE slot SET id = 13 - id',
    'UPDATE slot SET wrapped = zeroblob(length(wrapped))',
    "UPDATE slot SET wrapped = CAST(substr(wrapped, 1, length(wrapped) - 1) || x'00' AS BLOB) WHERE substr(wrapped, -1) <> x'00'",
    "UPDATE slot SET wrapped = x'00'",
  ]) {
    it(`does not serve a row after ${edit}`, async () => {
      const keys = open()
      const { ref } = await keys.resolve(indexOf('one'))
      await keys.resolve(indexOf('two'))
      await keys.close()
      sqlite((sql) => sql.exec(edit))
      const edited = open()
      const asked = [() => edited.find(indexOf('one')), () => edited.resolve(indexOf('one')), () => edited.byRef(ref)]
      const faults = await Promise.all(asked.map(faultOf))
      if (!edit.includes('by_ref')) expect(faults.slice(0, 2)).to.deep.equal(['corrupt', 'corrupt'])
      if (!edit.includes('by_index')) expect(faults[2]).to.equal('corrupt')
      await edited.erase(ref)
      await edited.close()
    })
  }

  it('holds no byte sequence of an erased row (rules 18 and 38)', async () => {
    const keys = open()
    const person = await keys.resolve(indexOf('uin'))
    await keys.join([indexOf('uin'), indexOf('phone')], person)
    const wrapped = wrappedOf(person)
    expect(wrapped).to.have.length(2)
    for (const each of wrapped) expect(everything().includes(each)).to.equal(true)
    await keys.erase(person.ref)
    const left = everything()
    for (const each of wrapped)
      for (let at = 8; at + 8 <= each.byteLength; at += 1) expect(left.includes(each.subarray(at, at + 8))).to.equal(false)
    for (const trace of [person.ref, indexOf('uin'), indexOf('phone')]) expect(left.includes(trace), trace).to.equal(false)
    await keys.close()
  })

  it('holds none in a large file either, where rows were moved from page to page', async () => {
    const keys = open()
    const people: Person[] = []
    for (let n = 0; n < 1500; n += 1) people.push(await keys.resolve(indexOf(`person ${n}`)))
    for (const [n, person] of people.entries()) if (n % 3 === 0) await keys.join([indexOf(`person ${n}`)], person)
    const erased = people.filter((_, n) => n % 30 === 0)
    const alive = new Set(people.filter((_, n) => n % 3 === 0 && n % 30 !== 0).map(({ ref }) => ref))
    const rows = sqlite((sql) => sql.prepare('SELECT ref, wrapped FROM by_ref JOIN slot ON id = slot').all())
    for (const person of erased) await keys.erase(person.ref)
    clock.pass(24 * 60 * 60 * 1000)
    expect(await keys.sweep()).to.equal(1000)
    for (let n = 0; n < 100; n += 1) await keys.resolve(indexOf(`newcomer ${n}`))
    const file = everything().toString('latin1')
    const left = new Set(Array.from({ length: file.length - 7 }, (_, at) => file.slice(at, at + 8)))
    for (const { ref, wrapped } of rows) {
      const text = wrapped instanceof Uint8Array ? Buffer.from(wrapped).toString('latin1') : ''
      for (const at of [8, 30, 60, 90, 118]) expect(left.has(text.slice(at, at + 8))).to.equal(alive.has(String(ref)))
    }
    expect(sqlite((sql) => sql.prepare('SELECT count(*) AS n FROM slot').get())?.['n']).to.equal(1500)
    await keys.close()
  })

  it('says ambiguous while a reader keeps traces alive, and finishes when asked again', async () => {
    const keys = open()
    const person = await keys.resolve(indexOf('uin'))
    const [wrapped] = wrappedOf(person)
    const reader = new DatabaseSync(file)
    reader.exec('BEGIN; SELECT * FROM slot')
    expect(await faultOf(() => keys.erase(person.ref))).to.equal('ambiguous')
    expect(await keys.find(indexOf('uin'))).to.equal(undefined)
    reader.exec('COMMIT')
    reader.close()
    expect(await keys.erase(person.ref)).to.equal(0)
    expect(wrapped && everything().includes(wrapped.subarray(8))).to.equal(false)
    await keys.close()
  })

  it('gives one person to processes that start and ask at once', async () => {
    const program = `
      const { sqlitePersonKeys } = await import(${JSON.stringify(new URL('../../../adapters/person-keys/sqlite/sqlite-person-keys.ts', import.meta.url).href)})
      const keys = sqlitePersonKeys({ file: process.argv[1], key: new Uint8Array(32), clock: { now: () => '2026-11-24T12:00:00.000Z' },
        chance: { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)), uuid: () => crypto.randomUUID() } })
      for (const index of process.argv.slice(2)) process.stdout.write((await keys.resolve(index)).ref + ' ')
      await keys.close()`
    const indexes = Array.from({ length: 30 }, (_, n) => indexOf(`racer ${n}`))
    const outputs = await Promise.all(
      Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, file, ...indexes])),
    )
    expect(new Set(outputs.map(({ stdout }) => stdout)).size).to.equal(1)
    expect(outputs[0]?.stdout.trim().split(' ')).to.have.length(30)
  })
})
