import { openings, type Openings } from './openings.ts'
import { watch, type OpeningStatus, type PluginStatus, type Seen, type Watch } from './plugin-status.ts'
import type { IdSystems, OpenIdSystem } from './world.ts'
import { Fault, type Clock, type IdSystem, type Log, type PluginDescription, type Timers } from '../domain/ports.ts'

/** Replaced openings of one ID system that are kept: of one more, the oldest is closed before its time. */
const OLDER_MAX = 4

/** Of what a plugin says when it cannot be opened. */
const WORDS_MAX = 2000

/** A plugin that was opened: what it says of itself, and the module that it came from. */
export type Loaded = { readonly description: PluginDescription; readonly system: IdSystem; readonly module: string }

export type PluginsTools = {
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  /** How long a replaced opening is kept for the logins that it began with, milliseconds. */
  readonly drainMs: number
  /** Opens what the settings name under this id now, checked whole. Fault with words for the operator. */
  readonly open: (id: string, seen: Seen, before: readonly PluginDescription[]) => Promise<Loaded>
}

/** What is open of the ID systems of a deployment, and what becomes of it. */
export type Plugins = {
  readonly idSystems: IdSystems
  /**
   * Opens an ID system anew and has it take the new logins, unless that was done. What cannot be opened leaves everything as it was, and
   * is said in the log and the status. One after the other; never rejects.
   */
  readonly renew: (id: string, generation: number) => Promise<void>
  /** Told the id of each ID system that was replaced or is new. */
  readonly onServing: (listener: (id: string) => void) => void
  readonly status: () => Promise<readonly PluginStatus[]>
  readonly close: () => Promise<void>
}

type Entry = { readonly opened: OpenIdSystem; readonly watch: Watch; readonly status: OpeningStatus; until?: string }

/** Those that were there before; each with what watched it while it opened. */
export type First = { readonly loaded: Loaded; readonly watch: Watch; readonly generation: number }

/** One that did not open in time when the broker started: the others serve without it. */
export type Missing = { readonly id: string; readonly module: string; readonly generation: number; readonly words: string }

const wordsOf = (error: unknown): string => (error instanceof Fault ? error.message : 'it threw').slice(0, WORDS_MAX)

/** What relying parties and people could have before, and now not. */
const lost = (before: PluginDescription, after: PluginDescription): readonly string[] => {
  const words = ({ factors, claims, idTypes }: PluginDescription): readonly string[] => [
    ...factors.map(({ factor }) => factor),
    ...claims,
    ...idTypes.map(({ type }) => type),
  ]
  return words(before).filter((word) => !words(after).includes(word))
}

type House = {
  readonly tools: PluginsTools
  readonly closing: AbortController
  readonly places: Openings
  readonly entries: Map<OpenIdSystem, Entry>
  readonly problems: Map<string, NonNullable<PluginStatus['problem']>>
  readonly listeners: ((id: string) => void)[]
}

const entryOf = ({ clock }: PluginsTools, { loaded, watch: watched, generation }: First): Entry => {
  const { description, system, module } = loaded
  return {
    opened: { description, system, generation },
    watch: watched,
    status: { generation, version: description.version, module, since: clock.now() },
  }
}

const isClosing = ({ closing }: House): boolean => closing.signal.aborted

const end = async ({ entries, places, tools }: House, opened: OpenIdSystem): Promise<void> => {
  if (!entries.delete(opened)) return
  places.drop(opened)
  await opened.system.close()
  tools.log.info('plugin_drained', { plugin: opened.description.id, generation: opened.generation })
}

const drain = async (house: House, opened: OpenIdSystem): Promise<void> => {
  const { clock, timers, drainMs } = house.tools
  const entry = house.entries.get(opened)
  if (entry !== undefined) entry.until = new Date(Date.parse(clock.now()) + drainMs).toISOString()
  await timers.sleep(drainMs, house.closing.signal)
  if (!isClosing(house)) await end(house, opened)
}

