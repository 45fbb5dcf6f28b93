import { join } from 'node:path'
import { loadavg } from 'node:os'
import type { Wish } from './args.ts'
import { withFolder, type Note } from './compare.ts'
import { cpuSecondsOf } from './cost.ts'
import { median, ratioOf, spreadOf, sum, type Spread } from './figures.ts'
import type { Measured } from './orders.ts'
import { newParty, type Party } from './party.ts'
import { grpcCalls, openRelay, redisTrips } from './relay.ts'
import { table } from './report.ts'
import { drive, registerParty, startBroker, type Running } from './servers.ts'
import { countTrips, LATE_LOGINS, LATE_MS, ROLES, SERVERS, type Counts, type Relays, type Trips } from './trips.ts'
import { kurrentDbProcess, type OwnStore } from '../cluster/store-process.ts'
import { startRoles, type RedisRoles } from '../support/redis-roles.ts'

const SIDES = ['embedded', 'KurrentDB and Redis'] as const

type Side = (typeof SIDES)[number]

type Round = {
  readonly measured: Measured
  /** One user, for what a person waits where nobody else is there. */
  readonly alone: Measured
  /** Of the event store's and Redis' processes, for one login, microseconds; none of their own where all is embedded. */
  readonly serversUs: { readonly store: number; readonly redis: number }
}

export type StoresMeasured = {
  readonly rounds: Readonly<Record<Side, readonly Round[]>>
  readonly trips: Trips
  /** Of the machine, a minute's average at the end of each round: other people's work too. */
  readonly load: readonly number[]
}

const WARM_UP = 150
/** Before anybody else, so that nothing of theirs is closed meanwhile. */
const COUNTED_PEOPLE = 1000
const FOREVER = Number.MAX_SAFE_INTEGER
/** Counted one by one. */
const COUNTED = { quick: 5, full: 20 }

type Broker = { readonly running: Running; readonly party: Party; people: number }

const oneRound = async (wish: Wish, broker: Broker, store: OwnStore, redis: RedisRoles): Promise<Round> => {
  const one = async (users: number, seconds: number): Promise<Measured> => {
    const { party, running, people } = broker
    const target = { kind: 'broker' as const, issuer: '', ports: [running.port], pids: [running.pid], party }
    const measured = await drive({ ...target, users, offset: people, warmUp: WARM_UP, seconds, logins: FOREVER, steps: 0 })
    broker.people += measured.people
    return measured
  }
  const before = { people: broker.people, ...cpuOf(store, redis) }
  const measured = await one(wish.users, wish.seconds)
  const logins = broker.people - before.people
  const after = cpuOf(store, redis)
  const usOf = (seconds: number): number => (seconds * 1e6) / logins
  const serversUs = { store: usOf(after.store - before.store), redis: usOf(after.redis - before.redis) }
  return { measured, serversUs, alone: await one(1, Math.ceil(wish.seconds / 2)) }
}

const cpuOf = (store: OwnStore, { cache, secrets, keys }: RedisRoles): Round['serversUs'] => ({
  store: cpuSecondsOf(store.pid()),
  redis: sum([cache, secrets, keys].map((one) => cpuSecondsOf(one.pid()))),
})

/** A broker of which everything that it asks goes by relays. */
const tripsOf = async (wish: Wish, data: string, party: Party, store: OwnStore, redis: RedisRoles): Promise<Trips> => {
  const relays: Relays = {
    'event store': await openRelay(store.port, grpcCalls),
    cache: await openRelay(redis.cache.port, redisTrips()),
    secrets: await openRelay(redis.secrets.port, redisTrips()),
    keys: await openRelay(redis.keys.port, redisTrips()),
  }
  const byRelay = {
    ...store.envAt(relays['event store'].port),
    ESIGNET_REDIS_CACHE_URL: `redis://127.0.0.1:${relays.cache.port}`,
    ESIGNET_REDIS_SECRETS_URL: `redis://127.0.0.1:${relays.secrets.port}`,
    ESIGNET_REDIS_KEYS_URL: `redis://127.0.0.1:${relays.keys.port}`,
  }
  const running = await startBroker(data, { ...redis.env, ...byRelay })
  try {
    return await countTrips(relays, running.port, party, wish.quick ? COUNTED.quick : COUNTED.full)
  } finally {
    await running.stop()
    for (const relay of Object.values(relays)) relay.close()
  }
}

