import type { Wish } from './args.ts'
import { withFolder, type Note } from './compare.ts'
import { rssMibOf } from './cost.ts'
import type { FloodOrder, Flooded } from './flood.ts'
import { round } from './figures.ts'
import type { Measured } from './orders.ts'
import { newParty } from './party.ts'
import { table } from './report.ts'
import { ask, drive, registerParty, startBroker } from './servers.ts'

/** What happens at so many times the load that the broker can carry, and after it. */
export type Overloaded = {
  readonly before: Measured
  readonly at: Flooded
  readonly after: Measured
  readonly rssBeforeMib: number
  readonly rssAfterMib: number
}

const TIMES = 3
const WARM_UP = 300

export const overload = (wish: Wish, note: Note): Promise<Overloaded> =>
  withFolder(async (data) => {
    const party = await newParty('bench-rp')
    const broker = await startBroker(data)
    try {
      await registerParty(data, party)
      const target = { kind: 'broker' as const, issuer: '', ports: [broker.port], pids: [broker.pid], party, users: wish.users }
      const closedLoop = (offset: number) =>
        drive({ ...target, offset, warmUp: WARM_UP, seconds: wish.seconds, logins: Number.MAX_SAFE_INTEGER, steps: 0 })
      note('what it can carry')
      const before = await closedLoop(0)
      const rssBeforeMib = rssMibOf(broker.pid)
      const rate = Math.ceil(before.loginsPerS * TIMES)
      note(`${rate} logins/s, ${TIMES} times what it carries`)
      const order: FloodOrder = { party, port: broker.port, pid: broker.pid, offset: before.people, rate, seconds: wish.seconds }
      const at = await ask<Flooded>('flood.ts', order)
      note('back to what it can carry')
      const after = await closedLoop(before.people + at.offered)
      return { before, at, after, rssBeforeMib, rssAfterMib: rssMibOf(broker.pid) }
    } finally {
      await broker.stop()
    }
  })

export const overloadReport = ({ before, at, after, rssBeforeMib, rssAfterMib }: Overloaded): string => {
  const cell = (value: number): string => (Number.isFinite(value) ? String(round(value, 1)) : '-')
  const rows = [
    ['before', before.loginsPerS, before.p50Ms, before.p99Ms, rssBeforeMib],
    [
      'finished meanwhile',
      at.finished / ((at.tailMs + 1) / 1000 + at.offered / (before.loginsPerS * TIMES)),
      at.finishedP50Ms,
      at.finishedP99Ms,
      at.rssPeakMib,
    ],
    ['after', after.loginsPerS, after.p50Ms, after.p99Ms, rssAfterMib],
  ] as const
  return [
    table(
      ['', 'logins/s', 'p50 ms', 'p99 ms', 'RSS MiB'],
      rows.map(([name, ...values]) => [name, ...values.map(cell)]),
    ),
    `${at.offered} logins begun at ${TIMES} times the load: ${at.finished} finished, ${at.refused} refused at the door (p99 ${cell(at.refusedP99Ms)} ms, ${at.refusedWithoutWord} of them without Retry-After), ${at.broken} broken off after the door. The last one ended ${cell(at.tailMs)} ms after the load.`,
    ...at.brokenBy,
  ].join('\n\n')
}
