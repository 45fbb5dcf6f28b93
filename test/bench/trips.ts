/** What one login asks of the event store and of Redis, step by step: counted on the way, one person at a time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { brokerFlow } from './broker-flow.ts'
import { openConnection } from './connection.ts'
import { median, sum } from './figures.ts'
import type { Party } from './party.ts'
import type { Relay } from './relay.ts'

export const SERVERS = ['event store', 'cache', 'secrets', 'keys'] as const

export type Server = (typeof SERVERS)[number]

export type Counts = Readonly<Record<Server, number>>

export type Relays = Readonly<Record<Server, Relay>>

/** Of a login, on average. */
export type StepTrips = { readonly name: string; readonly asked: Counts; readonly afterwards: Counts }

/** The roles of Redis. */
export const ROLES = ['cache', 'secrets', 'keys'] as const

/** How many answers in a row a request waited for. */
export type StepWaits = { readonly name: string; readonly times: Readonly<Record<(typeof ROLES)[number], number>> }

export type Trips = {
  readonly logins: number
  readonly steps: readonly StepTrips[]
  readonly waited: readonly StepWaits[]
  readonly idlePerS: Counts
}

/** Shorter than the shortest time that the broker gives a call. */
export const LATE_MS = 100
export const LATE_LOGINS = 9

const WARM_UP = 5
const IDLE_S = 20
/** What a step leaves to be done has ended when nothing was asked for this long; looked for so often at most. */
const QUIET_MS = 250
const LOOKS_MAX = 4

const countsOf = (of: (server: Server) => number): Counts =>
  Object.fromEntries(SERVERS.map((server) => [server, of(server)])) as Record<Server, number>

const settled = async (relays: Relays): Promise<void> => {
  const all = (): number => sum(SERVERS.map((server) => relays[server].count()))
  let before = all()
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    await sleep(QUIET_MS)
    const now = all()
    if (now === before) return
    before = now
  }
}

/** What is told beside a request is counted above and delays nobody; so one instance after the other is made slow. */
const waitsOf = async (
  relays: Relays,
  runs: () => Promise<readonly (readonly number[])[]>,
  names: readonly string[],
): Promise<readonly StepWaits[]> => {
  const prompt = await runs()
  const times: Record<(typeof ROLES)[number], readonly number[]> = { cache: [], secrets: [], keys: [] }
  for (const role of ROLES) {
    relays[role].late(LATE_MS)
    const late = await runs()
    relays[role].late(0)
    times[role] = names.map((_, at) => (median(late[at] ?? []) - median(prompt[at] ?? [])) / LATE_MS)
  }
  return names.map((name, at) => ({
    name,
    times: { cache: times.cache[at] ?? 0, secrets: times.secrets[at] ?? 0, keys: times.keys[at] ?? 0 },
  }))
}

export const countTrips = async (relays: Relays, port: number, party: Party, logins: number): Promise<Trips> => {
  const flow = brokerFlow(party, 'forms', 0)
  const connection = await openConnection(port)
  const now = (): Counts => countsOf((server) => relays[server].count())
  const took = flow.steps.map(({ name }) => ({ name, asked: countsOf(() => 0), afterwards: countsOf(() => 0) }))
  const added = (counts: Counts, from: Counts, to: Counts): Counts =>
    countsOf((server) => counts[server] + (to[server] - from[server]) / logins)
  for (let n = 0; n < WARM_UP + logins; n += 1) {
    const login = flow.begin(n)
    for (const [at, step] of flow.steps.entries()) {
      const before = now()
      await step.run(connection, login)
      const answered = now()
      await settled(relays)
      const one = took[at]
      if (one === undefined || n < WARM_UP) continue
      took[at] = { ...one, asked: added(one.asked, before, answered), afterwards: added(one.afterwards, answered, now()) }
    }
  }
  let people = WARM_UP + logins
  /** Milliseconds of each step, login by login. */
  const timed = async (): Promise<readonly (readonly number[])[]> => {
    const took: number[][] = flow.steps.map(() => [])
    for (let n = 0; n < LATE_LOGINS; n += 1) {
      const login = flow.begin(people)
      people += 1
      for (const [at, step] of flow.steps.entries()) {
        const began = performance.now()
        await step.run(connection, login)
        took[at]?.push(performance.now() - began)
      }
    }
    return took
  }
  const waited = await waitsOf(
    relays,
    timed,
    flow.steps.map(({ name }) => name),
  )
  connection.close()
  const before = now()
  await sleep(IDLE_S * 1000)
  const after = now()
  return { logins, steps: took, waited, idlePerS: countsOf((server) => (after[server] - before[server]) / IDLE_S) }
}
