import type { Wish } from './args.ts'
import { withFolder, type Note } from './compare.ts'
import { round } from './figures.ts'
import type { Measured } from './orders.ts'
import { newParty } from './party.ts'
import { table } from './report.ts'
import { drive, registerParty, startBroker, type Running } from './servers.ts'

/** Several brokers that share one folder. */
export type AtProcesses = { readonly processes: number; readonly spread: 'users' | 'requests'; readonly measured: Measured }

const WARM_UP = 300

const RUNS: readonly Omit<AtProcesses, 'measured'>[] = [
  { processes: 1, spread: 'users' },
  { processes: 2, spread: 'users' },
  { processes: 2, spread: 'requests' },
]

export const cores = (wish: Wish, note: Note): Promise<readonly AtProcesses[]> =>
  withFolder(async (data) => {
    const party = await newParty('bench-rp')
    const brokers: Running[] = []
    const found: AtProcesses[] = []
    let people = 0
    try {
      for (const { processes, spread } of RUNS) {
        while (brokers.length < processes) brokers.push(await startBroker(data))
        if (people === 0) await registerParty(data, party)
        const measured = await drive({
          ...{ kind: 'broker', issuer: '', party, users: wish.users, offset: people, spread },
          ...{ ports: brokers.map(({ port }) => port), pids: brokers.map(({ pid }) => pid) },
          ...{ warmUp: WARM_UP, seconds: wish.seconds, logins: Number.MAX_SAFE_INTEGER, steps: 0 },
        })
        people += measured.people
        note(`${processes} processes, by ${spread}: ${measured.loginsPerS.toFixed(0)} logins/s`)
        found.push({ processes, spread, measured })
      }
    } finally {
      for (const broker of brokers) await broker.stop()
    }
    return found
  })

export const coresReport = (found: readonly AtProcesses[]): string =>
  table(
    ['processes', 'spread by', 'logins/s', 'per core', 'p50 ms', 'p99 ms', 'RSS MiB, all', 'load process us/login'],
    found.map(({ processes, spread, measured }) => [
      String(processes),
      processes === 1 ? '' : spread,
      ...[measured.loginsPerS, measured.loginsPerCore, measured.p50Ms, measured.p99Ms, measured.rssMib, measured.driverUs].map((value) =>
        String(round(value)),
      ),
    ]),
  )
