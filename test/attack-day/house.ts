import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mockPlugin } from '../../adapters/id-system/mock/plugin.ts'
import type { IdSystemPlugin } from '../../domain/ports.ts'
import { completeRegistration } from '../../src/client-registration.ts'
import { readSettings } from '../../src/config.ts'
import { serve, type Broker } from '../../src/main.ts'
import { keepClient } from '../../src/steps/register-client.ts'
import { freePorts } from '../support/broker.ts'
import { systemChance } from '../support/chance.ts'
import { noNetwork } from '../support/network.ts'
import { begin, newParty, type Begun, type Party } from '../support/rp.ts'
import { scriptedBrowser, type Page, type ScriptedBrowser } from '../support/scripted-browser.ts'
import { solve } from '../support/work.ts'
import { virtualTime, type VirtualTime } from './virtual-time.ts'

export type House = {
  readonly broker: Broker
  readonly time: VirtualTime
  /** Proofs that the ID system was asked about: each is a guess, or the owner's. */
  readonly asked: { readonly id: string; readonly proof: string }[]
  /** A browser at this address. */
  readonly at: (address: string, cookies?: ReadonlyMap<string, string>) => ScriptedBrowser
  readonly login: (browser: ScriptedBrowser) => Promise<Begun>
  readonly end: () => Promise<void>
}

const counted = (asked: House['asked']): IdSystemPlugin => {
  const plugin = mockPlugin()
  return {
    ...plugin,
    open: async (settings, tools) => {
      const system = await plugin.open(settings, tools)
      return {
        ...system,
        verify: async (request) => {
          asked.push({ id: request.id.value, proof: request.proof })
          return system.verify!(request)
        },
      }
    },
  }
}

const withAddress = (browser: ScriptedBrowser, address: string): ScriptedBrowser => {
  const headers = { 'x-forwarded-for': address }
  const post: ScriptedBrowser['post'] = (path, pairs, more) => browser.post(path, pairs, { ...headers, ...more })
  return {
    ...browser,
    get: (path, more) => browser.get(path, { ...headers, ...more }),
    post,
    submit: (page, id, fill) => browser.submit(page, id, fill),
  }
}

/** The broker with all its parts, doors and reactors, on a clock of its own; the event store in memory. */
export const openHouse = async (): Promise<House> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-day-'))
  const [port = 0] = await freePorts(1)
  const environment = {
    ESIGNET_PORT: String(port),
    ESIGNET_DATA: join(folder, 'data'),
    ESIGNET_STORE: 'memory',
    ESIGNET_TRUSTED_PROXIES: '127.0.0.1',
    // The attacker of the day pays for each choice; what that costs is measured apart.
    ESIGNET_GUARD_WORK_BITS: '1',
  }
  const read = readSettings({}, environment, 'demo', folder)
  if (!read.ok) throw new Error(read.problems.join('; '))
  const time = virtualTime()
  const asked: House['asked'] = []
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const runtime = { ...time, chance: systemChance, network: noNetwork, log: silent }
  const broker = await serve(read.settings, runtime, () => [{ module: 'mock', settings: {}, plugin: counted(asked) }])
  const party: Party = await newParty('shop')
  const { world } = broker
  const completed = completeRegistration(party.registration, { plugin: world.idSystem.description, policy: world.policy.value })
  if (!completed.ok) throw new Error(completed.problems.join('; '))
  await keepClient(world, { id: systemChance.uuid(), at: time.clock.now() }, 'RegisterClient', completed.configuration)
  const { issuer } = read.settings
  const reachable = { issuer, cli: () => Promise.reject(new Error('there is no command line here')) }
  return {
    broker,
    time,
    asked,
    at: (address, cookies) => withAddress(scriptedBrowser(issuer, cookies), address),
    login: (browser) => begin(reachable, party, { browser }),
    end: async () => {
      await broker.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const pairs = (page: Page, form: string, more: Readonly<Record<string, string>>): readonly (readonly [string, string])[] => {
  const kept = page.form(form).fields.filter(({ type, name }) => type === 'hidden' && !(name in more))
  return [...kept.map(({ name, value }) => [name, value] as const), ...Object.entries(more)]
}

/** Sends a form of ours from this browser's address. */
export const send = (browser: ScriptedBrowser, page: Page, form: string, more: Readonly<Record<string, string>>): Promise<Page> =>
  browser.post(page.form(form).action, pairs(page, form, more))

/** Names an identifier; where work is asked for, it is done if this one pays. */
export const chooses = async (browser: ScriptedBrowser, page: Page, id: string, pays: boolean): Promise<Page> => {
  const next = await send(browser, page, 'form-choose', { individual_id: id, factor: 'pin' })
  if (!pays || !next.has('form-check')) return next
  const challenge = next.form('form-check').fields.find(({ name }) => name === 'challenge')?.value ?? ''
  return send(browser, next, 'form-check', { solution: solve(challenge) })
}
