/**
 * `npm run chaos -- [logins] [--store COMMAND | --connection STRING --credentials FILE --kill COMMAND]`: every login ends well while nodes,
 * Redis and the store are killed -9 in turn; afterwards everything is counted. `--store` starts a KurrentDB or EventStoreDB server (see
 * `kurrentDbProcess`); `--connection` names servers that are there and empty, of which `--kill` kills one. Without either the store is the
 * embedded one, which dies with the nodes.
 */
import { exit } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { redisReadModel } from '../../adapters/read-model/redis/redis-read-model.ts'
import type { EventStore, Position, Row } from '../../domain/ports.ts'
import { live } from '../../projections/live.ts'
import { tablesOf } from '../../projections/tell.ts'
import { openEventStore, systemRuntime } from '../../src/compose.ts'
import { readSettings } from '../../src/config.ts'
import { until } from '../support/broker.ts'
import { redisTools } from '../support/redis.ts'
import { newParty, register } from '../support/rp.ts'
import { logins } from './chaos-logins.ts'
import { startCluster, type Cluster } from './cluster.ts'
import { kurrentDbProcess, outsideStore, type StoreProcess } from './store-process.ts'

const { values, positionals } = parseArgs({
  options: { store: { type: 'string' }, connection: { type: 'string' }, credentials: { type: 'string' }, kill: { type: 'string' } },
  allowPositionals: true,
})
const LOGINS = Number(positionals[0] ?? 2000)
const AT_ONCE = 6
const DOWN_MS = 1000
const BETWEEN_MS = 3000
/** Longer than the memory of single use needs to begin anew. */
const SETTLING_MS = 15_000
const CAUGHT_UP_MS = 60_000
const PAGE_ROWS = 1000
const ROUNDS_MAX = 1000

