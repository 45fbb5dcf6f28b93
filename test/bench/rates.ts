/** How fast a log is told again and replayed, in a process of its own. */
import { cpuUsage } from 'node:process'
import { allProjections } from '../../src/cli/catch-up.ts'
import type { Stores } from '../../src/cli/context.ts'
import { systemRuntime } from '../../src/compose.ts'
import { composed } from '../../src/machine.ts'
import { rulesReader } from '../../src/replay/inputs.ts'
import { replay } from '../../src/replay/replay.ts'
import { drop, rebuild } from '../../projections/rebuild.ts'
import type { Position } from '../../domain/ports.ts'
import { answerOne } from './child.ts'

export type RatesOrder = {
  readonly data: string
  /** Each projection by itself, or all of them side by side as in a broker that catches up. */
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

const runtime = systemRuntime({ logLevel: 'warn' }, (line) => void process.stderr.write(line))

const rebuildAll = async ({ journal, views }: Stores, how: RatesOrder['rebuild'], events: number): Promise<Rates['rebuild']> => {
  const tools = { source: journal.source, views, ...runtime }
  const began = performance.now()
  const rate = (since: number): number => events / ((performance.now() - since) / 1000)
  if (how === 'together') {
    await Promise.all(allProjections().map((projection) => rebuild(tools, projection, () => undefined)))
    const together = rate(began)
    // What stands beside would only be gone on with the next time.
    for (const projection of allProjections()) await drop(tools, projection)
    return { together }
  }
  const rates: Record<string, number> = {}
  for (const projection of allProjections()) {
    const start = performance.now()
    await rebuild(tools, projection, () => undefined)
    rates[projection.name] = rate(start)
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
  const rates = { events, rebuild: await rebuildAll(stores, how, events), replayPerCore: await replayAll(stores, replayed) }
  await stores.close()
  return rates
})
