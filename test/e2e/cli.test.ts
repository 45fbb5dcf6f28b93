import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { readEvents, ROOT, runCli, startBroker, until, type BrokerProcess, type Ran } from '../support/broker.ts'
import {
  accept,
  begin,
  callbackOf,
  newParty,
  PERSON,
  proveByPin,
  redeem,
  register,
  signIn,
  userinfo,
  type Party,
  type SignedIn,
} from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

type Json = Readonly<Record<string, unknown>>

const ACTOR = ['--actor', 'j.doe', '--case', 'HELP-42']
const LOOKER = [...ACTOR, '--purpose', 'complaint about a consent']

describe('The command line on a broker’s folder', function () {
  this.timeout(120_000)
  let broker: BrokerProcess
  let folder: string
  let shop: Party
  let done: SignedIn
  let denied: string
  let sub: string | undefined
  let consent: string

  before(async () => {
    broker = await startBroker()
    folder = mkdtempSync(join(tmpdir(), 'esignet-cli-'))
    shop = await register(broker, await newParty('shop'))
    done = await signIn(broker, shop, { via: 'par' })
    const { json } = await redeem(broker, shop, done)
    sub = decodeJwt(String(json['id_token'])).sub
    expect((await userinfo(broker, String(json['access_token']))).status).to.equal(200)
    const begun = await begin(broker, shop)
    await begun.browser.submit(begun.page, 'form-cancel')
    denied = begun.transaction
  })

  after(async () => {
    await broker.end()
    rmSync(folder, { recursive: true, force: true })
  })

  const ok = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, out, err } = await broker.cli(args, input)
    expect(code, `${args.join(' ')}: ${out}${err}`).to.equal(0)
    return out
  }
  const json = async <T>(...args: readonly string[]): Promise<T> => JSON.parse(await ok([...args, '--json'])) as T

  /** What a newcomer looks at; the same while it runs and after it was stopped. */
  const looks = (): void => {
    it('finds the login: `tx find --json` is an array, newest first', async () => {
      const [found, failed] = await Promise.all([
        json<readonly Json[]>('tx', 'find'),
        json<readonly Json[]>('tx', 'find', '--stage', 'failed', '--client', 'shop'),
      ])
      expect(found).to.be.an('array')
      const text = JSON.stringify(found)
      expect(text).to.include(done.transaction).and.include(denied)
      expect(text.indexOf(denied)).to.be.below(text.indexOf(done.transaction))
      expect(failed).to.have.length(1)
      expect(JSON.stringify(failed)).to.include(denied)
    })

    it('reads its timeline, and the state at an event', async () => {
      const [plain, told, at] = await Promise.all([
        ok(['tx', 'show', done.transaction]),
        json('tx', 'show', done.transaction),
        ok(['tx', 'at', done.transaction, '3']),
      ])
      expect(plain).to.match(/shop/)
      for (const type of ['AuthorizationStarted', 'Authenticated', 'ConsentGiven', 'CodeIssued', 'TokenExchanged', 'UserinfoReleased'])
        expect(JSON.stringify(told)).to.include(type)
      expect(at.length).to.be.greaterThan(40)
      expect(plain + JSON.stringify(told) + at).not.to.include(PERSON.id)
    })

    it('replays it: today’s rules decide as they did', async () => {
      await Promise.all([ok(['tx', 'replay', done.transaction]), ok(['tx', 'replay', '--all'])])
    })

    it('lists and shows the consent, and never who gave it', async () => {
      const list = await json<readonly Json[]>('consent', 'list', '--client', 'shop')
      expect(list).to.have.length(1)
      consent = String(list[0]?.['consent'] ?? list[0]?.['id'])
      const shown = JSON.stringify(await json('consent', 'show', consent, ...LOOKER))
      expect(shown).to.include('birthdate').and.include('shop')
      expect(shown + JSON.stringify(list))
        .not.to.include(PERSON.id)
        .and.not.include('1987')
    })

    it('verifies the events and the audit log', async () => {
      await Promise.all([ok(['events', 'verify']), ok(['audit', 'verify'])])
    })

    it('shows the client, complete', async () => {
      const shown = await json<Json>('client', 'show', 'shop')
      expect(JSON.stringify(shown)).to.include('sector_identifier').and.include('https://shop.example/cb')
      expect(JSON.stringify(await json('client', 'list')))
        .to.include('shop')
        .and.include('demo-relying-party')
    })
  }

  describe('while the broker runs', () => {
    looks()

    it('exports the audit log into a folder that verifies by itself', async () => {
      const out = join(folder, 'audit')
      await ok(['audit', 'export', '--out', out, '--actor', 'j.doe', '--purpose', 'yearly audit', '--case', 'AUDIT-7'])
      const verified = await runCli(['audit', 'verify', '--dir', out])
      expect(verified.code, verified.out + verified.err).to.equal(0)
      const records = readFileSync(join(out, 'audit.jsonl'), 'utf8').trim().split('\n')
      expect(records.length).to.be.at.least(20)
      expect(readFileSync(join(out, 'audit.jsonl'), 'utf8')).not.to.include(PERSON.id)
    })

    it('exports every event, byte for byte', async () => {
      const out = join(folder, 'events.jsonl')
      await ok(['events', 'export', '--out', out])
      const lines = readFileSync(out, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly data: string })
      const rows = readEvents(broker.data)
      expect(lines.map(({ data }) => data)).to.deep.equal(rows.slice(0, lines.length).map(({ data }) => data))
      expect(lines.length).to.be.at.least(20)
      expect((await broker.cli(['events', 'export', '--out', out])).code, 'what is there is not replaced').not.to.equal(0)
    })

    it('backs up the events while they are written, and the copy verifies', async () => {
      const to = join(folder, 'copy.db')
      await ok(['events', 'backup', '--to', to])
      const data = join(folder, 'restored')
      mkdirSync(data)
      copyFileSync(to, join(data, 'events.db'))
      const verified = await runCli(['events', 'verify', '--data', data])
      expect(verified.code, verified.out + verified.err).to.equal(0)
      const found = await runCli(['tx', 'find', '--json', '--data', data])
      expect(found.out).to.include(done.transaction)
    })

    it('lists projections', async () => {
      const list = await ok(['projection', 'list'])
      for (const name of ['clients', 'consents', 'audit-log']) expect(list).to.include(name)
    })

    it('lists and checks plugins', async () => {
      expect(await ok(['plugin', 'list'])).to.include('mock')
      await ok(['plugin', 'check', join(ROOT, 'adapters/id-system/mock/plugin.ts')])
      const bad = await broker.cli(['plugin', 'check', join(ROOT, 'test/support/plugins/no-plugin.js')])
      expect([bad.code, bad.out + bad.err]).to.satisfy(([code, text]: [number, string]) => code === 1 && text.length > 20)
    })

    it('updates a client and the pages show it at once', async () => {
      const renamed = { ...shop.registration, client_name: 'The Renamed Shop' }
      await ok(['client', 'update', '-'], JSON.stringify(renamed))
      expect((await begin(broker, shop)).page.html).to.include('The Renamed Shop')
      expect(await ok(['client', 'show', 'shop'])).to.include('The Renamed Shop')
    })

    it('tells all mistakes of a registration at once', async () => {
      const wrong = { client_id: 'wrong', client_name: '', redirect_uris: ['http://evil.example/*'], jwks: { keys: [] }, logo_uri: 'x' }
      const { code, out, err } = await broker.cli(['client', 'add', '-'], JSON.stringify(wrong))
      expect(code).to.be.oneOf([1, 2])
      for (const member of ['redirect_uris', 'jwks', 'client_name', 'logo_uri']) expect(out + err).to.include(member)
      const twice = await broker.cli(['client', 'add', '-'], JSON.stringify(shop.registration))
      expect(twice.code, 'it is there already').to.equal(1)
    })

    it('deactivates a client at once, and takes it back', async () => {
      const party = await register(broker, await newParty('other'))
      expect((await begin(broker, party)).page.status).to.equal(200)
      await ok(['client', 'deactivate', 'other'])
      expect((await begin(broker, party)).page.status).to.equal(400)
      await ok(['client', 'activate', 'other'])
      expect((await begin(broker, party)).page.status).to.equal(200)
    })
  })

  describe('exit codes', () => {
    const codeOf = async (run: Promise<Ran>): Promise<number | null> => {
      const { code, out, err } = await run
      if (code !== 0) {
        expect(out + err, 'says why').not.to.equal('')
        expect(out + err, 'in words').not.to.match(/\.ts:\d+|\bat .*\(/)
      }
      return code
    }

    it('2 for wrong usage', async () => {
      const wrong = [
        ['nothing'],
        ['tx'],
        ['tx', 'show'],
        ['tx', 'find', '--wrong'],
        ['tx', 'at', done.transaction, 'x'],
        ['audit', 'export'],
      ]
      const codes = await Promise.all(wrong.map((args) => codeOf(broker.cli(args))))
      expect(codes).to.deep.equal(wrong.map(() => 2))
      expect(await codeOf(runCli(['serve', '--demo', '--data', folder], { env: { ESIGNET_NONSENSE: '1', ESIGNET_PORT: 'x' } }))).to.equal(2)
    })

    it('3 where there is nothing to work on', async () => {
      expect(await codeOf(runCli(['tx', 'find', '--data', join(folder, 'nowhere')]))).to.equal(3)
      expect(await codeOf(runCli(['events', 'verify', '--data', join(folder, 'nowhere')]))).to.equal(3)
    })

    it('3 where a port is taken: it says which, and ends', async () => {
      for (const env of [
        { ESIGNET_PORT: String(broker.port), ESIGNET_DEMO_PORT: '0' },
        { ESIGNET_PORT: '0', ESIGNET_DEMO_PORT: new URL(broker.demo).port },
      ]) {
        const ran = await runCli(['serve', '--demo', '--data', join(folder, 'second')], { env })
        expect(await codeOf(Promise.resolve(ran))).to.equal(3)
        expect(ran.err).to.include('EADDRINUSE')
      }
    })

    it('1 for what is not there', async () => {
      expect(await codeOf(broker.cli(['tx', 'show', `tx_${'0'.repeat(24)}`]))).to.equal(1)
      expect(await codeOf(broker.cli(['client', 'show', 'nobody']))).to.equal(1)
      // The name of a consent may begin with a hyphen.
      expect(await codeOf(broker.cli(['consent', 'show', `-${'A'.repeat(42)}`, ...LOOKER]))).to.equal(1)
    })

    it('production refuses what only the demo may do (rule 44), all at once', async () => {
      const { code, out, err } = await runCli(['serve', '--data', join(folder, 'production')])
      expect(code).to.equal(2)
      for (const member of ['issuer', 'plugin']) expect(out + err).to.include(member)
    })
  })

  describe('after it was stopped', () => {
    before(async () => {
      expect(await broker.stop(), 'it ends by itself').to.equal(0)
    })

    looks()
  })

  describe('after it was started again', () => {
    it('starting again loses nothing: keys, clients, consents, logins, the audit log', async () => {
      const before = readEvents(broker.data)
      const records = await json<readonly Json[]>('tx', 'find')
      await broker.start()
      const restarted = readEvents(broker.data)
      expect(restarted.slice(0, before.length)).to.deep.equal(before)
      const again = await begin(broker, shop)
      const proven = await proveByPin(again)
      expect(proven.has('form-consent'), 'the consent stands').to.be.false
      const callback = callbackOf(await accept(again.browser, proven))
      const { json: tokens } = await redeem(broker, shop, { ...again, code: callback.searchParams.get('code') ?? '' })
      expect(decodeJwt(String(tokens['id_token'])).sub).to.equal(sub)
      const { body } = await send(broker.issuer, { path: '/.well-known/jwks.json' })
      expect(body).to.include(String(decodeProtectedHeader(String(tokens['id_token'])).kid))
      const found = await json<readonly Json[]>('tx', 'find')
      expect(found).to.have.length(records.length + 1)
      await Promise.all([ok(['audit', 'verify']), ok(['events', 'verify'])])
    })

    it('withdraws a consent: its tokens die, and it is asked for again (rule 13)', async () => {
      const signedIn = await signIn(broker, shop)
      const { json: tokens } = await redeem(broker, shop, signedIn)
      const token = String(tokens['access_token'])
      expect((await userinfo(broker, token)).status).to.equal(200)
      const before = new Date().toISOString()
      await ok(['consent', 'withdraw', consent, ...ACTOR])
      await until('the token is dead', async () => (await userinfo(broker, token)).status === 401)
      const again = await begin(broker, shop)
      expect((await proveByPin(again)).has('form-consent')).to.be.true
      // REG-01: as it was, and as it is, found by the person's identifier, which stands in no argument and no event.
      const asked = ['consent', 'show', '--person', '-', '--client', 'shop', ...LOOKER, '--json']
      const [then] = JSON.parse(await ok([...asked, '--at', before], PERSON.id)) as readonly Json[]
      const [now] = JSON.parse(await ok(asked, PERSON.id)) as readonly Json[]
      expect(then).to.deep.include({ consent, valid: true, status: 'given' })
      expect(now).to.deep.include({ consent, valid: false, status: 'revoked' })
      expect(then?.['next']).to.deep.include({
        what: 'withdrawal_requested',
        withdrawal: { by: 'operator', actor: 'j.doe', case: 'HELP-42' },
      })
      const [look] = readEvents(broker.data, `s.name LIKE 'look-%'`).slice(-1)
      expect(look?.data).to.include('consent_at_an_instant').and.not.to.include(PERSON.id)
      expect((await broker.cli(asked, '1774231323')).code).to.equal(1)
    })
  })
})
