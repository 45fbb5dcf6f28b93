import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { verifyPackage } from '../../../src/audit/verify.mjs'
import { rotateKey, tendKeys } from '../../../src/steps/tend-keys.ts'
import { AUDIT_ALGORITHM, auditing } from '../../../src/audit/auditing.ts'
import { systemChance } from '../../support/chance.ts'
import { packaging, type Packaging } from '../../support/package.ts'

const run = promisify(execFile)

describe('packages of the audit log (REG-09, REG-16): written, and verified with plain Node', function () {
  this.timeout(60_000)
  let folder: string
  let world: Packaging
  let held: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-packages-'))
    world = await packaging()
    await world.logins(2)
    held = join(folder, 'held.jws')
    writeFileSync(held, `${await world.checkpoint()}\n`)
    await world.logins(2)
    await world.export(join(folder, 'whole'))
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await world.close()
  })

  const at = (name: string): string => join(folder, name)

  it('holds by itself, and says by which key it is signed', async () => {
    const verdict = await verifyPackage(at('whole'))
    expect(verdict.problems).to.deep.equal([])
    expect(verdict.records).to.equal(await world.views.count('audit-log', 'records'))
    expect(verdict.notes.join(' ')).to.match(/signed by key [\w-]{43}/)
  })

  it('goes on from a checkpoint, from an older package and from its manifest.jws', async () => {
    await world.export(at('older'))
    await world.logins(1)
    await world.export(at('newer'))
    for (const since of [held, at('older'), join(at('older'), 'manifest.jws')]) {
      const verdict = await verifyPackage(at('newer'), { since: [since] })
      expect(verdict.problems, since).to.deep.equal([])
      expect(verdict.notes, since).to.deep.equal([])
    }
  })

  it('a cut tail shows against what is held: the older log has fewer records', async () => {
    await world.logins(1)
    const later = at('later.jws')
    writeFileSync(later, await world.checkpoint())
    const { first, wrong } = await verifyPackage(at('whole'), { since: [later] })
    expect(wrong).to.equal(1)
    expect(first?.n).to.equal((await verifyPackage(at('whole'))).records + 1)
    expect(first?.problem).to.match(/is missing: what you hold \(the checkpoint of .*\) was signed over/)
  })

  it('a part holds by itself, and says when it cannot be compared with what is held', async () => {
    await world.export(at('part'), { from: { n: 45 }, to: { n: 56 } })
    const alone = await verifyPackage(at('part'))
    expect(alone.problems).to.deep.equal([])
    expect(alone.records).to.equal(12)
    const { first } = await verifyPackage(at('part'), { since: [held] })
    expect(first?.problem).to.match(/cannot be compared with records 45 to 56/)
    await world.export(at('none'), { from: { n: 9999 } })
    expect((await verifyPackage(at('none'))).wrong).to.equal(0)
    await world.export(at('later'), { from: { at: world.clock.now().replace(/T.*/, 'T12:05:00.000Z') } })
    const later = await verifyPackage(at('later'))
    expect(later.problems).to.deep.equal([])
    expect(later.records).to.be.greaterThan(0)
  })

  it('a key that nothing held vouches for signs in vain', async () => {
    const other = await packaging()
    await other.logins(1)
    await other.export(at('other'))
    await other.close()
    const { problems } = await verifyPackage(at('other'), { since: [held] })
    expect(problems[0]?.problem).to.match(/which nothing that you hold vouches for/)
  })

  it('a change of keys is followed from a checkpoint that the old one signed', async () => {
    const signing = auditing({ ...world, chance: systemChance })
    await rotateKey(signing, AUDIT_ALGORITHM)
    await world.checkpoint()
    world.clock.pass(700_000)
    await tendKeys(signing, [AUDIT_ALGORITHM])
    await world.logins(1)
    await world.export(at('rotated'))
    const verdict = await verifyPackage(at('rotated'), { since: [held] })
    expect(verdict.problems).to.deep.equal([])
  })

  it('brings what it cites: notices, schemas, keys, and never replaces a file', async () => {
    expect(readdirSync(at('whole')).sort()).to.deep.equal(
      ['README.txt', 'artefacts.jsonl', 'audit.jsonl', 'keys.json', 'manifest.json', 'manifest.jws', 'schemas.json', 'verify.mjs'].sort(),
    )
    expect(readFileSync(join(at('whole'), 'artefacts.jsonl'), 'utf8')).to.include('"kind":"policy"')
    const failed = await world.export(at('whole')).catch((error: unknown) => error)
    expect(String(failed)).to.include('is there already')
  })

  it('runs on Node alone: an empty home, an empty folder, nothing installed', async () => {
    const empty = at('empty')
    mkdirSync(empty)
    const options = { cwd: empty, env: { HOME: empty } }
    const verifier = join(at('whole'), 'verify.mjs')
    const { stdout } = await run(process.execPath, [verifier, at('whole'), '--since', held], options)
    expect(stdout).to.match(/^\d+ records of https:\/\/id\.example hold: none was changed, dropped, added or moved\.\n$/)
    const wrong = await run(process.execPath, [verifier, at('other'), '--since', held], options).catch((error: unknown) => error)
    expect(wrong).to.include({ code: 1 })
    const usage = await run(process.execPath, [verifier, '--nonsense'], options).catch((error: unknown) => error)
    expect(usage).to.include({ code: 2 })
  })

  it('a second verifier, written from ops/audit-export.md alone, says the same (Python)', async () => {
    const script = join(import.meta.dirname, '../../support/verify-package.py')
    const { stdout } = await run('python3', [script, at('whole'), held])
    expect(stdout).to.equal(`OK ${String((await verifyPackage(at('whole'))).records)}\n`)
    const records = join(at('whole'), 'audit.jsonl')
    writeFileSync(records, readFileSync(records, 'utf8').replace('asked to sign', 'failed to sign'))
    const wrong = await run('python3', [script, at('whole'), held]).catch((error: unknown) => error)
    expect(wrong).to.include({ code: 1 })
    expect((await verifyPackage(at('whole'), { since: [held] })).first?.problem).to.match(/was changed: its bytes do not give its seal/)
  })
})
