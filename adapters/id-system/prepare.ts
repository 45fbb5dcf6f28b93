import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Fault } from '../../domain/ports.ts'
import { capabilityProblems, problemsWith, readDescription, type Described } from './description.ts'
import type { IdSystem, IdSystemPlugin, Json, PluginDescription, PluginTools } from './plugin.ts'

export type Settings = { readonly [key: string]: Json }

/** What stands in configuration, as `import` takes it: a path (absolute, or from the working directory when it begins with a dot), or a package. */
export const specifierOf = (module: string): string =>
  module.startsWith('.') || isAbsolute(module) ? pathToFileURL(resolve(module)).href : module

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

type Shaped = { readonly ok: true; readonly plugin: IdSystemPlugin } | { readonly ok: false; readonly problems: readonly string[] }

const exportProblems = (candidate: object): readonly string[] => [
  ...(typeof Reflect.get(candidate, 'describe') === 'function' ? [] : ['it exports no function describe()']),
  ...(typeof Reflect.get(candidate, 'open') === 'function' ? [] : ['it exports no function open()']),
  ...(isObject(Reflect.get(candidate, 'settingsSchema')) ? [] : ['it exports no settingsSchema']),
]

/** A module's exports, or its default export's members, as a plugin. */
export const shapeOf = (exported: unknown): Shaped => {
  const inner: unknown = isObject(exported) && !('describe' in exported) && 'default' in exported ? exported.default : exported
  const problems = isObject(inner) ? exportProblems(inner) : ['it exports nothing']
  return problems.length === 0 ? { ok: true, plugin: inner as IdSystemPlugin } : { ok: false, problems }
}

export const importPlugin = async (specifier: string): Promise<Shaped> => {
  try {
    return shapeOf(await import(specifier))
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : 'it threw'
    return { ok: false, problems: [`it cannot be imported: ${why.slice(0, 300)}`] }
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

export type Prepared =
  | { readonly ok: true; readonly plugin: IdSystemPlugin; readonly description: PluginDescription; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] }

/** A plugin with its settings checked and completed, and what it says of itself with them. Nothing is opened. */
export const prepare = (shaped: Shaped, given: Settings): Prepared => {
  if (!shaped.ok) return shaped
  const { plugin } = shaped
  const settings = structuredClone(given)
  const wrong = settingsProblems(plugin, settings)
  // A description may depend on the settings, which it can take for right.
  const read = wrong.length === 0 ? described(plugin, settings) : described(plugin)
  const problems = [...(read.ok ? [] : read.problems), ...wrong]
  if (!read.ok || problems.length > 0) return { ok: false, problems }
  return { ok: true, plugin, description: read.description, settings }
}

export type Opened =
  { readonly ok: true; readonly system: IdSystem } | { readonly ok: false; readonly problems: readonly string[]; readonly half?: object }

/** Opens what was prepared. What `open` throws is for the person who starts the broker: its first words are kept, at most 300 characters. */
export const openPrepared = async (prepared: Prepared & { readonly ok: true }, tools: PluginTools): Promise<Opened> => {
  const { plugin, settings, description } = prepared
  let opened: unknown
  try {
    opened = await plugin.open(settings, tools)
  } catch (error) {
    return { ok: false, problems: [error instanceof Error ? `open(): ${error.message.slice(0, 300)}` : 'open() threw'] }
  }
  if (!isObject(opened)) return { ok: false, problems: ['open() answers no object'] }
  const problems = capabilityProblems(opened, description)
  // Checked member by member just above.
  return problems.length === 0 ? { ok: true, system: opened as IdSystem } : { ok: false, problems, half: opened }
}

/** Closes what opened without all that it described, as far as it can be. */
export const closeHalf = async (half: object): Promise<void> => {
  const close: unknown = Reflect.get(half, 'close')
  if (typeof close === 'function') await Reflect.apply(close, half, [])
}

export const refuse = (module: string, problems: readonly string[]): Fault =>
  new Fault('invalid', [`The plugin ${module} cannot be used:`, ...problems].join('\n  '))
