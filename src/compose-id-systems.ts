import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { mockPlugin, readNotices, readOutbox, type Message } from '../adapters/id-system/mock/plugin.ts'
import { helpOf, readFixtures, runKit, type KitReport } from '../adapters/id-system/kit/kit.ts'
import { describePlugin, loadPlugin, type LoadedPlugin, type PluginLoad } from '../adapters/id-system/registry.ts'
import type { Settings } from './config.ts'
import { openings } from './openings.ts'
import { pluginChoices, type PluginChoice } from './plugin-choices.ts'
import type { Runtime } from './runtime.ts'
import type { Observer } from './telemetry/observer.ts'
import { askedAside, type UnderWay } from './under-way.ts'
import type { IdSystems, OpenIdSystem } from './world.ts'
import { Fault, type PluginDescription, type PluginTools } from '../domain/ports.ts'

export type PluginOpening = Pick<PluginLoad, 'objection' | 'onThread' | 'onBreaker'> & { readonly dataDirectory?: string }

/** How the mock names itself. */
const MOCK_ID = 'mock'

/** What a plugin keeps. */
const pluginFolder = ({ data }: Pick<Settings, 'data'>, { folder = 'plugin' }: Pick<PluginChoice, 'folder'>): string => join(data, folder)

/** What a plugin is lent. */
const toolsFor = ({ clock, chance, log }: Runtime, dataDirectory: string): PluginTools => ({ clock, chance, log, dataDirectory })

export const openPlugin = async (
  settings: Settings,
  runtime: Runtime,
  choice: PluginChoice,
  more: PluginOpening = {},
): Promise<LoadedPlugin> => {
  const { dataDirectory = pluginFolder(settings, choice), objection, ...watched } = more
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

type Watching = Pick<Observer, 'idSystem' | 'breaker'>

/** The same, with its calls and its breakers watched. */
export const openWatched = async (
  settings: Settings,
  runtime: Runtime,
  choice: PluginChoice,
  observer: Watching,
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
  describePlugin({ ...choice, tools: toolsFor(runtime, pluginFolder(settings, choice)), timers: runtime.timers })

export type OpenedIdSystems = { readonly idSystems: IdSystems; readonly close: () => Promise<void> }

/** Opens them all, one after the other; what one of them keeps open is closed where another cannot be opened. */
export const openIdSystems = async (
  settings: Settings,
  runtime: Runtime,
  choices: readonly PluginChoice[],
  { requests, observer }: { readonly requests: UnderWay; readonly observer: Watching },
): Promise<OpenedIdSystems> => {
  const opened: OpenIdSystem[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ system }) => system.close()))
  }
  try {
    for (const choice of choices) {
      const { description, system } = await openWatched(settings, runtime, choice, observer)
      opened.push({ description, system: askedAside(system, requests), generation: 1 })
    }
  } catch (error) {
    await close()
    throw error
  }
  return { idSystems: openings(opened), close }
}

/** The mock of the demonstration, which prints the codes that it "sends", and its mailbox. */
export const demoIdSystems = (settings: Settings, onMessage: (message: Message) => void) => {
  const plugin = mockPlugin({ onMessage })
  const choices = pluginChoices(settings).map((choice) => (choice.module === MOCK_ID ? { ...choice, plugin } : choice))
  const folders = choices.filter(({ module }) => module === MOCK_ID).map((choice) => pluginFolder(settings, choice))
  const inAll = async <T>(read: (folder: string) => Promise<readonly T[]>): Promise<readonly T[]> =>
    (await Promise.all(folders.map(read))).flat()
  return { choices, outbox: () => inAll(readOutbox), notices: () => inAll(readNotices) }
}

export { checkPlugin } from '../adapters/id-system/registry.ts'

export type { CheckReport, KitReport } from '../adapters/id-system/kit/kit.ts'

export type Conformance = PluginChoice & {
  /** What stands in the fixture file, and the folder that it lies in. */
  readonly fixtures: unknown
  readonly folder: string
}

/** Whether a plugin keeps to the contract, check by check. Throws Fault `invalid` where the fixtures cannot be used. */
export const checkConformance = async (choice: Conformance, runtime: Runtime, dataDirectory: string): Promise<KitReport> => {
  const read = readFixtures(choice.fixtures)
  if (!read.ok) throw new Fault('invalid', ['the fixtures cannot be used:', ...read.problems].join('\n  '))
  const { fixtures } = read
  return runKit({
    ...choice,
    ...toolsFor(runtime, dataDirectory),
    timers: runtime.timers,
    fixtures,
    help: helpOf(fixtures, choice.folder, dataDirectory),
  })
}
