import type { Machine } from './context.ts'
import { complain, facts, say, sayJson, shortInstant } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import type { NodeStatus, PluginStatus } from '../plugin-status.ts'
import { requestReload } from '../steps/reload-plugin.ts'

/** A plugin is imported, describes itself and opens within a minute; the status follows in seconds. */
const DONE_MS = 75_000
const LOOK_MS = 250

const threadWords = ({ thread }: PluginStatus): readonly string[] => {
  if (thread === undefined) return []
  const { ended, isRunning, last } = thread
  return [`thread ended ${String(ended)} times, last ${last.reason} at ${shortInstant(last.at)}${isRunning ? '' : ', not running now'}`]
}

/** What somebody should know of it, a line each. */
const wordsOf = (status: PluginStatus): readonly string[] => [
  `${status.health.status}${status.health.detail === undefined ? '' : ` (${status.health.detail})`}`,
  ...status.breakers.map(
    ({ call, state, since }) => `${call} ${state === 'open' ? 'is not asked' : 'is tried'} since ${shortInstant(since)}`,
  ),
  ...threadWords(status),
  ...status.older.map(({ generation, until }) => `opening ${String(generation)} finishes its logins until ${shortInstant(until)}`),
  ...(status.problem === undefined ? [] : [`opening ${String(status.problem.generation)} failed: ${status.problem.words}`]),
]

const linesOf = ({ pid, plugins }: NodeStatus): readonly (readonly [string, string])[] =>
  plugins.flatMap((one) => [
    [one.id, `broker ${String(pid)}: opening ${String(one.generation)}, version ${one.version}, since ${shortInstant(one.since)}`] as const,
    ...wordsOf(one).map((words) => ['', words] as const),
  ])

const isWell = ({ health, breakers, problem }: PluginStatus): boolean =>
  health.status !== 'down' && breakers.length === 0 && problem === undefined

const status = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const nodes = await machine.pluginStatus(args.opening)
  if (args.json) sayJson(terminal, nodes)
  else if (nodes.length === 0) say(terminal, 'No broker runs on this data folder.')
  else terminal.out(facts(terminal.columns, nodes.flatMap(linesOf)))
  if (nodes.length === 0) return 3
  return nodes.every(({ plugins }) => plugins.every(isWell)) ? 0 : 1
}

type Done = { readonly broker: number; readonly generation: number; readonly problem?: string }

/** What one broker made of a request; undefined while it is at it. */
const doneBy = ({ pid, plugins }: NodeStatus, id: string, wanted: number): Done | undefined => {
  const found = plugins.find((one) => one.id === id)
  const { generation = 0, problem } = found ?? {}
  if (generation >= wanted) return { broker: pid, generation }
  return problem !== undefined && problem.generation >= wanted ? { broker: pid, generation, problem: problem.words } : undefined
}

/** Waits until every broker on this folder has done it, or could not. */
const waitFor = async (
  machine: Machine,
  args: Args,
  id: string,
  wanted: number,
): Promise<{ readonly done: readonly Done[]; readonly late: number }> => {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const nodes = await machine.pluginStatus(args.opening)
    const done = nodes.map((node) => doneBy(node, id, wanted)).filter((one) => one !== undefined)
    if (done.length === nodes.length || waitedMs >= DONE_MS) return { done, late: nodes.length - done.length }
    await machine.timers.sleep(LOOK_MS)
  }
}

const tell = ({ terminal }: Machine, id: string, done: readonly Done[]): void => {
  for (const { broker, generation, problem } of done) {
    if (problem === undefined) say(terminal, `Broker ${String(broker)}: opening ${String(generation)} of ${id} takes the new logins.`)
    else complain(terminal, `broker ${String(broker)} goes on with opening ${String(generation)} of ${id}: ${problem}`)
  }
}

const reload = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal, clock, chance } = machine
  const id = operand(args, 0)
  // What cannot be loaded here is said here, and asked of nobody.
  const { plugin, otherPlugins = [] } = await machine.describePlugins(args.opening)
  const known = [plugin, ...otherPlugins].map((one) => one.id)
  if (!known.includes(id))
    throw new UsageError(
      `the settings name no ID system ${id.slice(0, 40)}: there is ${known.join(', ')}; give --config or the environment that the brokers have`,
    )
  return withStores(machine, args, 'existing', async (stores) => {
    const wanted = await requestReload(await machine.deciding(stores), id, { id: chance.uuid(), at: clock.now() })
    const { done, late } = await waitFor(machine, args, id, wanted)
    if (args.json) sayJson(terminal, { plugin: id, generation: wanted, brokers: done })
    else if (done.length + late === 0) say(terminal, `Opening ${String(wanted)} of ${id} is asked for; no broker runs on this data folder.`)
    else tell(machine, id, done)
    if (late > 0) complain(terminal, `${String(late)} of the brokers on this data folder have not said how it went: see plugin status`)
    return late > 0 || done.some(({ problem }) => problem !== undefined) ? 1 : 0
  })
}

export const pluginReloadVerbs: readonly Verb[] = [
  {
    name: 'plugin status',
    operands: '',
    summary: 'how the ID systems of the brokers on this machine are',
    help: [
      'Ends with 1 where one is down, is left alone by its breaker, or could not be',
      'opened anew. What plugins could not follow: esignet parked list.',
    ],
    run: status,
  },
  {
    name: 'plugin reload',
    acts: true,
    operands: 'ID',
    summary: 'open an ID system anew in every broker',
    help: [
      'Module and settings are those of the configuration file now. Logins go on',
      'with the opening that they began with. Where the new one cannot be opened,',
      'the old one goes on.',
    ],
    run: reload,
  },
]
