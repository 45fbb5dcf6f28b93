/**
 * The load of people who do not wait for each other: logins begin at a rate, whatever the server answers. A process of its own, like
 * `load.ts`; its order comes as a message.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { brokerFlow } from './broker-flow.ts'
import { answerOne } from './child.ts'
import { openConnection, type Connection } from './connection.ts'
import { rssMibOf } from './cost.ts'
import { percentile } from './figures.ts'
import { UnexpectedError } from './flow.ts'
import type { Party } from './party.ts'

export type FloodOrder = {
  readonly party: Party
  readonly port: number
  readonly pid: number
  readonly offset: number
  /** Logins that begin in a second. */
  readonly rate: number
  readonly seconds: number
}

export type Flooded = {
  readonly offered: number
  /** Refused at the door, at once and with `Retry-After`. */
  readonly refused: number
  /** Refused without saying when to come back. */
  readonly refusedWithoutWord: number
  readonly refusedP99Ms: number
  /** Got past the door, and how it went. */
  readonly finished: number
  readonly finishedP50Ms: number
  readonly finishedP99Ms: number
  readonly broken: number
  readonly brokenBy: readonly string[]
  readonly rssPeakMib: number
  /** From the last login's beginning until the last one ended, milliseconds. */
  readonly tailMs: number
}

/** The next step of people who wait: connections at once, at most. */
const CONNECTIONS_MAX = 6000
const TICK_MS = 5
const BROKEN_TOLD = 5

/** Steps where a server may say no to who comes new. */
const DOOR: ReadonlySet<string> = new Set(['par', 'authorize'])

const flood = async ({ party, port, pid, offset, rate, seconds }: FloodOrder): Promise<Flooded> => {
  const flow = brokerFlow(party, 'forms', offset)
  const idle: Connection[] = []
  const refusedMs: number[] = []
  const finishedMs: number[] = []
  const brokenBy: string[] = []
  let offered = 0
  let withoutWord = 0
  let underWay = 0
  let rssPeakMib = 0

  const one = async (n: number): Promise<void> => {
    underWay += 1
    let at = 'connection'
    const start = performance.now()
    let connection: Connection | undefined
    try {
      connection = idle.pop() ?? (await openConnection(port))
      const login = flow.begin(n)
      for (const step of flow.steps) {
        at = step.name
        await step.run(connection, login)
      }
      finishedMs.push(performance.now() - start)
    } catch (error) {
      const isRefusal = error instanceof UnexpectedError && (error.status === 429 || error.status === 503)
      if (isRefusal && DOOR.has(at)) {
        refusedMs.push(performance.now() - start)
        if (error.retryAfter === undefined) withoutWord += 1
      } else brokenBy.push(`${at}: ${error instanceof Error ? error.message.slice(0, 120) : ''}`)
    }
    if (connection !== undefined) idle.push(connection)
    underWay -= 1
  }

  const began = performance.now()
  const all: Promise<void>[] = []
  for (let now = 0; now < seconds * 1000; now = performance.now() - began) {
    while (offered < (rate * now) / 1000 && underWay < CONNECTIONS_MAX) all.push(one(offered++))
    if (offered % 50 === 0) rssPeakMib = Math.max(rssPeakMib, rssMibOf(pid))
    await sleep(TICK_MS)
  }
  const last = performance.now()
  rssPeakMib = Math.max(rssPeakMib, rssMibOf(pid))
  await Promise.all(all)
  for (const connection of idle) connection.close()
  return {
    offered,
    refused: refusedMs.length,
    refusedWithoutWord: withoutWord,
    refusedP99Ms: percentile(refusedMs, 0.99),
    finished: finishedMs.length,
    finishedP50Ms: percentile(finishedMs, 0.5),
    finishedP99Ms: percentile(finishedMs, 0.99),
    broken: brokenBy.length,
    brokenBy: [...new Set(brokenBy)].slice(0, BROKEN_TOLD),
    rssPeakMib,
    tailMs: performance.now() - last,
  }
}

answerOne(flood)