/** What was replaced of an ID system, newest first. */
const olderOf = ({ places }: House, { description }: OpenIdSystem): readonly OpenIdSystem[] =>
  places
    .all()
    .filter((one) => one.description.id === description.id)
    .slice(1)

const replace = (house: House, id: string, entry: Entry): void => {
  const { places, entries, problems, listeners, tools } = house
  const before = places.named(id)
  entries.set(entry.opened, entry)
  places.put(entry.opened)
  problems.delete(id)
  const { generation, version } = entry.status
  tools.log.info('plugin_replaced', { plugin: id, generation, version })
  if (before !== undefined) {
    const less = lost(before.description, entry.opened.description)
    if (less.length > 0) tools.log.warn('plugin_offers_less', { plugin: id, without: less })
    void drain(house, before)
  }
  for (const opened of olderOf(house, entry.opened).slice(OLDER_MAX)) void end(house, opened)
  for (const listener of listeners) listener(id)
}

const renewNow = async (house: House, id: string, generation: number): Promise<void> => {
  const { places, problems, tools } = house
  if (isClosing(house) || (places.named(id)?.generation ?? 0) >= generation) return
  const watched = watch(tools.clock)
  const others = places.serving().map(({ description }) => description)
  try {
    const loaded = await tools.open(
      id,
      watched,
      others.filter((other) => other.id !== id),
    )
    if (isClosing(house)) await loaded.system.close()
    else replace(house, id, entryOf(tools, { loaded, watch: watched, generation }))
  } catch (error) {
    const words = wordsOf(error)
    problems.set(id, { generation, at: tools.clock.now(), words })
    tools.log.error('plugin_not_replaced', { plugin: id, generation, problem: words })
  }
}

const statusOf = async (house: House, opened: OpenIdSystem): Promise<PluginStatus | undefined> => {
  const { entries, problems } = house
  const { id } = opened.description
  const health = await opened.system.health()
  const entry = entries.get(opened)
  if (entry === undefined) return undefined
  const problem = problems.get(id)
  const older = olderOf(house, opened)
    .flatMap((one) => entries.get(one) ?? [])
    .map(({ status, until = '' }) => ({ ...status, until }))
  return { id, ...entry.status, health, ...entry.watch.status(), older, ...(problem && { problem }) }
}

const notOpen = ({ id, module, generation, words }: Missing, at: string): PluginStatus => ({
  ...{ id, module, generation, version: '-', since: at, breakers: [], older: [] },
  health: { status: 'down', detail: 'not open' },
  problem: { generation, at, words },
})

/** The ID systems of a deployment, beginning with those that were opened. */
export const plugins = (tools: PluginsTools, first: readonly First[], missing: readonly Missing[] = []): Plugins => {
  const startedAt = tools.clock.now()
  const begun = first.map((one) => entryOf(tools, one))
  const house: House = {
    tools,
    closing: new AbortController(),
    places: openings(begun.map(({ opened }) => opened)),
    entries: new Map(begun.map((entry) => [entry.opened, entry])),
    problems: new Map(),
    listeners: [],
  }
  const { places, listeners, closing } = house
  const turns = new Map<string, Promise<void>>()
  return {
    idSystems: places,
    renew: (id, generation) => {
      const turn = (turns.get(id) ?? Promise.resolve()).then(() => renewNow(house, id, generation))
      turns.set(id, turn)
      return turn
    },
    onServing: (listener) => void listeners.push(listener),
    status: async () => {
      const open = (await Promise.all(places.serving().map((opened) => statusOf(house, opened)))).filter((one) => one !== undefined)
      return [...open, ...missing.filter(({ id }) => places.named(id) === undefined).map((one) => notOpen(one, startedAt))]
    },
    close: async () => {
      closing.abort()
      await Promise.all(turns.values())
      await Promise.all(places.all().map(({ system }) => system.close()))
    },
  }
}
