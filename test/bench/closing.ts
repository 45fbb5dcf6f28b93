import { setTimeout as sleep } from 'node:timers/promises'
import { appendsSince, closedSince, headOf } from './appends.ts'
import { cpuSecondsOf } from './cost.ts'
import { sum } from './figures.ts'
import { newParty } from './party.ts'
import { drive, registerParty, startBroker } from './servers.ts'

/** What a login costs when its tokens run out and it is closed, ten minutes later where nothing else is set. */
export type Closing = { readonly cpuUs: number; readonly events: number; readonly bytes: number }

/** The shortest that policy allows, so that nobody waits for ten minutes. */
const SHORT: NodeJS.ProcessEnv = { ESIGNET_POLICY_LIFETIMES_ACCESS_TOKEN_S: '30', ESIGNET_POLICY_LIFETIMES_ID_TOKEN_S: '30' }

/** Long enough to see what the broker needs when nobody asks, short enough that nothing is closed yet. */
const IDLE_MS = 15_000
const CLOSED_WITHIN_MS = 150_000
const LOOK_MS = 1000

/** Logins of short-lived tokens in a broker of their own; they are watched in the background until all of them are closed. */
export const openClosing = async (data: string, logins: number): Promise<() => Promise<Closing>> => {
  const broker = await startBroker(data, SHORT)
  const party = await newParty('bench-rp')
  await registerParty(data, party)
  const head = headOf(data)
  const target = {
    kind: 'broker' as const,
    issuer: '',
    ports: [broker.port],
    pids: [broker.pid],
    party,
    users: 16,
    offset: 0,
    warmUp: 0,
    steps: 0,
  }
  await drive({ ...target, seconds: 60, logins })
  const sample = () => ({ cpuS: cpuSecondsOf(broker.pid), ms: performance.now() })
  const watch = async (): Promise<Closing> => {
    try {
      const from = sample()
      await sleep(IDLE_MS)
      const quiet = sample()
      const end = quiet.ms + CLOSED_WITHIN_MS
      while (closedSince(data, head) < logins) {
        if (performance.now() > end) throw new Error(`${closedSince(data, head)} of ${logins} logins were closed`)
        await sleep(LOOK_MS)
      }
      await sleep(LOOK_MS)
      const to = sample()
      const idleRate = (quiet.cpuS - from.cpuS) / (quiet.ms - from.ms)
      const bytes = appendsSince(data, head, logins).byStep['afterwards'] ?? []
      const cpuS = Math.max(0, to.cpuS - quiet.cpuS - idleRate * (to.ms - quiet.ms))
      return { cpuUs: (cpuS * 1e6) / logins, events: bytes.length, bytes: sum(bytes) }
    } finally {
      await broker.stop()
    }
  }
  const watched = watch()
  // Whoever asks is told.
  watched.catch(() => undefined)
  return () => watched
}
