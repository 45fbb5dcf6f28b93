import type { ReadModel, Tables, TableStore } from '../domain/ports.ts'
import { generationName, openStandings, standingOf } from './generations.ts'

/** Read models as readers know them: a projection's name means the generation that serves, asked anew at each call. */
export type Views = ReadModel & {
  /** The same with each generation under its own name (`generationName`): for those who tell them. */
  readonly every: TableStore
}

type Opened = { readonly version: number; readonly tables: Tables }

/**
 * Reads follow a switch at once, in every process: there is nothing to restart or to wait for. Who keeps a projection at the head writes
 * to one generation of `every` and not through here, because the rows that it remembers are rows of that one.
 */
export const served = (every: TableStore): Views => {
  const opened = new Map<string, Opened>()
  /** Versions whose tables are open here, by the generation's own name. */
  const ready = new Map<string, number>()
  let standings: Promise<void> | undefined

  const servingName = async (projection: string, version: number): Promise<string> => {
    standings ??= openStandings(every).catch((error: unknown) => {
      standings = undefined
      throw error
    })
    await standings
    const { serving } = await standingOf(every, { name: projection, version })
    return generationName(projection, serving)
  }
  const openAs = async (name: string, { version, tables }: Opened): Promise<void> => {
    await every.open(name, version, tables)
    ready.set(name, version)
  }
  const nameOf = async (projection: string): Promise<string> => {
    const its = opened.get(projection)
    // What was not opened is refused by its own name.
    if (its === undefined) return projection
    const name = await servingName(projection, its.version)
    if (ready.get(name) !== its.version) await openAs(name, its)
    return name
  }
  return {
    every,
    open: async (projection, version, tables) => {
      await openAs(await servingName(projection, version), { version, tables })
      opened.set(projection, { version, tables })
    },
    position: async (projection) => every.position(await nameOf(projection)),
    apply: async (projection, from, to, changes) => every.apply(await nameOf(projection), from, to, changes),
    get: async (projection, table, key) => every.get(await nameOf(projection), table, key),
    list: async (projection, table, query) => every.list(await nameOf(projection), table, query),
    count: async (projection, table) => every.count(await nameOf(projection), table),
    drop: async (projection) => every.drop(await nameOf(projection)),
    close: every.close,
  }
}
