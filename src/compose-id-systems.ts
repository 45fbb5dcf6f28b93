import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { mockPlugin, readNotices, readOutbox, type Message } from '../adapters/id-system/mock/plugin.ts'
import { describePlugin, loadPlugin, type LoadedPlugin, type PluginLoad } from '../adapters/id-system/registry.ts'
import type { Settings } from './config.ts'
import type { Runtime } from './runtime.ts'
import type { Observer } from './telemetry/observer.ts'
import type { IdSystemPlugin, Json, PluginDescription, PluginTools } from '../domain/ports.ts'

export type PluginChoice = {
  readonly module: string
  readonly settings: { readonly [key: string]: Json }
  /** The plugin itself where a test or the demo has it already. */
  readonly plugin?: IdSystemPlugin
}

export type PluginOpening = Pick<PluginLoad, 'objection' | 'onThread' | 'onBreaker'> & { readonly dataDirectory?: string }

/** How the mock names itself. */
const MOCK_ID = 'mock'

/** What a plugin keeps. */
const pluginFolder = ({ data }: Settings): string => join(data, 'plugin')

/** What a plugin is lent. */
const toolsFor = ({ clock, chance, log }: Runtime, dataDirectory: string): PluginTools => ({ clock, chance, log, dataDirectory })

export const openPlugin = async (
  settings: Settings,
  runtime: Runtime,
  choice: PluginChoice,
  more: PluginOpening = {},
): Promise<LoadedPlugin> => {
  const { dataDirectory = pluginFolder(settings), objection, ...watched } = more
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  return loadPlugin({
    ...choice,
    ...watched,
    tools: toolsFor(runtime, dataDirectory),
    timers: runtime.timers,
    objection: (description) => {
      // Its people and their secrets are public: by whichever name or link it came, it never serves a deployment (rule 44).
      if (settings.mode === 'production' && description.id === MOCK_ID) return 'plugin.module: the mock ID system is for the demo only'
      const takesBiometrics = description.factors.some(({ factor }) => factor === 'biometrics')
      if (settings.mode === 'production' && takesBiometrics && settings.sbi.trust.devices === undefined)
        return 'sbi.trust.devices: name the certificates of those who certify biometric readers, since this ID system takes biometrics'
      return objection?.(description)
    },
  })
}

/** The same, with its calls and its breakers watched. */
export const openWatched = async (
  settings: Settings,
  runtime: Runtime,
  choice: PluginChoice,
  observer: Pick<Observer, 'idSystem' | 'breaker'>,
  more: PluginOpening = {},
): Promise<LoadedPlugin> => {
  let id = ''
  const onBreaker: PluginOpening['onBreaker'] = (call, state) => observer.breaker(id, call, state)
  const { description, system } = await openPlugin(settings, runtime, choice, { ...more, onBreaker })
  id = description.id
  return { description, system: observer.idSystem(id, system) }
}

/** What a plugin says of itself with its settings. Nothing is opened. */
export const describeChoice = (settings: Settings, runtime: Runtime, choice: PluginChoice): Promise<PluginDescription> =>
  describePlugin({ ...choice, tools: toolsFor(runtime, pluginFolder(settings)), timers: runtime.timers })

/** The ID system that a deployment names; the demo's where it names none. */
export const pluginChoice = ({ plugin }: Settings): PluginChoice => ({
  module: plugin?.module ?? 'mock',
  settings: (plugin?.settings ?? {}) as { readonly [key: string]: Json },
})

/** The mock of the demonstration, which prints the codes that it "sends", and its mailbox. */
export const demoIdSystem = (settings: Settings, onMessage: (message: Message) => void) => ({
  choice: { ...pluginChoice(settings), plugin: mockPlugin({ onMessage }) } satisfies PluginChoice,
  outbox: () => readOutbox(pluginFolder(settings)),
  notices: () => readNotices(pluginFolder(settings)),
})

export { checkPlugin } from '../adapters/id-system/registry.ts'
