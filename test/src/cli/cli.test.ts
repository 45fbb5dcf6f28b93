import { generateKeyPair } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { after, before, describe, it } from 'mocha'
import { VERBS } from '../../../src/cli/verbs.ts'
import { CONSENT, finish, given, OTHER_TX, PERSON, signIn, TX, type Given } from '../../support/given.ts'
import { retold } from '../../support/retold.ts'
import { openJournal } from '../../../src/journal.ts'
import { commandLine, someId, unavailable, type Ran } from '../../support/machine.ts'

const REGISTRATION = {
  client_id: 'library',
  client_name: 'The Library',
  redirect_uris: ['https://library.example/cb'],
  profile: 'compatible',
  jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] },
}

const LOOKER = ['--actor', 'j.doe', '--purpose', 'yearly audit', '--case', 'AUDIT-7']

describe('command line', () => {
  let world: Given
  let run: (line: string | readonly string[], input?: string) => Promise<Ran>
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-cli-'))
    world = await given()
    run = commandLine(world)
    await world.register()
    await signIn(world)
    await finish(world)
    await signIn(world, OTHER_TX)
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await world.close()
  })

  describe('usage', () => {
    it('help, --version and the help of every verb', async () => {
      expect(await run('--version')).to.include({ code: 0, out: '9.9.9\n' })
      const help = await run('help')
      expect(help.code).to.equal(0)
      for (const verb of VERBS) {
        expect(help.out).to.include(verb.name)
        const own = await run(`${verb.name} --help`)
        expect(own).to.include({ code: 0, err: '' })
        expect((await run(`help ${verb.name}`)).out).to.equal(own.out)
        for (const line of own.out.split('\n')) expect(line.length, line).to.be.at.most(80)
        for (const option of Object.keys(verb.options ?? {})) expect(own.out).to.include(`--${option}`)
      }
    })

    it('wrong usage ends with 2 and one line that says what to do', async () => {
      const wrong = [
        'nonsense',
        'client',
        'client show',
        'client show a b',
        'client list --nonsense',
        'client list --data',
        'client show no/such',
        'tx find --stage dreaming',
        'tx find --limit 0',
        'tx find --error Wrong!',
        'tx find --person',
        'tx find --correlation x',
        `tx diff ${TX} ${TX}`,
        `tx what-if ${TX}`,
        'tx what-if --all',
        `tx what-if ${TX} --verdict attempt=2:perhaps`,
        `tx what-if ${TX} --shift later`,
        'tx tail --count 0',
        `tx export ${TX}`,
        'tx import -',
        'tx find --since yesterday',
        'tx find --since 2026-02-30',
        'tx show person',
        `tx at ${TX} x`,
        'tx replay',
        `tx replay ${TX} --all`,
        'audit export',
        'audit verify --dir a --data b',
        'projection rebuild nothing',
        'events export',
        'events backup',
        'consent show short',
        'help nonsense',
      ]
      for (const line of wrong) {
        const { code, out, err } = await run(line)
        expect({ line, code, out }).to.deep.equal({ line, code: 2, out: '' })
        expect(err.trimEnd().split('\n'), line).to.have.length(1)
      }
      expect((await run('')).code).to.equal(2)
    })

    it('what is not there now ends with 3', async () => {
      const closed = commandLine(world, { open: unavailable })
      for (const line of ['client list', 'tx find', `tx show ${TX}`, 'audit verify', 'events verify', 'projection list', 'consent list'])
        expect(await closed(line), line).to.include({ code: 3, out: '', err: 'there is no eSignet data here\n' })
    })

    it('serve tells where it is, and closes when it is told to end', async () => {
      expect(await run('serve --demo')).to.include({ code: 0, out: 'demo\n' })
      expect((await run('serve --json')).json()).to.deep.equal({ ready: ['production'] })
    })
  })

  describe('client', () => {
    it('add reads the standard input or a file, and the register shows it at once', async () => {
      expect(await run('client add -', JSON.stringify(REGISTRATION))).to.include({
        code: 0,
        out: 'Relying party library is registered.\n',
        err: '',
      })
      const shown = (await run('client show library --json')).json() as { active: boolean; configuration: object }
      expect(shown).to.include({ active: true, name: 'The Library' })
      expect(shown.configuration).to.include({ sector_identifier: 'library.example', require_pkce: true })
      const file = join(folder, 'library.json')
      writeFileSync(file, JSON.stringify(REGISTRATION))
      expect(await run(['client', 'add', file])).to.include({
        code: 1,
        err: 'relying party library is registered already; use `client update`\n',
      })
    })

    it('update replaces it, deactivate and activate switch it', async () => {
      const changed = { ...REGISTRATION, client_name: 'The New Library' }
      expect(await run('client update -', JSON.stringify(changed))).to.include({ code: 0 })
      expect(await run('client deactivate library')).to.include({ code: 0 })
      expect((await run('client show library --json')).json()).to.include({ active: false, name: 'The New Library' })
      expect(await run('client activate library')).to.include({ code: 0 })
      const rows = (await run('client list --json')).json() as readonly { client: string; active: boolean }[]
      expect(rows.map(({ client, active }) => ({ client, active }))).to.deep.equal([
        { client: 'library', active: true },
        { client: 'shop', active: true },
      ])
      expect(await run('client update -', JSON.stringify({ ...REGISTRATION, client_id: 'unheard' }))).to.include({ code: 1 })
      expect(await run('client deactivate unheard')).to.include({ code: 1 })
      expect(await run('client show unheard')).to.include({ code: 1 })
    })

    it('all that is wrong with a registration at once, one line each', async () => {
      const { code, err } = await run('client add -', JSON.stringify({ ...REGISTRATION, jwks_uri: 'x', scope: 'openid openid' }))
      expect(code).to.equal(1)
      expect(err.trimEnd().split('\n')).to.have.length(2)
      const json = await run('client add - --json', '{"client_id":"x"}')
      expect((json.json() as { problems: readonly string[] }).problems).to.have.length(3)
      expect(await run('client add -', 'no json')).to.include({ code: 2, err: 'the standard input: is not JSON\n' })
      expect((await run(['client', 'add', join(folder, 'nowhere.json')])).err).to.include('there is no such file')
    })

    it('what steers a terminal does not reach it', async () => {
      const named = { ...REGISTRATION, client_id: 'odd', client_name: 'A\u001b[2Jname\u202etxt\u061c\nforged  row' }
      await run('client add -', JSON.stringify(named))

      expect((await run('client list')).out).not.to.match(/[\u001b\u202e\u061c]|^forged/m)
    })
  })

  describe('tx', () => {
    it('find: newest first, by relying party, stage and time; an array in JSON', async () => {
      const all = (await run('tx find --json')).json() as readonly { transaction: string; stage: string }[]
      expect(all.map((row) => row.transaction)).to.deep.equal([OTHER_TX, TX])
      const ids = async (line: string): Promise<readonly string[]> =>
        ((await run(`tx find --json ${line}`)).json() as typeof all).map((row) => row.transaction)
      expect(await ids('--stage closed')).to.deep.equal([TX])
      expect(await ids('--client shop --limit 1')).to.deep.equal([OTHER_TX])
      expect(await ids('--client nobody')).to.deep.equal([])
      expect(await ids('--since 5m')).to.deep.equal([OTHER_TX])
      expect(await ids('--until 2026-11-24T12:05Z')).to.deep.equal([TX])
      expect(await ids('--since 2026-11-24 --until 2026-11-25')).to.have.length(2)
      expect((await run('tx find --stage failed')).out).to.equal('No transaction was found.\n')
      for (const line of (await run('tx find')).out.split('\n')) expect(line.length).to.be.at.most(80)
    })

    it('show: the timeline in words, names of claims only', async () => {
      const { code, out } = await run(`tx show ${TX}`)
      expect(code).to.equal(0)
      expect(out.replace(/\s+/g, ' ')).to.include('The person agreed to share name and birthdate with shop.')
      for (const line of out.split('\n')) expect(line.length).to.be.at.most(80)
      expect((await run(`tx show ${TX} --json`)).json())
        .to.be.an('array')
        .with.length.greaterThan(10)
      expect(await run('tx show tx_999999999999999999999999')).to.include({ code: 1, out: '' })
      expect(await run('tx show client-shop')).to.include({ code: 0 })
    })

    it('at: the state after an event, and what it changed', async () => {
      const at = (await run(`tx at ${TX} 1 --json`)).json() as { changes: readonly { member: string }[]; state: object }
      expect(at.state).to.include({ stage: 'opened' })
      expect(at.changes.map((change) => change.member)).to.include('browser')
      expect((await run(`tx at ${TX} 1`)).out).to.include('It changed:')
      expect(await run(`tx at ${TX} 900`)).to.include({ code: 1 })
    })

    it('replay: one stream or all of them', async () => {
      expect(await run(`tx replay ${TX}`)).to.include({ code: 0 })
      expect(await run(`tx replay consent-${CONSENT}`)).to.include({ code: 0 })
      const replayed = (await run('tx replay --all --json')).json() as { streams: number }
      expect(replayed).to.include({ signIns: 2, same: replayed.streams, different: 0, unreadable: 0 })
      expect(await run('tx replay tx_999999999999999999999999')).to.include({ code: 1 })
    })

    it('replay: a difference ends with 1 and is named', async () => {
      const altered: Given = {
        ...world,
        journal: {
          ...world.journal,
          read: async (stream) =>
            (await world.journal.read(stream)).map((event) =>
              event.type === 'Authenticated' ? { ...event, data: { ...event.data, amr: ['otp'] } } : event,
            ),
        },
      }
      const other = commandLine(altered)
      expect(await other(`tx replay ${TX}`)).to.include({
        code: 1,
        out: 'Different: event 6 (ConfirmFactor), data.amr.0: recorded otp, today pin\n',
      })
      const store = await retold(world.store, (type, data) => (type === 'Authenticated' ? { ...data, amr: ['otp'] } : data))
      const all = await commandLine({ ...world, journal: openJournal(store) })('tx replay --all')
      expect(all).to.include({ code: 1 })
      expect(all.out.replace(/\s+/g, ' ')).to.include('event 6 (ConfirmFactor), data.amr.0: recorded otp, today pin')
      await store.close()
    })
  })

  describe('audit and events', () => {
    it('verify and export', async () => {
      expect(await run('audit verify')).to.include({ code: 0, err: '' })
      expect(await run('events verify')).to.include({ code: 0, err: '' })
      const out = join(folder, 'audit')
      expect(await run(['audit', 'export', '--out', out, '--from', '3', ...LOOKER])).to.include({ code: 0 })
      expect(await run(['audit', 'verify', '--dir', out])).to.include({ code: 0 })
      writeFileSync(join(out, 'audit.jsonl'), '{}\n')
      const broken = await run(['audit', 'verify', '--dir', out])
      expect(broken).to.include({ code: 1, out: '' })
      expect(broken.err).to.match(/^wrong: record 3: was changed: line 1 is no record; \d+ wrong in all/)
      expect((await run(['audit', 'verify', '--json', '--dir', out])).json()).to.include({ records: 1 })
      expect((await run(['events', 'export', '--json', '--out', join(folder, 'events.jsonl')])).json()).to.have.property('sha256')
      expect(await run(['events', 'export', '--out', join(folder, 'events.jsonl')])).to.include({ code: 2 })
      expect((await run(['events', 'import', '--json', '--in', join(folder, 'events.jsonl')])).json()).to.include({ appended: 0 })
      expect(await run(['events', 'import', '--in', join(folder, 'nowhere')])).to.include({ code: 2 })
      expect(await run(['audit', 'verify', '--dir', join(folder, 'nowhere')])).to.include({ code: 2 })
    })
  })

  describe('plugin', () => {
    it('check says whether one can be used', async () => {
      expect(await run('plugin check mock')).to.include({ code: 0 })
      expect(await run('plugin check ./none.js')).to.include({ code: 1, err: './none.js: it cannot be imported\n' })
      expect((await run('plugin list --json')).json()).to.have.length(1)
    })

    it('key prints the public half of a key, by its thumbprint, and nothing of the private one', async () => {
      const file = join(folder, 'key.pem')
      const { publicKey, privateKey } = await promisify(generateKeyPair)('ed25519')
      writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
      const { kty, crv, x } = publicKey.export({ format: 'jwk' })
      const printed = (await run(['plugin', 'key', file])).json()
      const jwk = { kty, crv, x } as JWK
      expect(printed).to.deep.equal({ keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) }] })
      writeFileSync(file, 'no key')
      expect(await run(['plugin', 'key', file])).to.include({ code: 2, out: '' })
    })

    it('check with fixtures says what was found, check by check', async () => {
      const fixtures = join(folder, 'fixtures.json')
      writeFileSync(fixtures, '{}')
      const well = await run(['plugin', 'check', 'mock', '--fixtures', fixtures])
      expect(well).to.include({ code: 0, err: '' })
      expect(well.out).to.match(/ok {5}is up[^]*1 ok, 0 found, 0 left out\.\nmock keeps to the contract\./)
      const bad = await run(['plugin', 'check', './bad.js', '--fixtures', fixtures])
      expect(bad.code).to.equal(1)
      expect(bad.out).to.match(/FOUND {2}is up\n {9}health\(\) says down\n[^]*does not keep to the contract/)
      expect((await run(['plugin', 'check', './bad.js', '--fixtures', fixtures, '--json'])).json()).to.include({ conforms: false })
      writeFileSync(fixtures, '[]')
      expect(await run(['plugin', 'check', 'mock', '--fixtures', fixtures])).to.include({ code: 2 })
    })
  })

  describe('consent', () => {
    const ACTOR = '--actor j.doe --case HELP-42'
    const LOOKER = `${ACTOR} --purpose complaint`

    it('REG-15: who looks says who, what for and in which case, and that is recorded before anything is shown', async () => {
      const looks = async () =>
        (await world.all()).flatMap((message) => (message.kind === 'event' && message.event.kind === 'look' ? [message.event] : []))
      const before = (await looks()).length
      for (const line of [`consent show ${CONSENT}`, `consent show ${CONSENT} ${ACTOR}`, `consent history --client shop ${ACTOR}`])
        expect(await run(line), line).to.include({ code: 2, out: '' })
      expect((await run(`consent show ${CONSENT} ${ACTOR} --purpose id-8267411571`)).code).to.equal(2)
      expect((await looks()).length).to.equal(before)
      await run(`consent show ${CONSENT} ${LOOKER} --at 2026-11-24T12:00Z`)
      await run(`consent history --client shop ${LOOKER}`)
      const [show, history] = (await looks()).slice(before).map(({ data }) => data)
      expect(show).to.include({ actor: 'j.doe', purpose: 'complaint', case: 'HELP-42', what: 'consent_at_an_instant' })
      expect(history).to.include({ actor: 'j.doe', what: 'consent_history', client: 'shop' })
    })

    it('history tells what happened to the consents towards a client, joined to nobody and to no other answer', async () => {
      const [first, second] = [
        await run(`consent history --client shop ${LOOKER} --json`),
        await run(`consent history --client shop ${LOOKER} --json`),
      ]
      const [line] = first.out.split('\n')
      expect(JSON.parse(line ?? '')).to.deep.include({ what: 'given' })
      expect(first.out).not.to.include(PERSON).and.not.to.include(CONSENT).and.not.to.include('tx_')
      const nameIn = (out: string) => /"agreement":"([^"]+)"/.exec(out)?.[1]
      expect(nameIn(first.out)).not.to.equal(nameIn(second.out))
      expect((await run(`consent history --client shop ${LOOKER} --to 2020-01-01`)).out).to.equal('')
    })

    it('list and show name no person; withdraw reaches every sign-in (rule 13)', async () => {
      const list = await run('consent list --json')
      expect(list.out).not.to.include(PERSON)
      expect(list.json()).to.have.length(1)
      expect((await run('consent list --client nobody --json')).json()).to.deep.equal([])
      expect((await run(`consent show ${CONSENT} ${LOOKER}`)).out)
        .to.include('name, birthdate')
        .and.to.include('VALID at')
      expect(await run(`consent withdraw ${CONSENT} ${ACTOR}`)).to.include({ code: 0 })
      const [shown] = (await run(`consent show ${CONSENT} ${LOOKER} --json`)).json() as readonly { history: readonly object[] }[]
      expect(shown).to.include({ status: 'revoked', valid: false })
      expect(shown?.history.at(-1)).to.deep.include({ withdrawal: { by: 'operator', actor: 'j.doe', case: 'HELP-42' } })
      expect((await run('tx find --stage revoked --json')).json()).to.have.length(1)
      expect(await run(`consent withdraw ${CONSENT} ${ACTOR}`)).to.include({ code: 1 })
      expect(await run(`consent show ${someId} ${LOOKER}`)).to.include({ code: 1 })
      const { out } = await run('consent list')
      expect(out.split('\n').every((line) => line.length <= 80)).to.equal(true)
      expect(out, 'its name stands whole, for the next command').to.match(new RegExp(`^${CONSENT}  withdrawn `, 'm'))
    })

    it('what was withdrawn can be replayed', async () => {
      expect(await run('tx replay --all')).to.include({ code: 0 })
      expect(await run(`tx replay consent-${CONSENT}`)).to.include({ code: 0 })
    })
  })
})
