import { fileURLToPath } from 'node:url'
import { Fault, type Timers } from '../../domain/ports.ts'
import { within } from './bulkhead.ts'
import { guard, type GuardOptions } from './guard.ts'
import type { IdSystem, IdSystemPlugin, PluginDescription, PluginTools } from './plugin.ts'
import { closeHalf, importPlugin, openPrepared, prepare, refuse, shapeOf, type Settings } from './prepare.ts'
import { describeThreaded, openThreaded, type ThreadedLoad } from './threaded.ts'

/** `open` may take this long. */
const OPEN_MS = 30_000

type Shipped = {
  readonly url: URL
  /** It runs in the broker's own thread. All others have one of their own (rule 42). */
  readonly embedded: boolean
}

/** Plugins that ship, by the word that configuration may use instead of a path. */
const SHIPPED: Readonly<Record<string, Shipped>> = {
  mock: { url: new URL('./mock/plugin.ts', import.meta.url), embedded: true },
  http: { url: new URL('./http/plugin.ts', import.meta.url), embedded: true },
  'mock-wire': { url: new URL('./mock-wire/plugin.ts', import.meta.url), embedded: true },
  'mosip-ida': { url: new URL('./mosip-ida/plugin.ts', import.meta.url), embedded: true },
  'sunbird-rc': { url: new URL('./sunbird-rc/plugin.ts', import.meta.url), embedded: true },
}

const shippedOf = (module: string): Shipped | undefined => (Object.hasOwn(SHIPPED, module) ? SHIPPED[module] : undefined)

export type PluginLoad = Pick<ThreadedLoad, 'memoryMb' | 'objection' | 'onThread'> &
  Pick<GuardOptions, 'callsMax' | 'breaker' | 'onBreaker'> & {
    /** What the deployment calls this ID system, where that is not what the plugin calls itself: two may have one plugin. */
    readonly id?: string
    /** A shipped plugin's word, a path (absolute, or from the working directory when it begins with a dot), or the name of an installed package. */
    readonly module: string
    /** The plugin itself where it is imported already; `module` then only names it in messages, and it runs in this thread. */
    readonly plugin?: IdSystemPlugin
    readonly settings: Settings
    readonly tools: PluginTools
    readonly timers: Timers
  }

/** Members that are there, for types that tell absent from undefined. */
const present = <T extends object>(members: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>
  }

export type LoadedPlugin = { readonly description: PluginDescription; readonly system: IdSystem }

/** The plugin of a load, where it lives in the broker's own thread: one that was handed over, or one of ours that is made for it. */
const embeddedOf = async ({ module, plugin }: Pick<PluginLoad, 'module' | 'plugin'>): Promise<ReturnType<typeof shapeOf> | undefined> => {
  if (plugin !== undefined) return shapeOf(plugin)
  const shipped = shippedOf(module)
  return shipped?.embedded === true ? importPlugin(shipped.url.href) : undefined
}

const modulePath = (module: string): string => {
  const shipped = shippedOf(module)
  return shipped === undefined ? module : fileURLToPath(shipped.url)
}

const threadedLoad = ({ module, tools, ...load }: PluginLoad): ThreadedLoad => ({
  ...load,
  ...tools,
  module: modulePath(module),
})

const named = (description: PluginDescription, { id = description.id }: Pick<PluginLoad, 'id'>): PluginDescription => ({
  ...description,
  id,
})

/** What a plugin says of itself, without opening it. Throws Fault `invalid` with every problem. */
export const describePlugin = async (load: PluginLoad): Promise<PluginDescription> => {
  const shaped = await embeddedOf(load)
  if (shaped === undefined) return named(await describeThreaded(threadedLoad(load)), load)
  const prepared = prepare(shaped, load.settings)
  if (!prepared.ok) throw refuse(load.module, prepared.problems)
  return named(prepared.description, load)
}

const openEmbedded = async (load: PluginLoad, shaped: ReturnType<typeof shapeOf>): Promise<LoadedPlugin> => {
  const { module, tools, timers, settings } = load
  const prepared = prepare(shaped, settings)
  if (!prepared.ok) throw refuse(module, prepared.problems)
  const { description } = prepared
  const objection = load.objection?.(description)
  if (objection !== undefined) throw new Fault('invalid', objection)
  const opened = await within(OPEN_MS, timers, () => openPrepared(prepared, tools))
  if (opened.ok) return { description, system: opened.system }
  const { half, problems } = opened
  if (half !== undefined) await within(OPEN_MS, timers, () => closeHalf(half)).catch(() => undefined)
  throw refuse(module, problems)
}

/** Imports, checks, opens and guards a plugin. Throws Fault `invalid` with every problem, or `unavailable` when it does not open in time. */
export const loadPlugin = async (load: PluginLoad): Promise<LoadedPlugin> => {
  const { tools, timers, callsMax, breaker, onBreaker } = load
  const shaped = await embeddedOf(load)
  const { description: own, system } = await (shaped === undefined ? openThreaded(threadedLoad(load)) : openEmbedded(load, shaped))
  const description = named(own, load)
  const { clock, log } = tools
  return { description, system: guard(system, { description, clock, timers, log, ...present({ callsMax, breaker, onBreaker }) }) }
}

/** A plugin in a thread of its own with no guard before it, for the conformance kit: what it does wrong is seen. */
export const openBare = (load: PluginLoad): Promise<LoadedPlugin> => openThreaded(threadedLoad(load))

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
