import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { mockPlugin, readNotices, readOutbox, type Message } from '../adapters/id-system/mock/plugin.ts'
import { helpOf, readFixtures, runKit, type KitReport } from '../adapters/id-system/kit/kit.ts'
import { byUrl } from '../adapters/id-system/http/by-url.ts'
import {
  checkPlugin as checkLoaded,
  describePlugin,
  loadPlugin,
  type LoadedPlugin,
  type PluginLoad,
  type PluginReport,
} from '../adapters/id-system/registry.ts'
import type { Settings } from './config.ts'
import { loginIdProblems, type LoginId } from './login-ids.ts'
import { pluginChoices, type PluginChoice } from './plugin-choices.ts'
import { watch, type Seen } from './plugin-status.ts'
import { plugins, type First, type Loaded, type Missing, type Plugins, type PluginsTools } from './plugins.ts'
import type { Runtime } from './runtime.ts'
import type { Observer } from './telemetry/observer.ts'
import { askedAside, type UnderWay } from './under-way.ts'
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

/** What a plugin says of itself with its settings. Nothing is opened. */
export const describeChoice = (settings: Settings, runtime: Runtime, choice: PluginChoice): Promise<PluginDescription> =>
  describePlugin({ ...choice, tools: toolsFor(runtime, pluginFolder(settings, choice)), timers: runtime.timers })

/** What the settings name now; read again for each new opening. Throws Fault `invalid`. */
export type Choices = () => readonly PluginChoice[]

export type IdSystemsOpening = {
  readonly choices: Choices
  readonly requests: UnderWay
  readonly observer: Pick<Observer, 'idSystem' | 'breaker'>
  /** Which opening of an ID system the deployment is at. */
  readonly generationOf: (id: string) => Promise<number>
}

/** Opens the ID systems; what one of them keeps open is closed where another cannot be opened. */
export const openIdSystems = async (settings: Settings, runtime: Runtime, opening: IdSystemsOpening): Promise<Plugins> => {
  const { choices, requests, observer, generationOf } = opening
  const { clock, timers, log } = runtime
  const { loginIds = [] } = settings
  let all: Plugins | undefined

  const open = async (choice: PluginChoice, seen: Seen, objection?: PluginOpening['objection']): Promise<Loaded> => {
    const own: { description?: PluginDescription } = {}
    const onBreaker: PluginOpening['onBreaker'] = (call, state) => {
      seen.onBreaker(call, state)
      // One that was replaced tells nothing any more.
      const now = own.description && all?.idSystems.named(own.description.id)
      if (now !== undefined && now.description === own.description) observer.breaker(now.description.id, call, state)
    }
    const { description, system } = await openPlugin(settings, runtime, choice, { ...seen, onBreaker, ...(objection && { objection }) })
    own.description = description
    return { description, module: choice.module, system: askedAside(observer.idSystem(description.id, system), requests) }
  }

  /** What the settings name under this id now. */
  const reopen: PluginsTools['open'] = async (id, seen, others) => {
    const choice = choices().find((one) => one.id === undefined || one.id === id)
    if (choice === undefined) throw new Fault('invalid', `the settings name no ID system ${id}`)
    return open(choice, seen, (description) => {
      if (choice.id === undefined && description.id !== id)
        return `it was ${id} and calls itself ${description.id} now: people would be others`
      const idTypes = [...others, description].flatMap((one) => one.idTypes)
      return loginIdProblems(loginIds, idTypes)[0]
    })
  }

  const first: First[] = []
  const missing: Missing[] = []
  try {
    for (const choice of choices()) {
      const watched = watch(clock)
      try {
        first.push({ loaded: await open(choice, watched), watch: watched, generation: 1 })
      } catch (error) {
        // One that hangs keeps nobody but its own people out; what is wrong in the settings keeps the broker from starting.
        const hangs = error instanceof Fault && error.code === 'unavailable'
        if (!hangs || choice.id === undefined || first.length === 0) throw error
        log.error('plugin_not_opened', { plugin: choice.id, problem: error.message })
        missing.push({ id: choice.id, module: choice.module, generation: await generationOf(choice.id), words: error.message })
      }
    }
    if (missing.length === 0) refuseUnknownIds(loginIds, first)
    const numbered = await Promise.all(first.map(async (one) => ({ ...one, generation: await generationOf(one.loaded.description.id) })))
    const drainMs = settings.pluginDrainS * 1000
    all = plugins({ clock, timers, log, drainMs, open: reopen }, numbered, missing)
    return all
  } catch (error) {
    await Promise.all(first.map(({ loaded }) => loaded.system.close()))
    throw error
  }
}

/** What the operator lists and the ID systems do not know would be found out by the first person who types it. */
const refuseUnknownIds = (loginIds: readonly LoginId[], first: readonly First[]): void => {
  const problems = loginIdProblems(
    loginIds,
    first.flatMap(({ loaded }) => loaded.description.idTypes),
  )
  if (problems.length > 0) throw new Fault('invalid', `the settings cannot be used:\n  ${problems.join('\n  ')}`)
}

/** The mock of the demonstration, which prints the codes that it "sends", and its mailbox. */
export const demoIdSystems = (settings: Settings, onMessage: (message: Message) => void, reread: () => Settings = () => settings) => {
  const plugin = mockPlugin({ onMessage })
  const choicesOf = (read: Settings): readonly PluginChoice[] =>
    pluginChoices(read).map((choice) => (choice.module === MOCK_ID ? { ...choice, plugin } : choice))
  const choices: Choices = () => choicesOf(reread())
  const folders = choicesOf(settings)
    .filter(({ module }) => module === MOCK_ID)
    .map((choice) => pluginFolder(settings, choice))
  const inAll = async <T>(read: (folder: string) => Promise<readonly T[]>): Promise<readonly T[]> =>
    (await Promise.all(folders.map(read))).flat()
  return { choices, hasMock: folders.length > 0, outbox: () => inAll(readOutbox), notices: () => inAll(readNotices) }
}

/** Whether a plugin, or the ID system at a URL, can be used: opens it, asks for its health, closes it. */
export const checkPlugin = async (load: PluginLoad): Promise<PluginReport> => checkLoaded({ ...load, ...(await byUrl(load)) })

export type { CheckReport, KitReport } from '../adapters/id-system/kit/kit.ts'

export type Conformance = PluginChoice & {
  /** What stands in the fixture file, and the folder that it lies in. */
  readonly fixtures: unknown
  readonly folder: string
}

/** Whether a plugin, or the ID system at a URL, keeps to the contract, check by check. Throws Fault `invalid` where the fixtures cannot be used. */
export const checkConformance = async (choice: Conformance, runtime: Runtime, dataDirectory: string): Promise<KitReport> => {
  const read = readFixtures(choice.fixtures)
  if (!read.ok) throw new Fault('invalid', ['the fixtures cannot be used:', ...read.problems].join('\n  '))
  const { fixtures } = read
  const report = await runKit({
    ...(await byUrl(choice)),
    ...toolsFor(runtime, dataDirectory),
    timers: runtime.timers,
    fixtures,
    help: helpOf(fixtures, choice.folder, dataDirectory),
  })
  return { ...report, module: choice.module }
}
