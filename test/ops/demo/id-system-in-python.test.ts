import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPair } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { byUrl } from '../../../adapters/id-system/http/by-url.ts'
import { signerOf } from '../../../adapters/id-system/http/signing.ts'
import { helpOf, readFixtures, runKit, type FixtureFile } from '../../../adapters/id-system/kit/kit.ts'
import type { Json } from '../../../adapters/id-system/plugin.ts'
import { parseObject } from '../../../domain/json.ts'
import { readEvents, ROOT, runCli, until } from '../../support/broker.ts'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { systemTimers as timers } from '../../support/plugin-world.ts'
import { accept, begin, callbackOf, newParty, redeem, register, userinfo } from '../../support/rp.ts'

const EXAMPLE = join(ROOT, 'ops/demo/id-system-in-python')
const IMANI = { id: { type: 'uin', value: '3141592653' }, pin: '424242' } as const

const clock = { now: () => new Date().toISOString() }

describe('ops/demo/id-system-in-python: an ID system in another language', function () {
  this.timeout(180_000)
  const folder = mkdtempSync(join(tmpdir(), 'python-'))
  const data = join(folder, 'data')
  const signingKeyFile = join(folder, 'id-system.pem')
  let python: ChildProcess
  let said = ''
  let url = ''
  let settings: { readonly [name: string]: Json }
  let fixtures: FixtureFile

  const makeKey = async (file: string): Promise<void> => {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  }

  before(async () => {
    await makeKey(signingKeyFile)
    const keys = join(folder, 'keys.json')
    writeFileSync(keys, (await runCli(['plugin', 'key', signingKeyFile])).out)
    python = spawn('python3', [join(EXAMPLE, 'kit_server.py'), '--port', '0', '--keys', keys, '--data', data])
    for (const stream of [python.stdout, python.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const authority = await until('the ID system listens', () => /listening as (\S+)/.exec(said)?.[1], 20_000)
    url = `http://${authority}`
    const given = { signingKeyFile, allowLoopbackHttp: true }
    ;({ settings } = await byUrl({ module: url, settings: given }))
    const read = readFixtures({
      ...parseObject(readFileSync(join(EXAMPLE, 'fixtures.json'), 'utf8')),
      helper: { program: ['python3', join(EXAMPLE, 'kit_helper.py'), data], can: ['codes', 'outage', 'slow', 'time'] },
    })
    if (!read.ok) throw new Error(read.problems.join())
    ;({ fixtures } = read)
  })
  after(async () => {
    python.kill()
    if (python.exitCode === null) await once(python, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })

  it('says of itself what service.json says', () => {
    expect(settings['service']).to.deep.equal(parseObject(readFileSync(join(EXAMPLE, 'service.json'), 'utf8')))
  })

  it('takes what the broker signed, once and in time, and nothing else', async () => {
    const signer = await signerOf(readFileSync(signingKeyFile, 'utf8'), { clock, chance })
    const asked = (proof: string = IMANI.pin) =>
      Buffer.from(
        JSON.stringify({
          ...{ idempotencyKey: chance.uuid(), deadline: clock.now(), transaction: 'tx_1', client: 'harbour' },
          ...{ id: IMANI.id, factor: 'pin', proof },
        }),
      )
    const post = async (headers: Readonly<Record<string, string>>, body: Uint8Array<ArrayBuffer>, path = '/verify'): Promise<number> =>
      (await fetch(`${url}${path}`, { method: 'POST', headers: { ...headers, connection: 'close' }, body })).status
    const body = asked()
    const headers = await signer.sign('POST', new URL(`${url}/verify`), body)
    expect(await post(headers, body, '/send')).to.equal(401)
    expect(await post(headers, asked('424243'))).to.equal(401)
    expect(await post({ ...headers, 'content-type': 'text/plain' }, body)).to.equal(401)
    expect(await post({ ...headers, signature: headers['signature']!.replace(/:.{6}/, ':AAAAAA') }, body)).to.equal(401)
    expect(await post({ ...headers, 'signature-input': headers['signature-input']!.replace(' "content-digest"', '') }, body)).to.equal(401)
    expect(await post({ 'content-type': 'application/json' }, body)).to.equal(401)
    expect(await post(headers, body)).to.equal(200)
    expect(await post(headers, body), 'again').to.equal(401)
    expect(await post(await signer.sign('POST', new URL('http://other.example/verify'), body), body), 'for another').to.equal(401)
    const past = { now: () => new Date(Date.now() - 61_000).toISOString() }
    const early = await signerOf(readFileSync(signingKeyFile, 'utf8'), { clock: past, chance })
    expect(await post(await early.sign('POST', new URL(`${url}/verify`), body), body), 'late').to.equal(401)
    await makeKey(join(folder, 'stranger.pem'))
    const stranger = await signerOf(readFileSync(join(folder, 'stranger.pem'), 'utf8'), { clock, chance })
    expect(await post(await stranger.sign('POST', new URL(`${url}/verify`), body), body), 'by another').to.equal(401)
  })

  describe('behind the whole broker', () => {
    let here: BrokerHere

    before(async () => {
      here = await brokerHere({ choices: () => [{ module: 'http', settings }] })
    })
    after(() => here.end())

    it('a person signs in by a code that it sent, and the relying party gets the claims that it told', async () => {
      const shop = await register(here, await newParty('shop', 'ES256', { claims: ['name', 'birthdate', 'email', 'phone_number'] }))
      const begun = await begin(here, shop)
      const { browser, transaction } = begun
      const choices = { individual_id: IMANI.id.value, factor: 'otp' }
      const sent = await browser.submit(begun.page, 'form-choose', { values: choices })
      const outbox = (): readonly string[] => readFileSync(join(data, 'outbox.jsonl'), 'utf8').split('\n')
      const line = await until('a code', () => outbox().find((message) => message.includes(transaction)), 30_000)
      const { code } = parseObject(line) as { readonly code: string }
      const proven = await browser.submit(sent, 'form-otp', { values: { otp: code } })
      const callback = callbackOf(await accept(browser, proven, ['email']))
      const tokens = await redeem(here, shop, { ...begun, code: callback.searchParams.get('code') ?? '' })
      const told = await userinfo(here, String(tokens.json['access_token']))
      const claims = decodeJwt(told.body)
      expect(claims).to.include({ birthdate: '1991-04-17', email: 'imani.okoro@mail.almaria.example' })
      expect(JSON.stringify(claims)).to.include('Imani Okoro').and.not.to.include('+999205550301')
      const events = readEvents(here.data)
        .map((row) => row.data)
        .join('\n')
      for (const secret of [IMANI.id.value, code, 'Imani', 'imani.okoro']) expect(events).not.to.include(secret)
    })

    it('it is told of the consent, which it follows (rule 15)', async () => {
      const [given] = readEvents(here.data, `e.type = 'ConsentGiven'`)
      expect(given).not.to.equal(undefined)
      const db = new DatabaseSync(join(data, 'id-system.db'), { readOnly: true })
      await until('the fact', () => Number(db.prepare('SELECT count(*) AS facts FROM facts').get()?.['facts']) >= 1, 30_000)
      db.close()
    })
  })

  it('conforms', async () => {
    const dataDirectory = mkdtempSync(join(folder, 'kit-'))
    const help = helpOf(fixtures, EXAMPLE, dataDirectory)
    const { checks, conforms } = await runKit({ module: 'http', settings, fixtures, help, clock, chance, timers, dataDirectory })
    expect(checks.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'left_out')).to.deep.equal([])
    expect(conforms).to.equal(true)
    expect(said, 'what it printed').not.to.match(/3141592653|424242|Imani/)
  })
})