/** What the broker asks of servers, counted; then the same broker on the embedded store and on servers, in turn, round after round. */
export const stores = (wish: Wish, note: Note): Promise<StoresMeasured> =>
  withFolder(async (folder) => {
    const store = await kurrentDbProcess(wish.store ?? '')
    const redis = await startRoles()
    const started: Running[] = []
    try {
      await store.start()
      const party = await newParty('bench-rp')
      const start = async (data: string, environment: Readonly<Record<string, string>>): Promise<Broker> => {
        const running = await startBroker(data, environment)
        started.push(running)
        return { running, party, people: COUNTED_PEOPLE }
      }
      const [embedded, shared] = [join(folder, 'embedded'), join(folder, 'shared')]
      const environment = { ...store.env, ...redis.env }
      const first = await start(shared, environment)
      await registerParty(shared, party, {}, [], environment)
      await first.running.stop()
      note('counting')
      const trips = await tripsOf(wish, shared, party, store, redis)
      const brokers: Record<Side, Broker> = { embedded: await start(embedded, {}), 'KurrentDB and Redis': await start(shared, environment) }
      await registerParty(embedded, party)
      const rounds: Record<Side, Round[]> = { embedded: [], 'KurrentDB and Redis': [] }
      const load: number[] = []
      for (let round = 1; round <= wish.rounds; round += 1) {
        for (const side of SIDES) {
          const one = await oneRound(wish, brokers[side], store, redis)
          rounds[side].push(one)
          note(`round ${round} of ${wish.rounds}, ${side}: ${one.measured.loginsPerCore.toFixed(0)} logins/s per core`)
        }
        load.push(loadavg()[0] ?? Number.NaN)
      }
      return { rounds, load, trips }
    } finally {
      for (const one of started) await one.stop()
      await redis.end()
      await store.end()
    }
  })

const show = (value: number, digits = 0): string => (Number.isFinite(value) ? value.toFixed(digits) : '-')
const withSpread = ({ median: middle, low, high }: Spread, digits = 0): string =>
  `${show(middle, digits)} (${show(low, digits)}-${show(high, digits)})`

const costs = ({ rounds }: StoresMeasured): string =>
  table(
    ['', 'logins/s per core', 'CPU ms', 'store ms', 'Redis ms', 'logins/s', 'p50 ms', 'p99 ms', 'p50 alone', 'p99 alone', 'RSS MiB'],
    SIDES.map((side) => {
      const of = (figure: (round: Round) => number): readonly number[] => rounds[side].map(figure)
      const perCore = of(({ measured }) => measured.loginsPerCore)
      const servers =
        side === 'embedded' ? [Number.NaN, Number.NaN] : [of((one) => one.serversUs.store), of((one) => one.serversUs.redis)].map(median)
      return [
        side,
        withSpread(spreadOf(perCore)),
        show(1000 / median(perCore), 2),
        ...servers.map((us) => show(us / 1000, 2)),
        show(median(of(({ measured }) => measured.loginsPerS))),
        show(median(of(({ measured }) => measured.p50Ms)), 1),
        show(median(of(({ measured }) => measured.p99Ms)), 1),
        show(median(of(({ alone }) => alone.p50Ms)), 1),
        show(median(of(({ alone }) => alone.p99Ms)), 1),
        show(Math.max(...of(({ measured }) => measured.rssMib))),
      ]
    }),
  )

const tripsTable = ({ trips }: StoresMeasured): string => {
  const cells = (counts: Counts): readonly string[] => SERVERS.map((server) => show(counts[server], 1))
  const total = (of: 'asked' | 'afterwards'): Counts =>
    Object.fromEntries(SERVERS.map((server) => [server, sum(trips.steps.map((step) => step[of][server]))])) as Record<
      (typeof SERVERS)[number],
      number
    >
  return table(
    ['step', ...SERVERS, ...SERVERS.map((server) => `${server}, afterwards`)],
    [
      ...trips.steps.map(({ name, asked, afterwards }) => [name, ...cells(asked), ...cells(afterwards)]),
      ['sum', ...cells(total('asked')), ...cells(total('afterwards'))],
    ],
  )
}

const waitedTable = ({ trips }: StoresMeasured): string =>
  table(
    ['step', ...ROLES],
    trips.waited.map(({ name, times }) => [name, ...ROLES.map((role) => show(times[role], 1))]),
  )

export const storesReport = (measured: StoresMeasured): string => {
  const { rounds, trips, load } = measured
  const perCore = (side: Side): readonly number[] => rounds[side].map((one) => one.measured.loginsPerCore)
  const ratio = ratioOf(perCore('KurrentDB and Redis'), perCore('embedded'))
  const idle = SERVERS.map((server) => `${server} ${show(trips.idlePerS[server], 1)}`)
  return [
    'A login is the whole one of `compare`. A core is a second of the broker process; what the servers of the event store and of Redis used stands beside it. "Alone" is one user.',
    costs(measured),
    `KurrentDB and Redis / embedded, logins/s per core: ${withSpread(ratio, 2)}. Load of the machine at the end of the rounds: ${load.map((one) => show(one, 1)).join(', ')}.`,
    `Calls to the event store and trips to each Redis instance while a request waits for its answer, and what the login leaves to be done afterwards; ${trips.logins} logins, one at a time:`,
    tripsTable(measured),
    `How often the request waited for an answer, of each Redis instance: by how much longer it took when answers came ${LATE_MS} ms later; ${LATE_LOGINS} logins each:`,
    waitedTable(measured),
    `Where nobody signs in, a second: ${idle.join(', ')}.`,
  ].join('\n\n')
}
