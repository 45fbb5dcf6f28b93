import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Fault, type Timers } from '../../domain/ports.ts'
import { within } from './bulkhead.ts'
import { capabilityProblems, problemsWith, readDescription, type Described } from './description.ts'
import { guard } from './guard.ts'
import type { IdSystem, IdSystemPlugin, Json, PluginDescription, PluginTools } from './plugin.ts'

/** `open` may take this long. */
const OPEN_MS = 30_000

/** Plugins that ship embedded, by the word that configuration may use instead of a path. */
const BUILT_IN: Readonly<Record<string, URL>> = { mock: new URL('./mock/plugin.ts', import.meta.url) }

export type Settings = { readonly [key: string]: Json }

export type PluginLoad = {
  /** `mock`, a path (absolute, or from the working directory when it begins with a dot), or the name of an installed package. */
  readonly module: string
  /** The plugin itself where it is imported already; `module` then only names it in messages. */
  readonly plugin?: IdSystemPlugin
  readonly settings: Settings
  readonly tools: PluginTools
  readonly timers: Timers
  /** Calls under way at once, default 256. */
  readonly callsMax?: number
}

export type LoadedPlugin = { readonly description: PluginDescription; readonly system: IdSystem }

const specifierOf = (module: string): string => {
  const builtIn = Object.hasOwn(BUILT_IN, module) ? BUILT_IN[module] : undefined
  if (builtIn !== undefined) return builtIn.href
  if (module.startsWith('.') || isAbsolute(module)) return pathToFileURL(resolve(module)).href
  return module
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

type Shaped = { readonly ok: true; readonly plugin: IdSystemPlugin } | { readonly ok: false; readonly problems: readonly string[] }

const exportProblems = (candidate: object): readonly string[] => [
  ...(typeof Reflect.get(candidate, 'describe') === 'function' ? [] : ['it exports no function describe()']),
  ...(typeof Reflect.get(candidate, 'open') === 'function' ? [] : ['it exports no function open()']),
  ...(isObject(Reflect.get(candidate, 'settingsSchema')) ? [] : ['it exports no settingsSchema']),
]

/** A module's exports, or its default export's members, as a plugin. */
const shapeOf = (exported: unknown): Shaped => {
  const inner: unknown = isObject(exported) && !('describe' in exported) && 'default' in exported ? exported.default : exported
  const problems = isObject(inner) ? exportProblems(inner) : ['it exports nothing']
  return problems.length === 0 ? { ok: true, plugin: inner as IdSystemPlugin } : { ok: false, problems }
}

const importPlugin = async ({ module, plugin }: Pick<PluginLoad, 'module' | 'plugin'>): Promise<Shaped> => {
  if (plugin !== undefined) return shapeOf(plugin)
  try {
    return shapeOf(await import(specifierOf(module)))
  } catch (error) {
    return {
      ok: false,
      problems: [`it cannot be imported: ${error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : 'it threw'}`],
    }
  }
}

const described = (plugin: IdSystemPlugin, settings?: Settings): Described => {
  try {
    return readDescription(settings === undefined ? plugin.describe() : plugin.describe(structuredClone(settings)))
  } catch {
    return { ok: false, problems: ['describe() threw'] }
  }
}

/** What is wrong with the settings by the plugin's own schema. Defaults are filled into `settings`. */
const settingsProblems = (plugin: IdSystemPlugin, settings: Settings): readonly string[] => {
  try {
    return problemsWith(plugin.settingsSchema, settings).map((problem) => `settings ${problem}`)
  } catch {
    return ['settingsSchema is no JSON Schema']
  }
}

type Prepared =
  | { readonly ok: true; readonly plugin: IdSystemPlugin; readonly description: PluginDescription; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] }

const prepare = async (load: Pick<PluginLoad, 'module' | 'plugin' | 'settings'>): Promise<Prepared> => {
  const shaped = await importPlugin(load)
  if (!shaped.ok) return shaped
  const { plugin } = shaped
  const settings = structuredClone(load.settings)
  const wrong = settingsProblems(plugin, settings)
  // A description may depend on the settings, which it can take for right.
  const read = wrong.length === 0 ? described(plugin, settings) : described(plugin)
  const problems = [...(read.ok ? [] : read.problems), ...wrong]
  if (!read.ok || problems.length > 0) return { ok: false, problems }
  return { ok: true, plugin, description: read.description, settings }
}

/** What a plugin says of itself, without opening it. Throws Fault `invalid` with every problem. */
export const describePlugin = async (load: Pick<PluginLoad, 'module' | 'plugin' | 'settings'>): Promise<PluginDescription> => {
  const prepared = await prepare(load)
  if (!prepared.ok) throw refuse(load.module, prepared.problems)
  return prepared.description
}

const refuse = (module: string, problems: readonly string[]): Fault =>
  new Fault('invalid', [`The plugin ${module} cannot be used:`, ...problems].join('\n  '))

/** What `open` throws is for the person who starts the broker: its first words are kept, at most 300 characters. */
const open = async (plugin: IdSystemPlugin, module: string, settings: Settings, tools: PluginTools): Promise<unknown> => {
  try {
    return await plugin.open(settings, tools)
  } catch (error) {
    throw refuse(module, [error instanceof Error ? `open(): ${error.message.slice(0, 300)}` : 'open() threw'])
  }
}

const unusable = (opened: object): IdSystem => ({
  health: async () => ({ status: 'down' }),
  close: async () => {
    const close: unknown = Reflect.get(opened, 'close')
    if (typeof close === 'function') await Reflect.apply(close, opened, [])
  },
})

/** Imports, checks, opens and guards a plugin. Throws Fault `invalid` with every problem, or `unavailable` when it does not open in time. */
export const loadPlugin = async (load: PluginLoad): Promise<LoadedPlugin> => {
  const { module, tools, timers, callsMax } = load
  const prepared = await prepare(load)
  if (!prepared.ok) throw refuse(module, prepared.problems)
  const { plugin, description, settings } = prepared
  const opened: unknown = await within(OPEN_MS, timers, () => open(plugin, module, settings, tools))
  if (!isObject(opened)) throw refuse(module, ['open() answers no object'])
  const problems = capabilityProblems(opened, description)
  // Checked member by member just above; what failed there is closed as far as it can be.
  const system = problems.length === 0 ? (opened as IdSystem) : unusable(opened)
  const guarded = guard(system, { description, clock: tools.clock, timers, log: tools.log, ...(callsMax !== undefined && { callsMax }) })
  if (problems.length > 0) {
    await guarded.close()
    throw refuse(module, problems)
  }
  return { description, system: guarded }
}

export type PluginReport = {
  readonly ok: boolean
  readonly problems: readonly string[]
  readonly description?: PluginDescription
  readonly health?: Awaited<ReturnType<IdSystem['health']>>
}

/** What `esignet plugin check` says: loads, opens, asks for health, closes. Never throws. */
export const checkPlugin = async (load: PluginLoad): Promise<PluginReport> => {
  try {
    const { description, system } = await loadPlugin(load)
    const health = await system.health()
    await system.close()
    const problems = health.status === 'down' ? [`health is down${health.detail === undefined ? '' : `: ${health.detail}`}`] : []
    return { ok: problems.length === 0, problems, description, health }
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid') return { ok: false, problems: error.message.split('\n  ').slice(1) }
    return { ok: false, problems: [error instanceof Fault ? error.message : 'open() threw'] }
  }
}
