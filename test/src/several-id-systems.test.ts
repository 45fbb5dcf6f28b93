import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { mockPlugin } from '../../adapters/id-system/mock/plugin.ts'
import type { IdSystemPlugin, Timers } from '../../domain/ports.ts'
import { openIdSystems } from '../../src/compose-id-systems.ts'
import { readSettings } from '../../src/config.ts'
import { discoveryDocument } from '../../src/http/discovery.ts'
import { openings } from '../../src/openings.ts'
import { forClient, keeping } from '../../src/id-systems.ts'
import type { PluginChoice } from '../../src/plugin-choices.ts'
import { underWay } from '../../src/under-way.ts'
import type { OpenIdSystem } from '../../src/world.ts'
import { readEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { PLUGIN } from '../support/machine.ts'
import { noNetwork } from '../support/network.ts'
import { accept, begin, callbackOf, newParty, PERSON, proveByPin, redeem, register, signIn, userinfo, type Party } from '../support/rp.ts'
import { scriptedBrowser } from '../support/scripted-browser.ts'

/** In the school's register somebody else has the number that Maya has in the country's. */
const PUPIL = { id: PERSON.id, pin: '112233' }

describe('several ID systems on one broker', function () {
  this.timeout(90_000)
  let folder: string
  let here: BrokerHere
  let shop: Party
  let college: Party

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'several-'))
    const people = join(folder, 'people.json')
    const claims = { name: 'Ilse Brand', birthdate: '2010-01-01', email: 'ilse@college.example' }
    writeFileSync(people, JSON.stringify({ people: [{ record: 'pupil00000000000001', ids: { uin: PUPIL.id }, pin: PUPIL.pin, claims }] }))
    const idSystems = [
      { id: 'civil', module: 'mock', labels: { en: 'Civil registry' } },
      { id: 'school', module: 'mock', settings: { people }, labels: { en: 'School board', fr: 'Rectorat' } },
    ]
    here = await brokerHere({ env: { ESIGNET_ID_SYSTEMS: JSON.stringify(idSystems) } })
    shop = await register(here, await newParty('shop'))
    college = await register(
      here,
      await newParty('college', 'ES256', { id_system: 'school', redirect_uris: ['https://shop.example/college'] }),
    )
  })
  after(async () => {
    await here.end()
    rmSync(folder, { recursive: true, force: true })
  })

  const factsOf = async (party: Party, id: string, pin: string) => {
    const begun = await begin(here, party)
    const callback = callbackOf(await accept(begun.browser, await proveByPin(begun, id, pin)))
    const { json } = await redeem(here, party, { ...begun, code: callback.searchParams.get('code') ?? '' })
    const { body } = await userinfo(here, String(json['access_token']))
    return { transaction: begun.transaction, claims: decodeJwt(body) }
  }

  it('the relying party says whose people it means: one number, two persons, two subjects', async () => {
    const maya = await factsOf(shop, PERSON.id, PERSON.pin)
    const pupil = await factsOf(college, PUPIL.id, PUPIL.pin)
    expect([maya.claims['name'], pupil.claims['name']]).to.deep.equal(['Maya Rahimi', 'Ilse Brand'])
    // One sector, so nothing but the ID system tells them apart (rule 19).
    expect(maya.claims.sub).not.to.equal(pupil.claims.sub)
    type Data = { readonly plugin?: object; readonly person?: string }
    const of = (transaction: string): readonly Data[] =>
      readEvents(here.data, `s.name = 'authorization-${transaction}'`).map(({ data }) => JSON.parse(data) as Data)
    expect(of(maya.transaction)[0]?.plugin).to.deep.include({ id: 'civil', generation: 1 })
    expect(of(pupil.transaction)[0]?.plugin).to.deep.include({ id: 'school', generation: 1 })
    const personIn = (transaction: string) => of(transaction).find(({ person }) => person !== undefined)?.person
    expect(personIn(maya.transaction)).not.to.equal(personIn(pupil.transaction))
  })

  it('a proof of one ID system is worth nothing in the other', async () => {
    const begun = await begin(here, college)
    expect((await proveByPin(begun, PERSON.id, PERSON.pin)).has('form-pin')).to.equal(true)
  })

  it('the person’s own page has a way in for each, by the names that people know', async () => {
    const browser = scriptedBrowser(here.issuer)
    const door = await browser.get('/my')
    expect(door.form('form-sign-in').buttons.map(({ value }) => value)).to.deep.equal(['civil', 'school'])
    expect(door.html).to.include('School board')
    const page = await browser.submit(door, 'form-sign-in', { button: 'sign-in-school' })
    const mine = await proveByPin({ browser, page }, PUPIL.id, PUPIL.pin)
    expect(mine.url.pathname).to.equal('/my')
    expect(mine.html).to.include('The college').and.not.to.include('The shop')
  })

  it('a page that still names what is open no more leads to no other ID system (decision 0044)', async () => {
    const headers = { origin: new URL(here.issuer).origin, 'sec-fetch-site': 'same-origin' }
    const answer = await scriptedBrowser(here.issuer).post('/my/sign-in', [['id_system', 'army']], headers)
    expect([answer.status, answer.url.pathname]).to.deep.equal([403, '/my/sign-in'])
  })

  it('a registration that names another is refused, and what it wants is held against its own', async () => {
    for (const [more, problem] of [
      [{ id_system: 'army' }, 'id_system: army is not open here; there is civil, school'],
      [
        { id_system: 'school', default_acr_values: ['mosip:idp:acr:linked-wallet'] },
        'takes factors that the ID system school does not offer',
      ],
    ] as const) {
      const party = await newParty('other', 'ES256', more)
      expect(await register(here, party).catch((error: unknown) => String(error))).to.include(problem)
    }
  })

  it('the command line finds a person of each', async () => {
    await signIn(here, shop)
    const idSystems = join(folder, 'config.json')
    writeFileSync(
      idSystems,
      JSON.stringify({
        idSystems: [
          { id: 'civil', module: 'mock' },
          { id: 'school', module: 'mock', settings: { people: join(folder, 'people.json') } },
        ],
      }),
    )
    const acting = ['--config', idSystems, '--actor', 'j.doe', '--case', 'A-1', '--purpose', 'a question', '--person', '--json']
    const found = async (...more: readonly string[]) => {
      const { code, out, err } = await here.cli(['tx', 'find', ...acting, ...more], PUPIL.id)
      expect(code, err).to.equal(0)
      return out
    }
    expect(await found())
      .to.include('"shop"')
      .and.not.to.include('college')
    expect(await found('--id-system', 'school'))
      .to.include('college')
      .and.not.to.include('"shop"')
    expect((await here.cli(['tx', 'find', ...acting, '--id-system', 'army'], PUPIL.id)).err).to.include('there is civil, school')
  })

  it('discovery is computed from all that are open', () => {
    const { world } = here.broker
    const other: OpenIdSystem = {
      generation: 1,
      system: world.idSystem.system,
      description: {
        ...PLUGIN,
        id: 'other',
        factors: [{ factor: 'wallet', format: { kind: 'text', lengthMin: 1, lengthMax: 9 } }],
        claims: ['shoe_size'],
      },
    }
    const { acr_values_supported, claims_supported } = discoveryDocument({
      ...world,
      idSystems: openings([...world.idSystems.serving(), other]),
    })
    expect(acr_values_supported).to.include('mosip:idp:acr:static-code').and.to.include('mosip:idp:acr:linked-wallet')
    expect(claims_supported).to.include('name').and.to.include('shoe_size')
    expect(discoveryDocument(world)['acr_values_supported']).not.to.include('mosip:idp:acr:linked-wallet')
  })

  it('a login never goes to another ID system than its own, and within one request it stays with one opening', () => {
    const { world } = here.broker
    const begunWith = (id: string, generation: number) => ({ request: { plugin: { id, version: '1', generation } } }) as never
    expect(() => keeping(world, begunWith('army', 1))).to.throw('the ID system army is not open here')
    expect(() => forClient(world, { id_system: 'army' })).to.throw('the ID system army is not open here')
    expect(Object.getOwnPropertyDescriptor(forClient(world, {}), 'idSystem')?.value).to.equal(world.idSystem)
  })

  it('settings: contradictions and what production refuses, all at once', () => {
    const problemsOf = (file: object, mode: 'demo' | 'production'): readonly string[] => {
      const read = readSettings({ issuer: 'https://id.example', ...file }, {}, mode, folder)
      return read.ok ? [] : read.problems
    }
    const twice = {
      plugin: { module: 'x' },
      idSystems: [
        { id: 'civil', module: './ours.js' },
        { id: 'civil', module: 'mock' },
      ],
    }
    expect(problemsOf(twice, 'production')).to.deep.equal([
      'plugin: contradicts idSystems; leave one of them out',
      'idSystems: civil stands there twice',
      'idSystems.civil: the mock ID system is for the demo only',
    ])
    expect(problemsOf({ idSystems: [{ id: 'civil', module: 'mock' }] }, 'demo')).to.deep.equal([])
    expect(problemsOf({ idSystems: [] }, 'demo')).to.have.length(1)
    expect(problemsOf({}, 'production')).to.deep.equal(['plugin.module: name the plugin of your ID system'])
  })

  it('one that hangs when the broker starts keeps out its own people only, shows in the status, and is opened when it can be', async () => {
    const read = readSettings({}, { ESIGNET_DATA: join(folder, 'late') }, 'demo', folder)
    if (!read.ok) throw new Error(read.problems.join('; '))
    const well = mockPlugin()
    const { promise: hung, resolve: hang } = Promise.withResolvers<undefined>()
    let hangs = true
    const late: IdSystemPlugin = {
      ...well,
      open: (...given) => {
        if (!hangs) return well.open(...given)
        hang(undefined)
        return new Promise(() => undefined)
      },
    }
    const choices = (): readonly PluginChoice[] => [
      { id: 'civil', module: 'mock', settings: {}, folder: 'civil', plugin: well },
      { id: 'late', module: 'mock', settings: {}, folder: 'late', plugin: late },
    ]
    const { clock, chance, log } = here.broker.world
    // No time passes until it hangs; then its minute is over at once.
    const timers: Timers = { sleep: () => (hangs ? hung : new Promise(() => undefined)) }
    const requests = underWay(10)
    const observer = { idSystem: <T>(_id: string, system: T) => system, breaker: () => undefined }
    const opening = { choices, requests, observer, generationOf: async () => 1 }
    const all = await openIdSystems(read.settings, { clock, chance, log, timers, network: noNetwork }, opening)
    expect(all.idSystems.serving().map(({ description }) => description.id)).to.deep.equal(['civil'])
    expect((await all.status()).find(({ id }) => id === 'late')).to.deep.include({ health: { status: 'down', detail: 'not open' } })
    hangs = false
    await all.renew('late', 2)
    expect(all.idSystems.named('late')?.generation).to.equal(2)
    expect((await all.status()).map(({ id, generation }) => [id, generation])).to.deep.equal([
      ['civil', 1],
      ['late', 2],
    ])
    await all.close()
  })
})
