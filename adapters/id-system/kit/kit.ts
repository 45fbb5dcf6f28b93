/**
 * The conformance kit (`esignet plugin check <module or URL> --fixtures FILE`): whether a plugin keeps to the contract of `plugin.ts`,
 * told check by check. A plugin that hangs, throws, lies or floods is a finding. It ends within five minutes whatever the plugin does.
 */
import { Fault, type Chance, type Clock, type Instant, type Timers } from '../../../domain/ports.ts'
import { within } from '../bulkhead.ts'
import type { PluginDescription } from '../plugin.ts'
import { openBare, type PluginLoad } from '../registry.ts'
import { Finding } from './asking.ts'
import { GROUPS, type Check } from './checks/index.ts'
import type { Fixtures } from './fixtures.ts'
import { HelperError, type Help } from './helper.ts'
import { logBook } from './log-book.ts'
import { movableClock, openWorld, type World } from './world.ts'

export { readFixtures, type Fixtures, type FixtureFile } from './fixtures.ts'
export { helpOf } from './helper.ts'

const CHECK_MS_MAX = 60_000
/** No check begins after this: with the last one, and a plugin that is slow to close, it is five minutes. */
const BEGIN_MS_MAX = 220_000

/** A plugin that hung or ended so often is not asked any more. */
const SILENCES_MAX = 3

/** The longest that a person is asked for a code that was sent. */
const CODE_VALID_FOR_S_MAX = 600

export type CheckReport = {
  readonly group: string
  readonly check: string
  readonly outcome: 'passed' | 'found' | 'left_out' | 'not_reached'
  /** What was found, why it was left out, or what was measured. */
  readonly detail?: string
}

export type KitReport = {
  readonly conforms: boolean
  readonly module: string
  readonly at: Instant
  /** What it says of itself; absent where it could not be opened. */
  readonly description?: PluginDescription
  readonly checks: readonly CheckReport[]
}

export type KitOptions = Pick<PluginLoad, 'module' | 'settings' | 'memoryMb'> & {
  readonly fixtures: Fixtures
  readonly help: Help
  readonly clock: Clock
  readonly chance: Chance
  readonly timers: Timers
  /** An empty folder, for the plugin. */
  readonly dataDirectory: string
}

/** What was thrown, as a finding's words: it may come from anywhere, and hold anything. */
const wordsOf = (error: unknown): string => {
  if (error instanceof Finding || error instanceof HelperError) return error.message
  if (error instanceof Fault) return error.code === 'unavailable' ? `it took longer than ${CHECK_MS_MAX / 1000} s` : error.message
  return `it could not be checked: ${error instanceof Error ? error.name : 'something was thrown'}`
}

type Watched = { readonly world: World; readonly ends: () => string | undefined; readonly timers: Timers }

const made = async ({ world, ends, timers }: Watched, check: Check): Promise<Omit<CheckReport, 'group' | 'check'> & { silent?: true }> => {
  try {
    const why = check.without?.(world)
    if (why !== undefined) return { outcome: 'left_out', detail: why }
    const detail = await within(CHECK_MS_MAX, timers, () => check.run(world))
    const end = ends()
    if (end !== undefined) throw new Finding(end)
    return { outcome: 'passed', ...(detail !== undefined && { detail }) }
  } catch (error) {
    const end = ends()
    await world.reopen().catch(() => undefined)
    const silent = end !== undefined || (error instanceof Finding && error.silent)
    return { outcome: 'found', detail: end ?? wordsOf(error), ...(silent && { silent }) }
  }
}

const madeAll = async (watched: Watched): Promise<readonly CheckReport[]> => {
  const over = performance.now() + BEGIN_MS_MAX
  let silences = 0
  const reports: CheckReport[] = []
  for (const { group, checks } of GROUPS)
    for (const check of checks) {
      const named = { group, check: check.name }
      if (silences >= SILENCES_MAX) reports.push({ ...named, outcome: 'not_reached', detail: 'it hung or ended again and again' })
      else if (performance.now() > over) reports.push({ ...named, outcome: 'not_reached', detail: 'the time of all checks is over' })
      else {
        const { silent, ...report } = await made(watched, check)
        if (silent === true) silences += 1
        reports.push({ ...named, ...report })
      }
    }
  return reports
}

const problemsOf = (error: unknown): readonly string[] => {
  if (!(error instanceof Fault)) return [wordsOf(error)]
  return error.code === 'invalid' && error.message.includes('\n') ? error.message.split('\n  ').slice(1) : [error.message]
}

/** Opens a plugin in a thread of its own, as the broker does, and makes every check. Never throws for what the plugin does. */
export const runKit = async ({
  module,
  settings,
  memoryMb,
  fixtures,
  help,
  chance,
  timers,
  ...options
}: KitOptions): Promise<KitReport> => {
  const clock = movableClock(options.clock)
  const book = logBook()
  const reasons: string[] = []
  const tools = { clock, chance, log: book.log, dataDirectory: options.dataDirectory }
  const onThread: PluginLoad['onThread'] = (change) => {
    if (change.state === 'ended') reasons.push(`its thread ended (${change.reason})`)
  }
  const open = () => openBare({ module, settings, tools, timers, onThread, ...(memoryMb !== undefined && { memoryMb }) })
  const report = { module, at: options.clock.now() }
  let world: World
  try {
    world = await openWorld({ fixtures, help, clock, chance, timers, book, open, codeValidForSMax: CODE_VALID_FOR_S_MAX })
  } catch (error) {
    const checks = problemsOf(error).map((detail): CheckReport => ({ group: 'manifest', check: 'can be opened', outcome: 'found', detail }))
    return { ...report, conforms: false, checks }
  }
  const description = world.description()
  const checks = await madeAll({ world, ends: () => reasons.splice(0).at(0), timers })
  await world.close().catch(() => undefined)
  // Nobody finds their ID system in another time afterwards.
  await help.time?.(0).catch(() => undefined)
  return { ...report, conforms: checks.every(({ outcome }) => outcome === 'passed' || outcome === 'left_out'), description, checks }
}
