import { describe, it, before, after, afterEach } from 'mocha'
import { expect } from 'chai'
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { promisify } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { byUrl } from '../../../adapters/id-system/http/by-url.ts'
import { factSchema, openApi, requestSchemas } from '../../../adapters/id-system/http/contract.ts'
import * as http from '../../../adapters/id-system/http/plugin.ts'
import { problemsWith } from '../../../adapters/id-system/description.ts'
import { readFixtures } from '../../../adapters/id-system/kit/kit.ts'
import { describe as describeMock, mockPlugin, readOutbox, setFaults } from '../../../adapters/id-system/mock/plugin.ts'
import type {
  IdSystem,
  Json,
  NotifyRequest,
  RecordedFact,
  ReleaseRequest,
  SendRequest,
  VerifyRequest,
} from '../../../adapters/id-system/plugin.ts'
import { loadPlugin } from '../../../adapters/id-system/registry.ts'
import { idSystemContract } from '../../contracts/id-system.ts'
import { freePorts } from '../../support/broker.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'
import { httpIdSystem, type HttpIdSystem } from '../../support/http-id-system.ts'
import { logBook, systemTimers as timers } from '../../support/plugin-world.ts'

const read = readFixtures(JSON.parse(readFileSync(new URL('../../../ops/demo/fixtures/mock.json', import.meta.url), 'utf8')))
if (!read.ok) throw new Error(read.problems.join())
const { fixtures } = read
const MAYA = fixtures.valid.id

const folder = mkdtempSync(join(tmpdir(), 'http-id-system-'))
const mockFolder = join(folder, 'mock')
const clock = handClock()

const makeKey = async (type: 'ed25519' | 'rsa', bits = 2048): Promise<{ readonly publicKey: KeyObject; readonly file: string }> => {
  const make = promisify(generateKeyPair) as (name: string, options: object) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>
  const { publicKey, privateKey } = await make(type, type === 'rsa' ? { modulusLength: bits } : {})
  const file = join(folder, `${type}-${bits}.pem`)
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return { publicKey, file }
}

const description = { ...describeMock(), id: 'elsewhere' }

