import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { erasures } from '../../src/deciders.ts'
import { handle } from '../../src/handle.ts'
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

const BY = ['--actor', 'j.doe', '--purpose', 'request of the person', '--case', 'ERASE-9']
const OTHER = { id: '1774231323', pin: '111111' }

describe('REG-11: a person is erased while they use the broker', function () {
  this.timeout(90_000)
  let here: BrokerHere
  let shop: Party
  let clinic: Party

  before(async () => {
    here = await brokerHere()
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
    const begun = await begin(here, clinic)
    const refused = await proveByPin(begun)
    expect(refused.has('form-consent')).to.equal(false)
    expect(typesOf(begun.transaction)).not.to.include('Authenticated')
    expect(await world.personKeys.byRef(person)).not.to.equal(undefined)
  })
})
