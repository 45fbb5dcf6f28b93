import { request as ask, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { memoryKeyStore } from '../../../adapters/keys/memory/memory-key-store.ts'
import { memoryPersonKeys } from '../../../adapters/person-keys/memory/memory-person-keys.ts'
import { memorySingleUse } from '../../../adapters/single-use/memory/memory-single-use.ts'
import { memoryVault } from '../../../adapters/vault/memory/memory-vault.ts'
import type { Json, KeyStore, PluginDescription } from '../../../domain/ports.ts'
import { deviceTrust } from '../../../src/biometrics/trust.ts'
import { clientKeySets } from '../../../src/client-key-sets.ts'
import { readSettings } from '../../../src/config.ts'
import { onlyIdSystem } from '../../../src/id-systems.ts'
import { createApp } from '../../../src/http/app.ts'
import type { Reply, Request } from '../../../src/http/reply.ts'
import type { Route } from '../../../src/http/route.ts'
import { listen } from '../../../src/http/server.ts'
import { tendKeys } from '../../../src/steps/tend-keys.ts'
import { brandOf } from '../../../src/ui/brand.ts'
import { makeStatics } from '../../../src/ui/statics.ts'
import { pace } from '../../../src/pace.ts'
import { openedRequests } from '../../../src/opened-requests.ts'
import { observing } from '../../../src/telemetry/observer.ts'
import { underWay } from '../../../src/under-way.ts'
import { waiters } from '../../../src/waiters.ts'
import type { World } from '../../../src/world.ts'
import { guessesIn } from '../../support/guesses.ts'
import { systemChance } from '../../support/chance.ts'
import { given, policy, type Given } from '../../support/given.ts'

export const ISSUER = 'https://id.example'

const description: PluginDescription = {
  id: 'fake',
  version: '1',
  api: 1,
  factors: [{ factor: 'otp', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } }],
  channels: ['sms'],
  idTypes: [{ type: 'uin', pattern: '^[0-9]{10}$', lengthMax: 10 }],
  claims: ['name', 'email'],
  sessionSingleUse: false,
  sessionLifetimeS: 600,
}

const settingsOf = (more: Readonly<Record<string, Json>>): World['settings'] => {
  const read = readSettings({ issuer: ISSUER, plugin: { module: 'fake' }, ...more }, {}, 'production', '.')
  if (!read.ok) throw new Error(read.problems.join('; '))
  return read.settings
}

export type House = Given & { readonly world: World }

/** A world in memory, complete but for an ID system that does anything. */
export const house = async (settings: Readonly<Record<string, Json>> = {}, more: Partial<World> = {}): Promise<House> => {
  const base = await given()
  const { clock, log, timers } = base
  const chance = systemChance
  const keys: KeyStore = memoryKeyStore({ chance })
  const brand = brandOf({}, 'UTC')
  const key = chance.bytes(32)
  const world: World = {
    ...{
      clock,
      log,
      timers,
      chance,
      keys,
      auditKeys: memoryKeyStore({ chance }),
      brand,
      journal: base.journal,
      states: base.states,
      views: base.views,
    },
    settings: settingsOf(settings),
    vault: memoryVault({ clock }),
    personKeys: memoryPersonKeys({ clock, chance }),
    destructions: { add: async () => undefined, all: async () => [] },
    singleUse: memorySingleUse({ clock }),
    secrets: { index: key, subject: key, code: key, csrf: key, digest: key, dpopNonce: key },
    ...onlyIdSystem({ description, generation: 1, system: { health: async () => ({ status: 'up' }), close: async () => undefined } }),
    readers: deviceTrust(
      { trust: { refused: [] } },
      () => undefined,
      () => undefined,
    ),
    clientKeys: clientKeySets({ documents: { get: async () => ({ ok: false, fault: 'unreachable' }) }, clock, log }),
    policy: { value: policy, digest: 'a'.repeat(43) },
    waiters: waiters(timers),
    underWay: underWay(100),
    observer: observing({ elapsedMs: () => performance.now(), scheme: 'https' }),
    guesses: guessesIn(clock),
    captcha: async () => false,
    pace: pace({ clock, timers, chance }),
    openedRequests: openedRequests(100),
    statics: makeStatics(brand),
    ...more,
  }
  // Those that a login by default needs: RSA keys take long to make.
  await tendKeys(world, ['ES256', 'EdDSA'])
  return { ...base, world }
}

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string; readonly bytes: Buffer }

export type Doors = {
  readonly port: number
  readonly send: (
    method: string,
    path: string,
    options?: { readonly headers?: RequestOptions['headers']; readonly body?: string | Buffer },
  ) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** Real HTTP to some doors, without a client that tidies requests up. */
export const openDoors = async (world: World, routes: readonly Route[]): Promise<Doors> => {
  const server = await listen(createApp(world, routes), { host: '127.0.0.1', port: 0 })
  const { port } = server
  return {
    port,
    close: server.close,
    send: (method, path, { headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const asked = ask({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const bytes = Buffer.concat(chunks)
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString('utf8'), bytes })
          })
          response.on('error', reject)
        })
        asked.on('error', reject)
        asked.end(body)
      }),
  }
}

/** A door for a test. */
export const door = (more: Partial<Route> & Pick<Route, 'path'>, handler: (request: Request) => Reply | Promise<Reply>): Route => ({
  method: 'GET',
  kind: 'oauth',
  summary: 'A door.',
  responses: {},
  handler: async (_world, request) => handler(request),
  ...more,
})

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
