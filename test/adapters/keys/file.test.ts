import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { fileKeyStore } from '../../../adapters/keys/file/file-key-store.ts'
import type { KeyStore } from '../../../domain/ports.ts'
import { keyStoreContract } from '../../contracts/key-store.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'

const clock = handClock()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

for (const [name, masterKey] of [
  ['file', undefined],
  ['file with a master key from elsewhere', chance.bytes(32)],
] as const) {
  keyStoreContract(name, (theClock, theChance) => {
    const folder = mkdtempSync(join(tmpdir(), 'keys-'))
    const open = () =>
      fileKeyStore({ directory: join(folder, 'keys'), clock: theClock, chance: theChance, ...(masterKey && { masterKey }) })
    return { keys: open(), again: open, end: () => rmSync(folder, { recursive: true }) }
  })
}

describe('key store: the directory', () => {
  let folder: string
  let directory: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keys-'))
    directory = join(folder, 'data', 'keys')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = (masterKey?: Uint8Array): KeyStore => fileKeyStore({ directory, clock, chance, ...(masterKey && { masterKey }) })
  const opening = (masterKey?: Uint8Array) => faultOf(() => open(masterKey))
  const edit = (name: string, change: (text: string) => string): void =>
    writeFileSync(join(directory, name), change(readFileSync(join(directory, name), 'utf8')))

  it('holds files that only the owner may read, and no others', async () => {
    const keys = open()
    const [one, two] = [await keys.make('ES256'), await keys.make('EdDSA')]
    await keys.disable(two.kid)
    const signing = [`signing-${one.kid}.json`, `public-${two.kid}.json`]
    expect(readdirSync(directory)).to.have.members(['keys.json', 'master.key', 'subject.key', ...signing])
    if (process.platform === 'win32') return
    expect(statSync(directory).mode & 0o777).to.equal(0o700)
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777, name).to.equal(0o600)
  })

  it('writes no master key when one is given, and is of no use without it', async () => {
    const masterKey = chance.bytes(32)
    await open(masterKey).make('ES256')
    expect(readdirSync(directory)).not.to.include('master.key')
    expect(await opening(chance.bytes(32))).to.equal('corrupt')
    expect(await opening()).to.equal('corrupt')
    expect(await opening(masterKey)).to.equal('none')
    expect(await opening(new Uint8Array(16))).to.equal('invalid')
  })

  it('shows neither the subject key nor a signing key in any file', async () => {
    const keys = open()
    const subject = Buffer.from(await keys.secret('subject'))
    await keys.make('EdDSA')
    for (const name of readdirSync(directory)) {
      const text = readFileSync(join(directory, name), 'utf8')
      for (const form of ['hex', 'base64', 'base64url'] as const) expect(text.includes(subject.toString(form)), name).to.equal(false)
      // The head of every Ed25519 key in PKCS #8, in base64.
      expect(text.includes('MC4CAQAwBQYDK2Vw'), name).to.equal(false)
    }
  })

  it('refuses a directory or a file that is open to others', async () => {
    // Windows has no modes to read.
    if (process.platform === 'win32') return
    open()
    for (const [path, mode, right] of [
      [directory, 0o750, 0o700],
      [directory, 0o701, 0o700],
      [join(directory, 'master.key'), 0o640, 0o600],
      [join(directory, 'subject.key'), 0o604, 0o600],
      [join(directory, 'keys.json'), 0o620, 0o600],
    ] as const) {
      chmodSync(path, mode)
      expect(await opening(), path).to.equal('invalid')
      chmodSync(path, right)
      expect(await opening(), path).to.equal('none')
    }
  })

  it('never makes a new master or subject key where one has been (rule 19)', async () => {
    open()
    for (const name of ['master.key', 'subject.key']) {
      const text = readFileSync(join(directory, name), 'utf8')
      rmSync(join(directory, name))
      expect(await opening(), name).to.equal('corrupt')
      expect(readdirSync(directory), name).not.to.include(name)
      writeFileSync(join(directory, name), text, { mode: 0o600 })
      expect(await opening(), name).to.equal('none')
    }
  })

  it('refuses a subject key whose digest is not the recorded one (rule 19)', async () => {
    const masterKey = chance.bytes(32)
    const subject = hex(await open(masterKey).secret('subject'))
    const record = readFileSync(join(directory, 'keys.json'), 'utf8')
    rmSync(directory, { recursive: true })
    expect(hex(await open(masterKey).secret('subject'))).not.to.equal(subject)
    writeFileSync(join(directory, 'keys.json'), record)
    expect(await opening(masterKey)).to.equal('corrupt')
  })

  it('records the digest again after a crash between making the key and recording it', async () => {
    const subject = hex(await open().secret('subject'))
    rmSync(join(directory, 'keys.json'))
    expect(hex(await open().secret('subject'))).to.equal(subject)
    expect(readdirSync(directory)).to.include('keys.json')
  })

  for (const half of ['signing', 'public'] as const)
    it(`serves no key from a damaged file of the ${half} half, and goes on when it was repaired`, async () => {
      const maker = open()
      const { kid } = await maker.make('ES256')
      if (half === 'public') await maker.disable(kid)
      const file = `${half}-${kid}.json`
      const whole = readFileSync(join(directory, file), 'utf8')
      const damages: readonly ((text: string) => string)[] = [
        () => '',
        () => '{}',
        () => '[]',
        () => 'x'.repeat(70_000),
        (text) => text.replace('"sealed": "', '"sealed": "A'),
        (text) => text.replace(/"sealed": "[^"]*"/, '"sealed": "AAAA"'),
        (text) => text.replace('"alg": "ES256"', '"alg": "EdDSA"'),
        (text) => text.replace('"alg": "ES256"', '"alg": "none"'),
        (text) => text.replace(/"masterKeyId": "[^"]*"/, '"masterKeyId": "AAAAAAAAAAAAAAAA"'),
      ]
      const keys = open()
      for (const damage of damages) {
        edit(file, damage)
        expect(await faultOf(() => keys.held()), String(damage)).to.equal('corrupt')
        expect(await faultOf(async () => keys.sign(kid, Buffer.from('x')))).to.equal(half === 'signing' ? 'corrupt' : 'invalid')
        edit(file, () => whole)
      }
      expect((await keys.held()).map((key) => key.kid)).to.deep.equal([kid])
    })

  it('takes no key that was put there under another name, nor a half for the other', async () => {
    const { kid } = await open().make('RS256')
    const whole = readFileSync(join(directory, `signing-${kid}.json`))
    for (const name of [`signing-${'A'.repeat(43)}.json`, `public-${'A'.repeat(43)}.json`]) {
      writeFileSync(join(directory, name), whole, { mode: 0o600 })
      expect(await faultOf(() => open().held()), name).to.equal('corrupt')
      rmSync(join(directory, name))
    }
    expect(await open().held()).to.have.length(1)
  })

  it('finishes the destruction of a private half that a crash interrupted', async () => {
    const keys = open()
    const { kid } = await keys.make('EdDSA')
    const whole = readFileSync(join(directory, `signing-${kid}.json`))
    await keys.disable(kid)
    writeFileSync(join(directory, `signing-${kid}.json`), whole, { mode: 0o600 })
    const next = open()
    expect((await next.held()).map(({ signs }) => signs)).to.deep.equal([true])
    await next.disable(kid)
    expect((await next.held()).map(({ signs }) => signs)).to.deep.equal([false])
    expect(readdirSync(directory)).not.to.include(`signing-${kid}.json`)
  })

  it('goes on with the same keys in processes that start at once', async () => {
    const program = `
      const { fileKeyStore } = await import(${JSON.stringify(new URL('../../../adapters/keys/file/file-key-store.ts', import.meta.url).href)})
      const keys = fileKeyStore({ directory: process.argv[1], clock: { now: () => '2026-11-24T12:00:00.000Z' },
        chance: { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)), uuid: () => crypto.randomUUID() } })
      const secrets = await Promise.all(['vault', 'subject'].map(keys.secret))
      process.stdout.write(secrets.map((secret) => Buffer.from(secret).toString('hex')).join(' '))`
    for (let round = 0; round < 2; round += 1) {
      const outputs = await Promise.all(
        Array.from({ length: 5 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, directory])),
      )
      expect(new Set(outputs.map(({ stdout }) => stdout)).size).to.equal(1)
      expect(readdirSync(directory)).to.have.length(3)
      rmSync(directory, { recursive: true })
    }
  })
})
