import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { memoryKeyStore } from '../../adapters/keys/memory/memory-key-store.ts'
import { AUDIT_ALGORITHM, auditing } from '../../src/audit/auditing.ts'
import { tendKeys } from '../../src/steps/tend-keys.ts'
import type { Machine, Stores } from '../../src/cli/context.ts'
import { systemFiles } from '../../src/cli/files.ts'
import { main } from '../../src/cli/main.ts'
import { readSettings } from '../../src/config.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { stateCache } from '../../src/handle.ts'
import { Fault, type Destruction, type Destructions, type PluginDescription } from '../../domain/ports.ts'
import { systemChance } from './chance.ts'
import { policy, systemTimers, type Given } from './given.ts'
import { noNetwork } from './network.ts'

export const PLUGIN: PluginDescription = {
  id: 'mock',
  version: '1',
  api: 1,
  factors: [{ factor: 'pin', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } }],
  channels: [],
  idTypes: [],
  claims: ['name', 'birthdate', 'email'],
  sessionSingleUse: true,
  sessionLifetimeS: 300,
}

export type Ran = { readonly code: number; readonly out: string; readonly err: string; readonly json: () => unknown }

/** Command lines over ports in memory: what they print and how they end. */
export const commandLine = (world: Given, change: Partial<Machine> = {}) => {
  const read = readSettings({}, {}, 'tool', '/')
  if (!read.ok) throw new Error(read.problems.join('; '))
  const stores: Stores = {
    settings: { ...read.settings, policy },
    journal: world.journal,
    views: world.views,
    states: stateCache(10),
    close: async () => undefined,
  }
  const keys = memoryKeyStore({ chance: systemChance })
  const destroyed: Destruction[] = []
  const destructions: Destructions = { add: async (one) => void destroyed.push(one), all: async () => destroyed }
  const auditKeys = memoryKeyStore({ chance: systemChance })
  return async (line: string | readonly string[], input = ''): Promise<Ran> => {
    let out = ''
    let err = ''
    const machine: Machine = {
      clock: world.clock,
      chance: systemChance,
      timers: systemTimers,
      network: noNetwork,
      log: world.log,
      version: '9.9.9',
      account: 'operator-account',
      terminal: {
        out: (text) => {
          out += text
        },
        err: (text) => {
          err += text
        },
        drained: async () => undefined,
        columns: 80,
        watched: false,
        input: async () => input,
      },
      files: systemFiles,
      stopping: AbortSignal.abort(),
      open: async () => stores,
      keys: async () => keys,
      auditKeys: async () => {
        const { journal, clock } = world
        await tendKeys(auditing({ journal, states: stores.states, timers: systemTimers, chance: systemChance, clock, auditKeys }), [
          AUDIT_ALGORITHM,
        ])
        return auditKeys
      },
      destructions: () => destructions,
      verifier: async () => readFileSync(join(import.meta.dirname, '../../src/audit/verify.mjs'), 'utf8'),
      deciding: async () => ({
        journal: world.journal,
        states: stores.states,
        timers: systemTimers,
        policy: {
          value: policy,
          digest: await world.journal.keepArtefact('policy', policy, world.clock.now(), systemChance.uuid()),
        },
      }),
      documents: () => ({ get: async () => ({ ok: false, fault: 'unreachable' }) }),
      persons: async () => {
        throw new Error('this command line has no persons')
      },
      describePlugins: async () => ({ plugin: PLUGIN }),
      checkPlugin: async (module) => (module === 'mock' ? [] : ['it cannot be imported']),
      checkConformance: async ({ module }) => ({
        module,
        at: world.clock.now(),
        conforms: module === 'mock',
        checks: [{ group: 'manifest', check: 'is up', outcome: module === 'mock' ? 'passed' : 'found', detail: 'health() says down' }],
      }),
      plugins: async () => [{ module: 'mock', use: 'ID system' }],
      pluginStatus: async () => [],
      backup: async () => undefined,
      serve: async (_opening, demo) => ({ lines: [demo ? 'demo' : 'production'], close: async () => undefined }),
      ...change,
    }
    const code = await main(machine, typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line)
    return { code, out, err, json: () => JSON.parse(out) as unknown }
  }
}

export const unavailable = (): Promise<never> => Promise.reject(new Fault('unavailable', 'there is no eSignet data here'))
export const someId = sha256('nobody')
