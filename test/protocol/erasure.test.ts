import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { erasures } from '../../src/deciders.ts'
import { handle } from '../../src/handle.ts'
import { completeErasure, requestErasure } from '../../src/steps/erase-person.ts'
import { personOfStream } from '../../domain/streams.ts'
import { readEvents, runCli, until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { systemChance } from '../support/chance.ts'
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
  tokensOf,
  userinfo,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser } from '../support/scripted-browser.ts'

const BY = ['--actor', 'j.doe', '--purpose', 'request of the person', '--case', 'ERASE-9']
const ASKED = { actor: 'j.doe', purpose: 'request of the person', case: 'ERASE-11' }
const OTHER = { id: '1774231323', pin: '111111' }

describe('REG-11: a person is erased while they use the broker', function () {
  this.timeout(90_000)
  let here: BrokerHere
  let shop: Party
  let clinic: Party

  before(async () => {
    // Many that are refused at once look like guessing, which is not what is looked at here.
    here = await brokerHere({ env: { ESIGNET_GUARD_WHEN: 'never' } })
    shop = await register(here, await newParty('shop'))
    clinic = await register(here, await newParty('clinic'))
  })
  after(() => here.end())

  const typesOf = (transaction: string): readonly string[] =>
    readEvents(here.data, `s.name = 'authorization-${transaction}'`).map(({ type }) => type)

  it('tokens, codes, open pages and agreements are dead when the command answers; nothing of others is touched (rule 13)', async () => {
    const theirs = await begin(here, shop)
    const code = callbackOf(await accept(theirs.browser, await proveByPin(theirs, OTHER.id, OTHER.pin))).searchParams.get('code') ?? ''
    const other = String((await redeem(here, shop, { ...theirs, code })).json['access_token'])
    const first = await signIn(here, shop)
    const tokens = await tokensOf(here, first, shop)
    const token = tokens.access_token
    expect((await userinfo(here, token)).status).to.equal(200)
    const unspent = await signIn(here, clinic)
    const open = await begin(here, shop, { with: { prompt: 'consent' } })
    const page = await proveByPin(open)
    expect(page.has('form-consent')).to.equal(true)
    const sealed = async (transaction: string): Promise<readonly boolean[]> => {
      const { vault } = here.broker.world
      const [{ person }] = readEvents(here.data, `s.name = 'authorization-${transaction}' AND e.type = 'Authenticated'`).map(
        ({ data }) => JSON.parse(data) as { person: string },
      ) as [{ person: string }]
      const parts = ['request', `person.${person}`, `proof.${person}`]
      return Promise.all(parts.map(async (part) => (await vault.get(`${transaction}/${part}`)) !== undefined))
    }
    expect(await sealed(open.transaction)).to.deep.equal([true, true, true])
    const kept = readEvents(here.data)
    const ran = await here.cli(['person', 'erase', '--json', ...BY], `${PERSON.id}\n`)
    expect(ran.code, ran.err).to.equal(0)
    expect(JSON.parse(ran.out)).to.include({ status: 'certified' })
    expect((await userinfo(here, token)).status).to.equal(401)
    expect((await redeem(here, clinic, unspent)).json['error']).to.equal('invalid_grant')
    const late = await open.browser.submit(page, 'form-consent', { button: 'accept' })
    expect(late.has('form-consent')).to.equal(false)
    expect(late.html).not.to.include('code=')
    expect(typesOf(open.transaction).slice(-1)).to.deep.equal(['AuthorizationFailed'])
    expect(typesOf(first.transaction).slice(-1)).to.deep.equal(['AccessRevoked'])
    expect((await userinfo(here, other)).status).to.equal(200)
    expect(readEvents(here.data).slice(0, kept.length), 'PRIV-04: no byte of what was recorded is another').to.deep.equal(kept)
    here.clock.pass(6)
    await until('what was sealed to be shredded', async () => ((await sealed(open.transaction)).includes(true) ? undefined : true))
    // Whoever comes again is somebody new here, asked again, and the same for the relying party.
    const again = await signIn(here, shop)
    expect(typesOf(again.transaction)).to.include('ConsentGiven')
    expect((await tokensOf(here, again, shop)).claims()?.sub).to.equal(tokens.claims()?.sub)
  })

  it('rule 45: a backup from before it is put back whole; the key is destroyed again before anybody is served', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'esignet-restored-'))
    const data = join(folder, 'data')
    const env = { ESIGNET_AUDIT_FOLDER: join(folder, 'audit') }
    const act = (args: readonly string[]) => runCli([...args, '--data', data, ...BY], { env, input: `${PERSON.id}\n` })
    const SHOW = ['consent', 'show', '--person', '-', '--client', 'shop', '--json']
    let node = await brokerHere({ data, env })
    try {
      await signIn(node, await register(node, shop))
      await node.end()
      cpSync(data, join(folder, 'backup'), { recursive: true })
      expect((await act(['person', 'erase'])).code).to.equal(0)
      rmSync(data, { recursive: true })
      cpSync(join(folder, 'backup'), data, { recursive: true })
      node = await brokerHere({ data, env })
      expect(node.log()).to.include('destruction_replayed')
      expect(JSON.parse((await act(SHOW)).out)).to.deep.equal([])
    } finally {
      await node.end()
      rmSync(folder, { recursive: true })
    }
  })

  it('raced by sign-ins of the same person: when it is done no token of theirs lives, and no agreement with what was theirs', async () => {
    const { world } = here.broker
    const personIn = (transaction: string): string => {
      const [row] = readEvents(here.data, `s.name = 'authorization-${transaction}' AND e.type = 'FactorRequested'`)
      return (JSON.parse(row?.data ?? '{"person":""}') as { person: string }).person
    }
    for (let round = 0; round < 4; round += 1) {
      const ref = personIn((await signIn(here, shop)).transaction)
      const faults: string[] = []
      const logins = Array.from({ length: 8 }, async (_, n) => {
        const begun = await begin(here, shop, { with: { prompt: 'consent' } })
        const erase = () => requestErasure(world, ref, { id: systemChance.uuid(), at: here.clock.now(), ...ASKED })
        // Asked for while the others prove who they are, or agree; the key is destroyed when they have ended.
        if (n === 0 && round % 2 === 0) await erase()
        const proven = await proveByPin(begun).catch(() => undefined)
        if (n === 0 && round % 2 === 1) await erase()
        const back =
          proven?.has('form-consent') === true ? await begun.browser.submit(proven, 'form-consent', { button: 'accept' }) : proven
        for (const page of [proven, back]) if (page !== undefined && page.status > 499 && page.status !== 503) faults.push(page.html)
        const code = back?.url.searchParams.get('code') ?? ''
        const got = code === '' ? undefined : (await redeem(here, shop, { ...begun, code })).json['access_token']
        return { ref: personIn(begun.transaction), token: typeof got === 'string' ? got : '' }
      })
      const ended = await Promise.all(logins)
      expect(faults).to.deep.equal([])
      for (const login of ended)
        if (login.ref === ref && login.token !== '')
          expect((await userinfo(here, login.token)).status, 'a token of the erased').to.equal(401)
      const theirs = readEvents(here.data, "e.type = 'Authenticated'").filter(({ data }) => data.includes(ref))
      const cited = theirs.flatMap(({ stream }) =>
        readEvents(here.data, `s.name = '${stream}' AND e.type IN ('ConsentGiven', 'ConsentReused')`),
      )
      for (const consent of new Set(cited.map(({ data }) => (JSON.parse(data) as { consent: string }).consent)))
        expect((await world.journal.last(`consent-${consent}`))?.type).to.equal('ConsentWithdrawn')
      expect((await completeErasure(world, ref, systemChance.uuid())).status).to.equal('certified')
    }
  })

  it('PRIV-04: keys are changed by keys beside them; no event is ever rewritten', async () => {
    const kept = readEvents(here.data)
    expect((await here.cli(['key', 'rotate', 'all'])).code).to.equal(0)
    here.clock.pass(700)
    await signIn(here, clinic)
    const now = readEvents(here.data)
    expect(now.slice(0, kept.length)).to.deep.equal(kept)
    expect(now.slice(kept.length).map(({ type }) => type)).to.include('SigningKeyMade')
    expect((await here.cli(['events', 'verify'])).code).to.equal(0)
  })

  it('rule 15: what a crash of the command leaves undone is done by a node', async () => {
    const done = await signIn(here, clinic)
    const token = String((await redeem(here, clinic, done)).json['access_token'])
    const { world } = here.broker
    const browser = scriptedBrowser(here.issuer)
    const mine = await proveByPin({ browser, page: await browser.submit(await browser.get('/my'), 'form-sign-in') })
    expect(mine.has('form-logout'), 'their own page is open').to.equal(true)
    const [row] = readEvents(here.data, `s.name = 'authorization-${done.transaction}' AND e.type = 'Authenticated'`)
    const { person } = JSON.parse(row?.data ?? '{}') as { person: string }
    const at = here.clock.now()
    const by = { actor: 'j.doe', purpose: 'request of the person', case: 'ERASE-10' }
    const given = { commandId: systemChance.uuid(), causation: 'test', correlation: 'test', ruleDigests: { policy: world.policy.digest } }
    const rules = { policy: { ...world.policy.value, retention: { floors: { consent: 30 } } } }
    await handle(world, erasures, `person-${person}.erasure`, { type: 'RequestErasure', at, ...by, lastUsedAt: at }, { ...given, rules })
    here.clock.pass(6)
    await until('a node to shut the person out', async () =>
      readEvents(here.data, "e.type = 'ProcessingRestricted'").find(({ stream }) => personOfStream(stream) === person),
    )
    expect((await userinfo(here, token)).status).to.equal(401)
    expect((await browser.get('/my')).has('form-sign-in'), 'their own page is the door again').to.equal(true)
    const begun = await begin(here, clinic)
    const refused = await proveByPin(begun)
    expect(refused.has('form-consent')).to.equal(false)
    expect(typesOf(begun.transaction)).not.to.include('Authenticated')
    expect(await world.personKeys.byRef(person)).not.to.equal(undefined)
  })
})
