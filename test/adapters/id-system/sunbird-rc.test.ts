import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IdSystem, Json } from '../../../adapters/id-system/plugin.ts'
import { loadPlugin } from '../../../adapters/id-system/registry.ts'
import * as sunbirdRc from '../../../adapters/id-system/sunbird-rc/plugin.ts'
import { idSystemContract } from '../../contracts/id-system.ts'
import { systemChance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { logBook, systemTimers as timers } from '../../support/plugin-world.ts'
import { ASHA, BRUNO, standInRegistry, type Policy, type Registry, type RegistryOptions } from '../../support/registry.ts'

const ID = { type: 'uin', value: 'P4711' } as const
const answers = (fullName: string, dob: string): string => JSON.stringify({ dob, fullName })
const RIGHT = answers('Asha Nakamura-Oyelaran', '1979-04-09')
const WRONG = { ok: false, error: 'challenge_failed' }

for (const wrapped of [false, true]) {
  let registry: Registry
  const settings: { [key: string]: Json } = {}
  describe(`a registry whose lists come ${wrapped ? 'wrapped' : 'as they are'}`, () => {
    before(async () => {
      registry = await standInRegistry([ASHA, BRUNO], { wrapped })
      Object.assign(settings, registry.settings)
    })
    after(() => registry.close())

    idSystemContract({
      name: 'sunbird-rc',
      plugin: async () => sunbirdRc,
      settings,
      fixtures: {
        valid: { id: ID, proofs: { knowledge: RIGHT }, claims: ['name', 'email', 'phone_number', 'gender', 'birthdate'] },
        second: { id: { ...ID, value: 'P4712' }, proofs: { knowledge: answers('Bruno Ekström', '1990-12-30') }, claims: ['name'] },
        unknown: { ...ID, value: 'P9999' },
        wrong: { knowledge: answers('Asha Nakamura-Oyelaran', '1979-04-10') },
      },
      tellsUnknown: false,
      outage: async (_directory, on) => registry.setFaults(on ? { status: 503 } : {}),
      slow: async (_directory, delayMs) => registry.setFaults({ delayMs }),
    })
  })
}

describe('sunbird-rc', () => {
  let clock: HandClock
  let dataDirectory: string
  const ends: (() => Promise<void>)[] = []

  before(() => {
    clock = handClock()
    dataDirectory = mkdtempSync(join(tmpdir(), 'sunbird-rc-'))
  })
  after(async () => {
    for (const end of ends) await end()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const stand = async (people?: readonly Policy[], options?: RegistryOptions): Promise<Registry> => {
    const registry = await standInRegistry(people, options)
    ends.push(registry.close)
    return registry
  }
  const open = async (registry: Registry, more: { readonly [key: string]: Json } = {}): Promise<IdSystem> => {
    const tools = { clock, chance: systemChance, log: logBook().log, dataDirectory }
    const { system } = await loadPlugin({ module: 'sunbird-rc', settings: { ...registry.settings, ...more }, tools, timers })
    ends.unshift(system.close)
    return system
  }
  const call = () => ({ idempotencyKey: systemChance.uuid(), deadline: clock.in(5000), transaction: 'tx_1', client: 'harbour' })
  const answer = (plugin: IdSystem, proof = RIGHT, id: string = ID.value) =>
    plugin.verify!({ ...call(), id: { ...ID, value: id }, factor: 'knowledge', proof })
  const told = async (plugin: IdSystem, claims: readonly string[]) => {
    const proven = await answer(plugin)
    return plugin.release!({ ...call(), session: proven.ok ? proven.value.session : '', claims })
  }

  it('searches by the identifier and every answer, a date as the registry writes it', async () => {
    const registry = await stand()
    expect(await answer(await open(registry))).to.have.nested.property('value.subjectKey', ASHA.osid)
    expect(registry.searches()).to.deep.equal([
      {
        offset: 0,
        limit: 2,
        filters: { fullName: { eq: 'Asha Nakamura-Oyelaran' }, dob: { eq: '09/04/1979' }, policyNumber: { eq: 'P4711' } },
      },
    ])
  })

  it('a form with the words of the settings; the identifier is not asked again', async () => {
    const registry = await stand()
    const { factors } = sunbirdRc.describe(registry.settings)
    expect(factors).to.have.nested.property('[0].form.schema.properties').that.has.all.keys('fullName', 'dob')
    expect(factors).to.have.nested.property('[0].form.titles.fullName.fr', 'Nom complet')
    const twice = [{ id: 'policyNumber', titles: { en: 'Policy' } }]
    expect(await faultOf(() => open(registry, { questions: twice }))).to.equal('invalid')
    for (const name of ['searchUrl', 'entityUrl'])
      expect(await faultOf(() => open(registry, { [name]: 'http://sunbird.example/api' })), name).to.equal('invalid')
  })

  it('exactly one record is a person; two that answer alike are nobody', async () => {
    const plugin = await open(await stand([ASHA, { ...ASHA, osid: '1-another' }]))
    expect(await answer(plugin)).to.deep.equal(WRONG)
  })

  it('a registry that leaves a filter out lets nobody in by the identifier alone', async () => {
    const plugin = await open(await stand([ASHA, BRUNO], { unknownFilters: ['dob', 'fullName'] }))
    expect(await answer(plugin, answers('Asha Nakamura-Oyelaran', '1979-04-10'))).to.deep.equal(WRONG)
    expect(await answer(plugin, answers('Somebody Else', '1979-04-09'))).to.deep.equal(WRONG)
    expect(await answer(plugin, answers('asha  nakamura-oyelaran', '1979-04-09'))).to.have.property('ok', true)
    const hiding = await open(await stand([ASHA, BRUNO], { hidden: ['dob', 'fullName'] }))
    expect(await answer(hiding)).to.have.property('ok', true)
  })

  it('tells claims from where they stand in the record, a date as a date, an address as its parts', async () => {
    const claims = { birthdate: 'dob', address: 'home.address', locale: 'nowhere', nickname: 'home.town', zoneinfo: 'home' }
    const plugin = await open(await stand(), { claims })
    expect(await told(plugin, Object.keys(claims))).to.deep.equal({
      ok: true,
      value: { claims: { birthdate: '1979-04-09', address: { locality: 'Kestrel Bay', postal_code: '20077' }, nickname: 'Kestrel Bay' } },
    })
  })

  it('reads nothing where nothing was agreed to, and tells nothing of a record that was taken away', async () => {
    const registry = await stand()
    const plugin = await open(registry)
    const proven = await answer(plugin)
    const session = proven.ok ? proven.value.session : ''
    expect(await plugin.release!({ ...call(), session, claims: [] })).to.deep.equal({ ok: true, value: { claims: {} } })
    expect(registry.calls().filter((path) => path.startsWith('GET'))).to.deep.equal([])
    registry.remove(ASHA.osid)
    expect(await plugin.release!({ ...call(), session, claims: ['name'] })).to.deep.equal({ ok: false, error: 'subject_denied' })
  })

  it('asks for identifiers in capitals where the registry writes them so', async () => {
    const idTypes = [{ type: 'handle', pattern: '^[a-z0-9-]+$', lengthMax: 20 }]
    const plugin = await open(await stand(), { individualIdCase: 'upper', idTypes })
    const request = { ...call(), id: { type: 'handle', value: 'p4711' }, factor: 'knowledge', proof: RIGHT } as const
    expect(await plugin.verify!(request)).to.have.property('ok', true)
  })

  it('answers in the words of the contract, whatever comes back', async () => {
    const registry = await stand()
    const plugin = await open(registry)
    for (const [faults, error, code] of [
      [{ status: 500 }, 'unavailable', 'http_500'],
      [{ status: 404 }, 'misconfigured', 'http_404'],
      [{ malformed: true }, 'unavailable', 'answer_unfit'],
    ] as const) {
      registry.setFaults(faults)
      expect(await answer(plugin)).to.deep.equal({ ok: false, error, code })
      expect((await plugin.health()).status).to.equal('down')
    }
    registry.setFaults({})
    expect(await answer(await open(registry, { entityIdField: 'id' }))).to.deep.equal({
      ok: false,
      error: 'misconfigured',
      code: 'no_entity_id',
    })
  })
})
