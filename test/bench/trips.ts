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

type Role = (typeof ROLES)[number]

/** How many answers in a row a request waited for. */
export type StepWaits = { readonly name: string; readonly times: Readonly<Record<Role, number>> }

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

/** What is told beside a request is counted above and delays nobody. So one instance after the other is made slow, and none, login by login. */
const waitsOf = async (relays: Relays, run: () => Promise<readonly number[]>, names: readonly string[]): Promise<readonly StepWaits[]> => {
  const prompt: (readonly number[])[] = []
  const late: Record<Role, (readonly number[])[]> = { cache: [], secrets: [], keys: [] }
  for (let n = 0; n < LATE_LOGINS; n += 1) {
    prompt.push(await run())
    for (const role of ROLES) {
      relays[role].late(LATE_MS)
      late[role].push(await run())
      relays[role].late(0)
    }
  }
  const middle = (logins: readonly (readonly number[])[], step: number): number => median(logins.map((took) => took[step] ?? Number.NaN))
  return names.map((name, step) => {
    const of = (role: Role): number => (middle(late[role], step) - middle(prompt, step)) / LATE_MS
    return { name, times: { cache: of('cache'), secrets: of('secrets'), keys: of('keys') } }
  })
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
  /** Milliseconds of each step of a login. */
  const timed = async (): Promise<readonly number[]> => {
    const login = flow.begin(people)
    people += 1
    const ms: number[] = []
    for (const step of flow.steps) {
      const began = performance.now()
      await step.run(connection, login)
      ms.push(performance.now() - began)
    }
    return ms
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
