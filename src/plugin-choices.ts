import type { IdSystemPlugin, Json } from '../domain/ports.ts'
import type { Config } from '../schemas/generated.ts'

/** An ID system that a deployment names. */
export type PluginChoice = {
  /** What the deployment calls it. Absent: what its plugin calls itself. */
  readonly id?: string
  readonly module: string
  readonly settings: { readonly [key: string]: Json }
  /** What its plugin keeps: below the data folder. Absent: `plugin`. */
  readonly folder?: string
  /** The plugin itself where a test or the demo has it already. */
  readonly plugin?: IdSystemPlugin
}

type Choices = readonly [PluginChoice, ...PluginChoice[]]

/** The ID systems of a deployment: the first is for whoever names none. The demo's where it names none. */
export const pluginChoices = ({ plugin, idSystems = [] }: Pick<Config, 'plugin' | 'idSystems'>): Choices => {
  const [first, ...others] = idSystems.map(({ id, module, settings = {} }): PluginChoice => ({
    ...{ id, module, folder: `plugins/${id}` },
    settings: settings as PluginChoice['settings'],
  }))
  const only = { module: plugin?.module ?? 'mock', settings: (plugin?.settings ?? {}) as PluginChoice['settings'] }
  return first === undefined ? [only] : [first, ...others]
}

/** By its word or by its path; whatever else calls itself the mock is refused when it is loaded. */
const namesMock = (module: string): boolean => module === 'mock' || module.includes('id-system/mock')

const MOCK = 'the mock ID system is for the demo only'

/** What is wrong with the ID systems that are named. */
export const pluginProblems = ({ plugin, idSystems }: Pick<Config, 'plugin' | 'idSystems'>, isProduction: boolean): readonly string[] => {
  if (idSystems === undefined) {
    const module = plugin?.module
    if (!isProduction) return []
    return module === undefined ? ['plugin.module: name the plugin of your ID system'] : namesMock(module) ? [`plugin.module: ${MOCK}`] : []
  }
  const ids = idSystems.map(({ id }) => id)
  return [
    ...(plugin === undefined ? [] : ['plugin: contradicts idSystems; leave one of them out']),
    ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `idSystems: ${id} stands there twice`),
    ...idSystems.filter(({ module }) => isProduction && namesMock(module)).map(({ id }) => `idSystems.${id}: ${MOCK}`),
  ]
}
