/** How fast this log is told again and replayed, in a process of its own: its folder and how many sign-ins come as arguments. */
import { argv, cpuUsage } from 'node:process'
import { allProjections } from '../../src/cli/catch-up.ts'
import { systemRuntime } from '../../src/compose.ts'
import { composed } from '../../src/machine.ts'
import { replay } from '../../src/replay.ts'
import { rebuild } from '../../projections/rebuild.ts'
import type { Json } from '../../domain/ports.ts'

export type Rates = {
  readonly events: number
  /** Events of the log for a second of the clock, by projection. */
  readonly rebuild: Readonly<Record<string, number>>
  /** Sign-ins for a second of the processor. */
  readonly replayPerCore: number
  readonly replayed: number
}

const PAGE_EVENTS = 1024

const [, , data = '', most = '0'] = argv
const runtime = systemRuntime({ logLevel: 'warn' }, (line) => void process.stderr.write(line))
const house = composed(runtime, { ESIGNET_DATA: data }, data, () => undefined)
const stores = await house.open({}, 'existing')

const events = Number(await stores.journal.source.head())
const tools = { source: stores.journal.source, views: stores.views, ...runtime }
const rates: Record<string, number> = {}
for (const projection of allProjections()) {
  const began = performance.now()
  await rebuild(tools, projection, () => undefined)
  rates[projection.name] = events / ((performance.now() - began) / 1000)
}

const streams: string[] = []
for (let page = await stores.journal.store.readAll({ filter: { types: ['AuthorizationStarted'] }, max: PAGE_EVENTS }); ;) {
  streams.push(...page.events.map(({ stream }) => stream))
  if (page.end || page.next === undefined || streams.length >= Number(most)) break
  page = await stores.journal.store.readAll({ filter: { types: ['AuthorizationStarted'] }, max: PAGE_EVENTS, after: page.next })
}
const wanted = streams.slice(0, Number(most))
const known = new Map<string, Json | undefined>()
const before = cpuUsage()
for (const stream of wanted) {
  const { verdict } = await replay(stores.journal, stream, known)
  if (verdict !== 'same') throw new Error(`${stream} is replayed as ${verdict}`)
}
const { user, system } = cpuUsage(before)
await stores.close()
process.send?.({
  events,
  rebuild: rates,
  replayPerCore: wanted.length / ((user + system) / 1e6),
  replayed: wanted.length,
} satisfies Rates)
process.disconnect?.()
