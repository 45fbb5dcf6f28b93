import type { Wish } from './args.ts'
import { withFolder, type Note } from './compare.ts'
import { round } from './figures.ts'
import { newParty } from './party.ts'
import { table } from './report.ts'
import { drive, registerParty, startBroker } from './servers.ts'

/** Resident memory after so many logins. */
export type AfterLogins = { readonly logins: number; readonly rssMib: number; readonly p99Ms: number }

const LOOKS = 10
const SECONDS_MAX = 86_400

/** One broker for many logins: whether its memory grows with them. */
export const memory = (wish: Wish, note: Note): Promise<readonly AfterLogins[]> =>
  withFolder(async (data) => {
    const party = await newParty('bench-rp')
    const broker = await startBroker(data)
    const found: AfterLogins[] = []
    try {
      await registerParty(data, party)
      const logins = Math.ceil(wish.logins / LOOKS)
      const target = { kind: 'broker' as const, issuer: '', ports: [broker.port], pids: [broker.pid], party, users: wish.users }
      for (let look = 1; look <= LOOKS; look += 1) {
        const order = { ...target, offset: (look - 1) * logins, warmUp: 0, seconds: SECONDS_MAX, logins, steps: 0 }
        const { rssMib, p99Ms } = await drive(order)
        found.push({ logins: look * logins, rssMib, p99Ms })
        note(`${look * logins} logins: ${rssMib.toFixed(0)} MiB`)
      }
    } finally {
      await broker.stop()
    }
    return found
  })

export const memoryReport = (found: readonly AfterLogins[]): string =>
  table(
    ['logins', 'RSS MiB', 'p99 ms'],
    found.map(({ logins, rssMib, p99Ms }) => [String(logins), String(round(rssMib)), String(round(p99Ms))]),
  )
