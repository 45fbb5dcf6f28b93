import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { appendsSince, headOf, type Appends } from './appends.ts'
import type { Wish } from './args.ts'
import { openClosing, type Closing } from './closing.ts'
import type { Kind, Measured, Order, StepMeasured } from './orders.ts'
import { newEncryptionJwk, newParty, type Party } from './party.ts'
import type { Rates, RatesOrder } from './rates.ts'
import { ask, drive, registerParty, startBroker, startFloor, startPeer, type Running } from './servers.ts'

/** Says what happens, for whoever waits. */
export type Note = (text: string) => void

/** Everything that one run of the comparison measured; nothing is computed yet. */
export type Compared = {
  readonly users: number
  readonly rounds: Readonly<Partial<Record<Kind, readonly Measured[]>>>
  readonly steps: readonly StepMeasured[]
  readonly floorSteps: readonly StepMeasured[]
  readonly appends: Appends
  /** Of each database, whole pages with their indexes, for a login. */
  readonly bytesPerLogin: Readonly<Record<Database, number>>
  readonly startMs: number
  readonly rates: Rates
  readonly closing: Closing
}

/** The strict profile, which is the default of new registrations. */
const BOUND = { profile: 'fapi2', userinfo_encrypted_response_alg: 'RSA-OAEP-256' }

const ON_BROKER: ReadonlySet<Kind> = new Set(['broker', 'pages', 'bound'])

const WARM_UP = 150
/** Logins whose closing is waited for. */
const CLOSED = { quick: 150, full: 600 }
const FOREVER = Number.MAX_SAFE_INTEGER
/** Logins that are replayed, at most. */
const REPLAYED_MAX = 5000

/** What grows with logins: the log, what readers see, the keys of people. */
const DATABASES = ['events.db', 'views.db', 'person-keys.db'] as const

export type Database = (typeof DATABASES)[number]

/** What is committed, whether or not it was copied back from the write-ahead log. */
const bytesOf = (data: string, file: Database): number => {
  const db = new DatabaseSync(join(data, file), { readOnly: true, timeout: 5000 })
  try {
    const { pages, size } = db
      .prepare('SELECT p.page_count AS pages, s.page_size AS size FROM pragma_page_count p, pragma_page_size s')
      .get() as { readonly pages: number; readonly size: number }
    return pages * size
  } finally {
    db.close()
  }
}

const sizesOf = (data: string): Readonly<Record<Database, number>> =>
  Object.fromEntries(DATABASES.map((file) => [file, bytesOf(data, file)])) as Record<Database, number>

type Servers = {
  readonly broker: Running
  readonly peer: Awaited<ReturnType<typeof startPeer>>
  readonly peerOne: Awaited<ReturnType<typeof startPeer>>
  readonly floor: Running
}

const orderFor = (kind: Kind, servers: Servers): Pick<Order, 'kind' | 'issuer' | 'ports' | 'pids'> => {
  const { broker, floor, peer, peerOne } = servers
  const server = { broker, pages: broker, bound: broker, floor, peer, 'peer-one': peerOne }[kind]
  const issuer = kind === 'peer' ? peer.issuer : kind === 'peer-one' ? peerOne.issuer : ''
  return { kind, issuer, ports: [server.port], pids: [server.pid] }
}

/** Logins that are taken step by step: enough for the kernel's count of processor time, which is in hundredths of a second. */
const stepsOf = ({ quick }: Wish): number => (quick ? 300 : 2000)

/** Steps of one login each by all users, and what they wrote. */
const bySteps = async (data: string, broker: Running, party: Party, wish: Wish, people: number) => {
  const order = { ...common(party, wish), kind: 'broker' as const, issuer: '', ports: [broker.port], pids: [broker.pid] }
  const warm = await drive({ ...order, offset: people, warmUp: wish.users, logins: WARM_UP, seconds: 60, steps: 0 })
  const head = headOf(data)
  const count = stepsOf(wish)
  const { steps, people: used } = await drive({ ...order, offset: people + warm.people, warmUp: 0, logins: 0, steps: count })
  return { steps, appends: appendsSince(data, head, count), people: people + warm.people + used }
}

const common = (party: Party, { users, seconds }: Wish) => ({ party, users, seconds, warmUp: WARM_UP, logins: FOREVER, steps: 0 })

/** A folder that is gone when the work is done, also where it failed. */
export const withFolder = async <Result>(act: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-bench-'))
  try {
    return await act(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Broker, peer and floor in turn, round after round, all of them up all the time and only one under load. */
export const compare = (wish: Wish, note: Note): Promise<Compared> =>
  withFolder(async (folder) => {
    const data = join(folder, 'broker')
    mkdirSync(data)
    const party = await newParty('bench-rp')
    const started: Running[] = []
    const up = <Server extends Running>(server: Server): Server => {
      started.push(server)
      return server
    }
    try {
      note('logins that will be closed meanwhile')
      const closing = await openClosing(join(folder, 'closing'), wish.quick ? CLOSED.quick : CLOSED.full)
      const broker = up(await startBroker(data))
      await registerParty(data, party)
      const bound = await newParty('bench-bound', true)
      await registerParty(data, bound, BOUND, [await newEncryptionJwk('bench-enc')])
      note('step by step')
      const { steps, appends, people: first } = await bySteps(data, broker, party, wish, 0)
      const key = party.privateJwk
      const floor = up(await startFloor(folder, { party, key, file: join(folder, 'floor.log'), appends: appends.byStep }))
      const peer = up(await startPeer(join(folder, 'two'), { party, key, interactions: 'two' }))
      const peerOne = up(await startPeer(join(folder, 'one'), { party, key, interactions: 'one' }))
      const servers = { broker, floor, peer, peerOne }
      const floorSteps = await drive({ ...common(party, wish), ...orderFor('floor', servers), offset: 0, logins: 0, steps: stepsOf(wish) })
      const kinds: readonly Kind[] = wish.quick ? ['broker', 'peer', 'floor'] : ['broker', 'peer', 'floor', 'bound', 'pages', 'peer-one']
      const rounds: Partial<Record<Kind, Measured[]>> = {}
      let people = first
      const before = sizesOf(data)
      for (let round = 1; round <= wish.rounds; round += 1)
        for (const kind of kinds) {
          const measured = await drive({ ...common(kind === 'bound' ? bound : party, wish), ...orderFor(kind, servers), offset: people })
          if (ON_BROKER.has(kind)) people += measured.people
          ;(rounds[kind] ??= []).push(measured)
          note(`round ${round} of ${wish.rounds}, ${kind}: ${measured.loginsPerCore.toFixed(0)} logins/s per core`)
        }
      const after = sizesOf(data)
      const grown = (file: Database): number => (after[file] - before[file]) / (people - first)
      const bytesPerLogin = { 'events.db': grown('events.db'), 'views.db': grown('views.db'), 'person-keys.db': grown('person-keys.db') }
      for (const server of started) await server.stop()
      note('waiting for the logins that are closed')
      const closed = await closing()
      note('telling and replaying the log')
      return {
        ...{ users: wish.users, rounds, steps, floorSteps: floorSteps.steps, appends, bytesPerLogin },
        startMs: broker.startedMs,
        closing: closed,
        rates: await ask<Rates>('rates.ts', { data, rebuild: 'apart', replayed: REPLAYED_MAX } satisfies RatesOrder),
      }
    } finally {
      for (const server of started) await server.stop()
    }
  })
