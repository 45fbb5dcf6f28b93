import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { sqliteVault } from '../../../adapters/vault/sqlite/sqlite-vault.ts'
import { Fault } from '../../../domain/ports.ts'
import { vaultContract } from '../../contracts/vault.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'

const key = chance.bytes(32)
const secret = Buffer.from('a value that must not be legible in any file')

vaultContract('sqlite', (clock) => {
  const folder = mkdtempSync(join(tmpdir(), 'vault-'))
  const open = () => sqliteVault({ file: join(folder, 'vault.db'), clock, chance, key })
  return { vault: open(), again: open, end: () => rmSync(folder, { recursive: true }) }
})

describe('vault: the file', () => {
  const clock = handClock()
  let folder: string
  let file: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vault-'))
    file = join(folder, 'inside', 'vault.db')
  })
  after(() => rmSync(folder, { recursive: true }))

  const rows = (statement: string): void => {
    const sql = new DatabaseSync(file)
    sql.exec(statement)
    sql.close()
  }

  it('is readable by its owner only and shows no secret', async () => {
    const vault = sqliteVault({ file, clock, chance, key })
    await vault.put('authorization-1/request', secret, clock.in(60_000))
    for (const each of [file, `${file}-wal`]) {
      if (process.platform !== 'win32') expect(statSync(each).mode & 0o077, each).to.equal(0)
      expect(readFileSync(each).includes(secret), each).to.equal(false)
    }
    await vault.close()
  })

  it('survives being closed', async () => {
    const vault = sqliteVault({ file, clock, chance, key })
    expect(Buffer.from((await vault.get('authorization-1/request')) ?? []).equals(secret)).to.equal(true)
    await vault.close()
  })

  it('does not open a row under another name, another key or after a change: corrupt, never served', async () => {
    const other = sqliteVault({ file, clock, chance, key: chance.bytes(32) })
    expect(await faultOf(() => other.get('authorization-1/request'))).to.equal('corrupt')
    await other.close()
    rows(`UPDATE secret SET name = 'authorization-2/request'`)
    const moved = sqliteVault({ file, clock, chance, key })
    expect(await faultOf(() => moved.get('authorization-2/request'))).to.equal('corrupt')
    await moved.close()
    rows(`UPDATE secret SET name = 'authorization-1/request', sealed = CAST(substr(sealed, 1, length(sealed) - 1) || x'00' AS BLOB)`)
    const changed = sqliteVault({ file, clock, chance, key })
    expect(await faultOf(() => changed.get('authorization-1/request'))).to.equal('corrupt')
    await changed.remove('authorization-1/request')
    await changed.close()
  })

  it('holds no trace of a sealed row once it was swept (rule 38)', async () => {
    const vault = sqliteVault({ file, clock, chance, key })
    const sizes = [100, 3000, 30_000]
    for (const size of sizes) await vault.put(`authorization-3/${size}`, new Uint8Array(size), clock.in(1000))
    const reader = new DatabaseSync(file)
    const sealed = reader.prepare('SELECT sealed FROM secret').all()
    reader.close()
    clock.pass(1000)
    expect(await vault.sweep()).to.equal(3)
    const left = Buffer.concat([readFileSync(file), readFileSync(`${file}-wal`)])
    for (const { sealed: row } of sealed) {
      expect(row).to.be.instanceOf(Uint8Array)
      for (let at = 0; row instanceof Uint8Array && at + 32 <= row.byteLength; at += 1000) {
        expect(left.includes(row.subarray(at, at + 32))).to.equal(false)
      }
    }
    await vault.close()
  })

  it('says unavailable while another process holds the lock, and goes on afterwards', async () => {
    const vault = sqliteVault({ file, clock, chance, key })
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    try {
      await vault.put('authorization-4/request', secret, clock.in(1000))
      expect.fail('the lock was held')
    } catch (error) {
      expect(error).to.be.instanceOf(Fault).and.include({ code: 'unavailable' })
      expect(error).to.have.property('retryAfterMs').that.is.greaterThan(0)
    }
    expect(await vault.get('authorization-4/request')).to.equal(undefined)
    other.exec('ROLLBACK')
    other.close()
    await vault.put('authorization-4/request', secret, clock.in(1000))
    await vault.close()
  })

  it('does not take a file that is no database for one', async () => {
    const odd = join(folder, 'odd.db')
    writeFileSync(odd, 'x'.repeat(5000))
    expect(await faultOf(() => sqliteVault({ file: odd, clock, chance, key }))).to.equal('corrupt')
  })

  it('refuses a key that is not 32 bytes', async () => {
    expect(await faultOf(() => sqliteVault({ file, clock, chance, key: new Uint8Array(16) }))).to.equal('invalid')
  })
})

describe('vault: a process that is killed', () => {
  it('leaves every row that was answered', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vault-'))
    const file = join(folder, 'vault.db')
    const program = `
      const { sqliteVault } = await import(${JSON.stringify(new URL('../../../adapters/vault/sqlite/sqlite-vault.ts', import.meta.url).href)})
      const vault = sqliteVault({ file: process.argv[1], clock: { now: () => '2026-11-24T12:00:00.000Z' }, key: new Uint8Array(32),
        chance: { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)), uuid: () => crypto.randomUUID() } })
      for (let n = 0; n < 1e6; n += 1) {
        await vault.put('authorization-' + n, new Uint8Array(700).fill(n), '2026-11-25T12:00:00.000Z')
        process.stdout.write(n + '\\n')
        if (n % 50 === 0) await new Promise((done) => setImmediate(done))
      }`
    const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let heard = ''
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        heard += chunk.toString()
        if (heard.length > 10_000) child.kill('SIGKILL')
      })
      child.on('close', () => resolve())
    })
    const last = Number(heard.slice(0, heard.lastIndexOf('\n')).split('\n').at(-1))
    const vault = sqliteVault({ file, clock: handClock(), chance, key: new Uint8Array(32) })
    expect(last).to.be.greaterThan(1000)
    for (let n = 0; n <= last; n += 1) expect((await vault.get(`authorization-${n}`))?.[699], String(n)).to.equal(n % 256)
    await vault.close()
    rmSync(folder, { recursive: true })
  })
})
