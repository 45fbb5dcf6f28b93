import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { sqliteSingleUse } from '../../../adapters/single-use/sqlite/sqlite-single-use.ts'
import { singleUseContract } from '../../contracts/single-use.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'

for (const [name, boot] of [
  ['sqlite', undefined],
  ['sqlite where starts of the machine cannot be told apart', () => undefined],
] as const) {
  singleUseContract(name, (clock) => {
    const folder = mkdtempSync(join(tmpdir(), 'single-use-'))
    const open = () => sqliteSingleUse({ file: join(folder, 'single-use.db'), clock, ...(boot && { boot }) })
    return { memory: open(), again: open, end: () => rmSync(folder, { recursive: true }) }
  })
}

describe('single use: the file', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'single-use-'))
    file = join(folder, 'single-use.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('remembers through a close, and shows no id', async () => {
    const clock = handClock()
    const memory = sqliteSingleUse({ file, clock })
    await memory.use('client-assertion', 'jti-that-is-not-written-down', clock.in(1000))
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).to.equal(0)
    for (const each of [file, `${file}-wal`]) if (existsSync(each)) expect(readFileSync(each).includes('jti-that-is')).to.equal(false)
    await memory.close()
    clock.pass(999)
    const again = sqliteSingleUse({ file, clock })
    expect(await again.use('client-assertion', 'jti-that-is-not-written-down', clock.in(1000))).to.equal(false)
    expect(await again.epoch()).to.equal(clock.in(-999))
    await again.close()
  })

  it('begins a new epoch when the file is gone (rule 32)', async () => {
    const clock = handClock()
    await sqliteSingleUse({ file, clock }).close()
    rmSync(file)
    clock.pass(5000)
    const again = sqliteSingleUse({ file, clock, first: false })
    expect(await faultOf(() => again.epoch()), 'what was used may be dated ahead').to.equal('unavailable')
    clock.pass(11_000)
    expect(await again.epoch()).to.equal(clock.now())
    await again.close()
  })

  it('begins a new epoch when the machine started again, because its last uses may be lost (rule 32)', async () => {
    const clock = handClock()
    const boots: (string | undefined)[] = []
    for (const boot of ['first', 'first', 'second', undefined, undefined, 'second']) {
      const memory = sqliteSingleUse({ file, clock, boot: () => boot })
      clock.pass(11_000)
      boots.push(await memory.epoch())
      await memory.close()
    }
    const at = (seconds: number): string => `2026-11-24T12:00:${String(seconds).padStart(2, '0')}.000Z`
    // Each time later than anything that may have been used before, and is forgotten.
    expect(boots).to.deep.equal([at(0), at(0), at(33), at(44), at(44), '2026-11-24T12:01:06.000Z'])
  })

  const module = JSON.stringify(new URL('../../../adapters/single-use/sqlite/sqlite-single-use.ts', import.meta.url).href)

  it('lets one of several processes through', async () => {
    const program = `
      const { sqliteSingleUse } = await import(${module})
      const memory = sqliteSingleUse({ file: process.argv[1], clock: { now: () => '2026-11-24T12:00:00.000Z' } })
      for (let n = 0; n < 200; n += 1) if (await memory.use('dpop', 'jti-' + n, '2026-11-24T12:05:00.000Z')) process.stdout.write(n + ' ')
      await memory.close()`
    const outputs = await Promise.all(
      Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, file])),
    )
    const firsts = outputs.flatMap(({ stdout }) => stdout.trim().split(' ').filter(Boolean).map(Number))
    expect(firsts.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 200 }, (_, n) => n))
  })

  it('remembers every use that was answered before the process was killed', async () => {
    const program = `
      const { sqliteSingleUse } = await import(${module})
      const memory = sqliteSingleUse({ file: process.argv[1], clock: { now: () => '2026-11-24T12:00:00.000Z' } })
      for (let n = 0; n < 1e6; n += 1) {
        await memory.use('dpop', 'jti-' + n, '2026-11-24T12:05:00.000Z')
        process.stdout.write(n + '\\n')
        if (n % 50 === 0) await new Promise((done) => setImmediate(done))
      }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    let heard = ''
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        heard += chunk.toString()
        if (heard.length > 10_000) child.kill('SIGKILL')
      })
      child.on('close', () => resolve())
    })
    const last = Number(heard.slice(0, heard.lastIndexOf('\n')).split('\n').at(-1))
    const memory = sqliteSingleUse({ file, clock: handClock() })
    expect(last).to.be.greaterThan(1000)
    for (let n = 0; n <= last; n += 1) expect(await memory.use('dpop', `jti-${n}`, '2026-11-24T12:05:00.000Z'), String(n)).to.equal(false)
    await memory.close()
  })
})