/** What an honest crowd at one machine would be refused for: counts that a crash leaves too high (rule 11). */
const SETTINGS = {
  ESIGNET_REQUESTS_PER_MINUTE: '1000000',
  ESIGNET_POLICY_LIMITS_UNKNOWN_FREE: '20',
  ESIGNET_POLICY_LIMITS_UNKNOWN_FIRST_WAIT_S: '1',
  ESIGNET_POLICY_LIMITS_UNKNOWN_LONGEST_WAIT_S: '1',
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

type Victim = { readonly name: string; readonly kill: () => Promise<void>; readonly start: () => Promise<void> }

const killInTurn = async ({ nodes, redis, store }: Cluster, over: AbortSignal): Promise<number> => {
  const victims: readonly Victim[] = [
    ...nodes.map((node, at) => ({ name: `broker ${at + 1}`, ...node })),
    ...(['cache', 'secrets', 'keys'] as const).map((name) => ({ name: `redis ${name}`, ...redis[name] })),
    ...(store === undefined ? [] : [{ name: 'the event store', ...store }]),
  ]
  let killed = 0
  while (!over.aborted) {
    const victim = victims[killed % victims.length]
    if (victim === undefined) break
    print(`  killed ${victim.name}`)
    await victim.kill()
    killed += 1
    await sleep(DOWN_MS)
    await victim.start()
    await sleep(victim.name === 'redis secrets' ? SETTLING_MS : BETWEEN_MS, undefined, { signal: over }).catch(() => undefined)
  }
  return killed
}

/** The events, as a node of the cluster reads them. */
const withEvents = async <T>({ env }: Cluster, read: (store: EventStore) => Promise<T>): Promise<T> => {
  const settings = readSettings({}, env, 'demo', process.cwd())
  if (!settings.ok) throw new Error(settings.problems.join('\n'))
  const store = await openEventStore(
    settings.settings,
    systemRuntime(settings.settings, () => undefined),
  )
  try {
    return await read(store)
  } finally {
    await store.close()
  }
}

const exchangesOf = (cluster: Cluster): Promise<ReadonlyMap<string, number>> =>
  withEvents(cluster, async (store) => {
    const exchanged = new Map<string, number>()
    for (let after: Position | undefined, end = false; !end;) {
      const page = await store.readAll({ ...(after !== undefined && { after }), filter: { types: ['TokenExchanged'] } })
      for (const { stream } of page.events) exchanged.set(stream, (exchanged.get(stream) ?? 0) + 1)
      after = page.next
      end = page.end || after === undefined
    }
    return exchanged
  })

const rowsOf = async (cluster: Cluster): Promise<readonly Row[]> => {
  const views = await redisReadModel({ ...redisTools, place: cluster.redis.cache })
  try {
    await views.open(live.name, live.version, tablesOf(live))
    const head = (await withEvents(cluster, (store) => store.head())) ?? ''
    const there = async (): Promise<boolean> => ((await views.position(live.name).catch(() => '')) ?? '') >= head
    await until('the list is at the head', there, CAUGHT_UP_MS)
    const rows: Row[] = []
    for (let after = '', round = 0; round < ROUNDS_MAX; round += 1) {
      const page = await views.list(live.name, 'transactions', { limit: PAGE_ROWS, after })
      rows.push(...page)
      const last = page.at(-1)?.['transaction']
      if (typeof last !== 'string') break
      after = last
    }
    return rows
  } finally {
    await views.close()
  }
}

/** What is wrong, in words; nothing where all is well. */
const problemsOf = async (cluster: Cluster, done: readonly string[]): Promise<readonly string[]> => {
  const exchanged = await exchangesOf(cluster)
  await rowsOf(cluster)
  // Their reactors go on ending what was abandoned: two lists that are read one after the other are equal only without them.
  for (const node of cluster.nodes) await node.stop()
  const verified = await cluster.cli(['events', 'verify'])
  const rebuilt = await cluster.cli(['projection', 'rebuild', live.name])
  const compared = await cluster.cli(['projection', 'compare', live.name])
  const rules: readonly (readonly [wrong: boolean, problem: string])[] = [
    [new Set(done).size !== done.length, 'a login was acknowledged twice'],
    [done.some((transaction) => exchanged.get(`authorization-${transaction}`) !== 1), 'an acknowledged exchange is not there'],
    [[...exchanged.values()].some((count) => count > 1), 'a code was exchanged twice'],
    [verified.code !== 0, `events verify: ${verified.out}${verified.err}`],
    [rebuilt.code !== 0, `projection rebuild: ${rebuilt.out}${rebuilt.err}`],
    [compared.code !== 0, `the list differs from its rebuild: ${compared.out}${compared.err}`],
  ]
  return rules.filter(([wrong]) => wrong).map(([, problem]) => problem)
}

const chosenStore = async (): Promise<StoreProcess | undefined> => {
  const { store, connection, credentials, kill } = values
  if (connection !== undefined && kill !== undefined) return outsideStore(connection, credentials, kill)
  return store === undefined ? undefined : kurrentDbProcess(store)
}

const store = await chosenStore()
await store?.start()
const cluster = await startCluster({ settings: SETTINGS, ...(store && { store }) })
const over = new AbortController()
let problems: readonly string[] = ['it did not come to an end']
try {
  const party = await register(cluster, await newParty('shop'))
  const began = performance.now()
  const killing = killInTurn(cluster, over.signal)
  const tally = await logins(cluster, party, LOGINS, AT_ONCE, (count) => count % 50 === 0 && print(`  ${count} logins`))
  over.abort()
  const killed = await killing
  problems = await problemsOf(cluster, tally.done)
  const seconds = Math.round((performance.now() - began) / 1000)
  print(`${tally.done.length} logins in ${seconds} s, ${killed} kills, ${tally.again} begun again, ${tally.lostAnswers} answers lost`)
} finally {
  over.abort()
  await cluster.end()
}
for (const problem of problems) print(`WRONG: ${problem}`)
exit(problems.length === 0 ? 0 : 1)