describe('http: an ID system in any language', () => {
  let system: IdSystem
  let server: HttpIdSystem
  let keyFile = ''
  const settings: { [name: string]: Json } = { allowLoopbackHttp: true, signingKeyFile: '', url: '', service: {} }

  before(async () => {
    mkdirSync(mockFolder)
    const { publicKey, file } = await makeKey('ed25519')
    keyFile = file
    system = await mockPlugin().open({}, { clock, chance, log: logBook().log, dataDirectory: mockFolder })
    server = await httpIdSystem({ system, description, key: publicKey, now: clock.now })
    Object.assign(settings, { url: server.url, signingKeyFile: file, service: server.service() })
  })
  after(async () => {
    await server.close()
    await system.close()
    rmSync(folder, { recursive: true, force: true })
  })

  idSystemContract({
    name: 'http',
    plugin: async () => http,
    settings,
    fixtures,
    sentCodes: async (_folder, transaction) =>
      (await readOutbox(mockFolder)).flatMap((sent) => (sent.transaction === transaction ? [sent.otp] : [])),
    outage: async (_folder, on) => server.set(on ? { status: 503 } : {}),
    slow: async (_folder, slowMs) => setFaults(mockFolder, { slowMs }),
    clock,
  })

  describe('on the wire', () => {
    const opened: IdSystem[] = []
    const tools = { clock, chance, log: logBook().log, dataDirectory: folder }
    const open = async (more: { readonly [name: string]: Json } = {}): Promise<IdSystem> => {
      const loaded = await loadPlugin({ module: 'http', settings: { ...settings, ...more }, tools, timers })
      opened.push(loaded.system)
      return loaded.system
    }
    const call = (ms = 5000) => ({ idempotencyKey: chance.uuid(), deadline: clock.in(ms), transaction: 'tx_1', client: 'harbour' })
    const pin = (plugin: IdSystem, ms?: number) => plugin.verify!({ ...call(ms), id: MAYA, factor: 'pin', proof: '545411' })
    const fact: RecordedFact = {
      ...{ id: chance.uuid(), stream: 'consent-a', revision: 0, position: '01', type: 'ConsentGiven', version: 1 },
      ...{ at: clock.now(), correlation: 'tx_1', data: { claims: ['name'] } },
    }

    afterEach(async () => {
      server.set({})
      for (const plugin of opened.splice(0)) await plugin.close()
    })

    it('signs each question anew, with a nonce; a key of RSA does as well as one of Ed25519', async () => {
      const rsa = await makeKey('rsa')
      const other = await httpIdSystem({ system, description, key: rsa.publicKey, now: clock.now })
      expect((await pin(await open({ url: other.url, signingKeyFile: rsa.file }))).ok).to.equal(true)
      expect(other.nonces()).to.have.length(1)
      expect(await pin(await open({ url: other.url }))).to.deep.equal({ ok: false, error: 'misconfigured', code: 'http_401' })
      await other.close()
    })

    it('has nothing of a person in an address', () => {
      expect(new Set(server.paths().map((path) => path.replace(/^\/id\//, '')))).to.deep.equal(
        new Set(['service', 'health', 'verify', 'send', 'release', 'resolve', 'notify', 'events']),
      )
    })

    it('asks again where the connection broke, with the same act and another signature, and once only', async () => {
      const plugin = await open()
      const before = server.nonces().length
      server.set({ cut: 1 })
      expect(await pin(plugin)).to.include({ ok: true })
      expect(server.nonces().length - before).to.equal(2)
      server.set({ cut: 2 })
      expect(await pin(plugin)).to.deep.equal({ ok: false, error: 'unavailable', code: 'outcome_unknown' })
    })

    it('answers in the words of the contract, whatever comes back', async () => {
      const plugin = await open()
      for (const [wrong, error, code] of [
        [{ status: 500 }, 'unavailable', 'http_500'],
        [{ status: 403 }, 'misconfigured', 'http_403'],
        [{ status: 302 }, 'misconfigured', 'http_302'],
        [{ raw: '{"ok":' }, 'unavailable', 'answer_unfit'],
        [{ raw: '{"ok":true,"value":{"subjectKey":""}}' }, 'unavailable', 'answer_unfit'],
        [{ raw: `"${'x'.repeat(1_100_000)}"` }, 'unavailable', 'outcome_unknown'],
      ] as const) {
        server.set(wrong)
        expect(await pin(plugin)).to.deep.equal({ ok: false, error, code })
      }
      const [port = 0] = await freePorts(1)
      const dead = await open({ url: `http://127.0.0.1:${port}` })
      expect(await pin(dead)).to.deep.equal({ ok: false, error: 'unavailable', code: 'unreachable' })
      expect((await dead.health()).status).to.equal('down')
    })

    it('waits until the deadline and no longer', async () => {
      const plugin = await open()
      server.set({ delayMs: 1500 })
      expect(await pin(plugin, 50)).to.include({ ok: false, error: 'unavailable' })
    })

    it('hands facts over until they are taken (rule 15)', async () => {
      const { on } = await open()
      server.set({ status: 503 })
      expect(await faultOf(async () => on!['ConsentGiven']!(fact))).to.equal('unavailable')
      server.set({})
      const before = server.facts().length
      await on!['ConsentGiven']!(fact)
      expect(server.facts().slice(before)).to.deep.equal([fact])
    })

    it('is degraded where the ID system says something else of itself than the settings', async () => {
      const plugin = await open()
      expect(await plugin.health()).to.deep.equal({ status: 'up' })
      server.redescribe({ ...description, version: '2.0.0' })
      expect((await plugin.health()).status).to.equal('degraded')
      server.redescribe(description)
    })

    it('is not opened with settings that cannot work', async () => {
      writeFileSync(join(folder, 'no-key.pem'), 'nothing')
      const weak = await makeKey('rsa', 1024)
      for (const wrong of [
        { url: 'http://id.example/esignet' },
        { url: `${server.url}?tenant=1` },
        { allowLoopbackHttp: false },
        { signingKeyFile: join(folder, 'nowhere.pem') },
        { signingKeyFile: join(folder, 'no-key.pem') },
        { signingKeyFile: weak.file },
        { service: { ...server.service(), calls: ['release'] } },
        { service: { ...server.service(), calls: ['fly'] } },
        { service: { ...server.service(), description: { id: 'Elsewhere' } } },
      ])
        expect(await faultOf(() => open(wrong))).to.equal('invalid')
    })

    it('`plugin check` takes a URL in place of a module, and what stands there in place of settings', async () => {
      const given = { allowLoopbackHttp: true, signingKeyFile: keyFile }
      expect(await byUrl({ module: server.url, settings: given })).to.deep.equal({
        module: 'http',
        settings: { ...given, url: server.url, service: server.service() },
      })
      expect(await byUrl({ module: 'mock', settings: {} })).to.deep.equal({ module: 'mock', settings: {} })
      server.redescribe({ ...description, id: 'Elsewhere' })
      expect(await faultOf(() => byUrl({ module: server.url, settings: given }))).to.equal('invalid')
      server.redescribe(description)
      const [port = 0] = await freePorts(1)
      expect(await faultOf(() => byUrl({ module: `http://127.0.0.1:${port}`, settings: given }))).to.equal('unavailable')
    })
  })
})

describe('the contract over HTTP, as a document', () => {
  const FILE = join(import.meta.dirname, '../../../adapters/id-system/http/openapi.json')

  it('openapi.json is what the code says: ESIGNET_TEST_WRITE=1 npx mocha test/adapters/id-system/http.test.ts', async () => {
    const text = await format(JSON.stringify(openApi()), { ...(await resolveConfig(FILE)), parser: 'json' })
    if (env['ESIGNET_TEST_WRITE'] !== undefined) writeFileSync(FILE, text)
    expect(readFileSync(FILE, 'utf8')).to.equal(text)
  })

  it('asks for each member of the types in domain/ports.ts, and for no other', () => {
    const call = { idempotencyKey: 'key', deadline: clock.now(), transaction: 'tx_1', client: 'harbour' }
    const verify: Required<VerifyRequest> = { ...call, id: MAYA, factor: 'pin', proof: '545411' }
    const send: Required<SendRequest> = {
      ...{ ...call, id: MAYA, factor: 'otp', channels: ['sms'], locales: ['en'], clientName: 'Harbour', reference: 'KQ7M' },
    }
    const release: Required<ReleaseRequest> = { ...call, session: 'session', claims: ['name'], verified: ['name'] }
    const notify: Required<NotifyRequest> = {
      ...{ ...call, id: MAYA, notice: 'failures', at: clock.now(), locales: ['en'], clientName: 'Harbour' },
    }
    const fact: Required<RecordedFact> = {
      ...{ id: chance.uuid(), stream: 'consent-a', revision: 0, position: '01', type: 'ConsentGiven', version: 1 },
      ...{ at: clock.now(), correlation: 'tx_1', data: {} },
    }
    const rows = [
      [requestSchemas.verify, verify],
      [requestSchemas.send, send],
      [requestSchemas.release, release],
      [requestSchemas.resolve, { ...call, id: MAYA }],
      [requestSchemas.notify, notify],
      [factSchema, fact],
    ] as const
    for (const [schema, sample] of rows) {
      expect(problemsWith(schema, structuredClone(sample))).to.deep.equal([])
      const { properties } = schema as { readonly properties: object }
      expect(Object.keys(properties)).to.have.members(Object.keys(sample))
    }
  })
})
