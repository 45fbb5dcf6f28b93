/** How fast a log is told again and replayed, in a process of its own. */
import { cpuUsage } from 'node:process'
import { allProjections } from '../../src/cli/catch-up.ts'
import type { Stores } from '../../src/cli/context.ts'
import { systemRuntime } from '../../src/compose.ts'
import { composed } from '../../src/machine.ts'
import { rulesReader } from '../../src/replay/inputs.ts'
import { replay } from '../../src/replay/replay.ts'
import { drop, rebuild } from '../../projections/rebuild.ts'
import { runServing } from '../../projections/serving.ts'
import type { Position } from '../../domain/ports.ts'
import { answerOne } from './child.ts'

export type RatesOrder = {
  readonly data: string
  /** Each projection anew and by itself, or all of them side by side, as a broker that starts does: what they were not told yet. */
  readonly rebuild: 'apart' | 'together'
  /** Sign-ins that are replayed, at most. */
  readonly replayed: number
}

export type Rates = {
  readonly events: number
  /** Events of the log for a second of the clock, by projection, or of all side by side. */
  readonly rebuild: Readonly<Record<string, number>>
  /** Sign-ins for a second of the processor. */
  readonly replayPerCore: number
}

const PAGE_EVENTS = 1024

/** Without a step forward for this long there will be none. */
const STALL_MS = 15_000

const runtime = systemRuntime({ logLevel: 'warn' }, (line) => void process.stderr.write(line))

/** Events of the log that were told, for a second of the clock. The audit log is told of every one. */
const catchUpAll = async ({ journal, views }: Stores): Promise<Rates['rebuild']> => {
  const tools = { source: journal.source, views, ...runtime }
  const head = await journal.source.head()
  const began = performance.now()
  let told = 0
  const onProgress = ({ applied }: { readonly applied: number }): void => void (told = Math.max(told, applied))
  const runners = allProjections().map((projection) => runServing(tools, projection, { standBy: true, onProgress }))
  for (const runner of runners)
    for (let before = runner.position(); !(await runner.reached(head, STALL_MS)); before = runner.position())
      if (runner.position() === before) throw new Error('a projection does not move')
  const rate = told / ((performance.now() - began) / 1000)
  await Promise.all(runners.map((runner) => runner.stop()))
  return { together: rate }
}

const rebuildAll = async ({ journal, views }: Stores, events: number): Promise<Rates['rebuild']> => {
  const tools = { source: journal.source, views, ...runtime }
  const rates: Record<string, number> = {}
  for (const projection of allProjections()) {
    const began = performance.now()
    await rebuild(tools, projection, () => undefined)
    rates[projection.name] = events / ((performance.now() - began) / 1000)
    // What stands beside would only be gone on with the next time.
    await drop(tools, projection)
  }
  return rates
}

const firstStreams = async ({ journal }: Stores, count: number): Promise<readonly string[]> => {
  const streams: string[] = []
  for (let after: Position | undefined; streams.length < count;) {
    const filter = { types: ['AuthorizationStarted'] }
    const page = await journal.store.readAll({ filter, max: PAGE_EVENTS, ...(after !== undefined && { after }) })
    streams.push(...page.events.map(({ stream }) => stream))
    if (page.end || page.next === undefined) break
    after = page.next
  }
  return streams.slice(0, count)
}

const replayAll = async (stores: Stores, count: number): Promise<number> => {
  const streams = await firstStreams(stores, count)
  const rulesOf = rulesReader(stores.journal)
  const before = cpuUsage()
  for (const stream of streams) {
    const { verdict } = await replay(stores.journal, stream, rulesOf)
    if (verdict !== 'same') throw new Error(`${stream} is replayed as ${verdict}`)
  }
  const { user, system } = cpuUsage(before)
  return streams.length / ((user + system) / 1e6)
}

answerOne(async ({ data, rebuild: how, replayed }: RatesOrder): Promise<Rates> => {
  const stores = await composed(runtime, { ESIGNET_DATA: data }, data, () => undefined).open({}, 'existing')
  const events = Number(await stores.journal.source.head())
  const told = how === 'together' ? await catchUpAll(stores) : await rebuildAll(stores, events)
  const rates = { events, rebuild: told, replayPerCore: await replayAll(stores, replayed) }
  await stores.close()
  return rates
})
