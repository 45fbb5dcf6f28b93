import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Wish } from './args.ts'
import { openClosing } from './closing.ts'
import { withFolder, type Note } from './compare.ts'
import { median, round } from './figures.ts'
import { newParty, type Party } from './party.ts'
import { table } from './report.ts'
import type { Rates, RatesOrder } from './rates.ts'
import type { SeedOrders } from './seed.ts'
import { ask, drive, registerParty, registrationOf, startBroker } from './servers.ts'

/** The broker at one size. */
export type AtSize = {
  readonly transactions: number
  readonly clients: number
  readonly loginsPerCore: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMib: number
  readonly startMs: number
  readonly rebuildEventsPerS: number
  readonly files: Readonly<Record<string, number>>
}

const TEMPLATES = 64
const WARM_UP = 300
const REPLAYED = 1000
const STARTS = 3
const MIB = 1024 * 1024

const filesOf = (data: string): Readonly<Record<string, number>> => {
  const sizes = readdirSync(data).flatMap((name) => {
    const base = /^(.*\.db)(-wal)?$/.exec(name)?.[1]
    return base === undefined ? [] : [[base, statSync(join(data, name)).size / MIB] as const]
  })
  return Object.fromEntries(
    [...Map.groupBy(sizes, ([name]) => name)].map(([name, all]) => [name, all.reduce((sum, [, size]) => sum + size, 0)]),
  )
}

const measure = async (data: string, party: Party, wish: Wish, clients: number, people: number) => {
  const starts: number[] = []
  for (let n = 1; n < STARTS; n += 1) {
    const once = await startBroker(data)
    starts.push(once.startedMs)
    await once.stop()
  }
  const broker = await startBroker(data)
  try {
    const measured = await drive({
      ...{ kind: 'broker', issuer: '', ports: [broker.port], pids: [broker.pid], party, clients, users: wish.users },
      ...{ offset: people, warmUp: WARM_UP, seconds: wish.seconds, logins: Number.MAX_SAFE_INTEGER, steps: 0 },
    })
    return { measured, startMs: median([...starts, broker.startedMs]) }
  } finally {
    await broker.stop()
  }
}

/** Sizes of the log, then of the register of relying parties; the last size of the one is that of the other. */
const SIZES = [1_000, 100_000]
const CLIENTS = [1, 100, 10_000]

export const growth = (wish: Wish, note: Note): Promise<readonly AtSize[]> =>
  withFolder(async (data) => {
    note('logins that are closed, to write again')
    await (
      await openClosing(data, TEMPLATES)
    )()
    const party = await newParty('bench-many')
    await registerParty(data, { ...party, id: 'bench-many-0' })
    const found: AtSize[] = []
    let written = 0
    let registered = 1
    let people = 0
    const sizes = [...SIZES.filter((size) => size < wish.transactions), wish.transactions]
    const steps = [
      ...sizes.map((transactions) => ({ transactions, clients: 1 })),
      ...CLIENTS.slice(1).map((clients) => ({ transactions: 0, clients })),
    ]
    for (const step of steps) {
      const transactions = Math.max(step.transactions, written)
      note(`${transactions} logins, ${step.clients} relying parties`)
      const more = { registration: { ...registrationOf(party), client_id: party.id }, first: registered, count: step.clients - registered }
      const orders: SeedOrders = { data, transactions: transactions - written, clients: more }
      await ask('seed.ts', orders, note)
      registered = step.clients
      note('telling the log')
      const rates = await ask<Rates>('rates.ts', { data, rebuild: 'together', replayed: REPLAYED } satisfies RatesOrder)
      const { measured, startMs } = await measure(data, party, wish, step.clients, people)
      people += measured.people
      written = transactions
      found.push({
        ...{ transactions, clients: step.clients, startMs, rebuildEventsPerS: Math.min(...Object.values(rates.rebuild)) },
        ...{ loginsPerCore: measured.loginsPerCore, p50Ms: measured.p50Ms, p99Ms: measured.p99Ms, rssMib: measured.rssMib },
        files: filesOf(data),
      })
      note(`${measured.loginsPerCore.toFixed(0)} logins/s per core, started in ${startMs.toFixed(0)} ms`)
    }
    return found
  })

export const growthReport = (found: readonly AtSize[]): string => {
  const files = [...new Set(found.flatMap(({ files: own }) => Object.keys(own)))].sort()
  return table(
    [
      'transactions',
      'clients',
      'logins/s per core',
      'p50 ms',
      'p99 ms',
      'RSS MiB',
      'start ms',
      'told again, events/s',
      ...files.map((name) => `${name} MiB`),
    ],
    found.map((row) => [
      String(row.transactions),
      String(row.clients),
      ...[row.loginsPerCore, row.p50Ms, row.p99Ms, row.rssMib, row.startMs, row.rebuildEventsPerS].map((value) => String(round(value))),
      ...files.map((name) => String(round(row.files[name] ?? 0, 1))),
    ]),
  )
}
