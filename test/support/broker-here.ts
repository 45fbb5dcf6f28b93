import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mockPlugin, readOutbox } from '../../adapters/id-system/mock/plugin.ts'
import type { Json, Network } from '../../domain/ports.ts'
import { readSettings } from '../../src/config.ts'
import { completeRegistration } from '../../src/client-registration.ts'
import { describedBy } from '../../src/id-systems.ts'
import type { Choices } from '../../src/compose-id-systems.ts'
import { pluginChoices } from '../../src/plugin-choices.ts'
import { keepClient, switchClient } from '../../src/steps/register-client.ts'
import { serve, type Broker } from '../../src/main.ts'
import { jsonLog, type Runtime } from '../../src/runtime.ts'
import { freePorts, runCli, until, type Ran } from './broker.ts'
import { systemChance } from './chance.ts'
import { noNetwork } from './network.ts'

/** A clock that goes on as the machine's, and can be moved forward. */
export type MovedClock = { readonly now: () => string; readonly pass: (seconds: number) => void; readonly aheadS: () => number }

export const movedClock = (aheadS = 0): MovedClock => {
  let ahead = aheadS
  return {
    now: () => new Date(Date.now() + ahead * 1000).toISOString(),
    pass: (seconds) => {
      ahead += seconds
    },
    aheadS: () => ahead,
  }
}

export type BrokerHere = {
  readonly issuer: string
  readonly data: string
  readonly broker: Broker
  readonly clock: MovedClock
  readonly aheadS: () => number
  readonly register: (metadata: Readonly<Record<string, unknown>>) => Promise<void>
  readonly deactivate: (client: string) => Promise<void>
  readonly log: () => string
  readonly cli: (args: readonly string[], input?: string) => Promise<Ran>
  readonly otpOf: (transaction: string) => Promise<string>
  readonly end: () => Promise<void>
}

/** The same broker in this process, with a clock that tests move. `data`: a folder that somebody else made and removes. */
export const brokerHere = async (
  options: {
    readonly env?: Record<string, string>
    readonly data?: string
    readonly aheadS?: number
    /** What it reaches of its own accord: nothing, unless a test lets it. */
    readonly network?: Network
    readonly mock?: { readonly [key: string]: Json }
    /** Its ID systems, asked again at each reload; the mock, unless a test names others. */
    readonly choices?: Choices
  } = {},
): Promise<BrokerHere> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-here-'))
  const data = options.data ?? join(folder, 'data')
  const [port = 0] = await freePorts(1)
  const read = readSettings({}, { ESIGNET_PORT: String(port), ESIGNET_DATA: data, ...options.env }, 'demo', folder)
  if (!read.ok) throw new Error(read.problems.join('; '))
  const clock = movedClock(options.aheadS)
  let log = ''
  const runtime: Runtime = {
    clock,
    chance: systemChance,
    timers: {
      sleep: async (ms, signal) => {
        await sleep(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined)
      },
    },
    network: options.network ?? noNetwork,
    log: jsonLog(clock, 'info', (line) => (log += line)),
  }
  const own = { module: 'mock', settings: options.mock ?? {}, plugin: mockPlugin() }
  const broker = await serve(
    read.settings,
    runtime,
    options.choices ?? (() => (read.settings.idSystems === undefined ? [own] : pluginChoices(read.settings))),
  )
  return {
    issuer: read.settings.issuer,
    data,
    broker,
    clock,
    aheadS: clock.aheadS,
    register: async (metadata) => {
      const { world } = broker
      const completed = completeRegistration(metadata, { ...describedBy(world.idSystems), policy: world.policy.value })
      if (!completed.ok) throw new Error(completed.problems.join('; '))
      await keepClient(world, { id: systemChance.uuid(), at: clock.now() }, 'RegisterClient', completed.configuration)
    },
    deactivate: async (client) => {
      await switchClient(broker.world, { id: systemChance.uuid(), at: clock.now() }, 'DeactivateClient', client)
    },
    log: () => log,
    cli: (args, input) => runCli([...args, '--data', data], input === undefined ? {} : { input }),
    otpOf: (transaction) =>
      until(
        'a code in the outbox',
        async () => (await readOutbox(join(data, 'plugin'))).find((message) => message.transaction === transaction)?.otp,
      ),
    end: async () => {
      await broker.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
