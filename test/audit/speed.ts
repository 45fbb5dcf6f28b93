/** `npm run audit:speed [LOGINS]`: how fast the audit log is told, exported and verified, in records a second on one thread. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteEventStore } from '../../adapters/event-store/sqlite/sqlite-event-store.ts'
import { sqliteReadModel } from '../../adapters/read-model/sqlite/sqlite-read-model.ts'
import { auditLog } from '../../projections/audit-log.ts'
import { run } from '../../projections/run.ts'
import { served } from '../../projections/served.ts'
import { verifyPackage } from '../../src/audit/verify.mjs'
import { sha256 } from '../../src/crypto/hash.ts'
import { openJournal } from '../../src/journal.ts'
import { describe, finish, keptLog, signIn, systemTimers } from '../support/given.ts'
import { handClock } from '../support/hand-clock.ts'
import { packaging } from '../support/package.ts'

const logins = Number(process.argv[2] ?? '6000')
const folder = mkdtempSync(join(tmpdir(), 'esignet-audit-speed-'))
const clock = handClock()
const log = keptLog()
const store = await sqliteEventStore({ file: join(folder, 'events.db'), clock, timers: systemTimers, log })
const views = served(sqliteReadModel({ file: join(folder, 'views.db') }))
const world = await packaging({ store, views })

const timed = async (what: string, count: () => Promise<number>): Promise<void> => {
  const [from, used] = [performance.now(), process.cpuUsage()]
  const records = await count()
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(used)
  const perCore = Math.round(records / ((user + system) / 1_000_000)).toLocaleString('en')
  const rss = Math.round(process.memoryUsage().rss / 1024 / 1024)
  console.log(
    `${what.padEnd(10)} ${String(records)} records in ${seconds.toFixed(2)} s: ${Math.round(records / seconds).toLocaleString('en')} a second, ${perCore} a second of processor, ${String(rss)} MiB`,
  )
}

try {
  await world.register()
  const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
  const name = (login: number): string =>
    `tx_${Array.from({ length: 24 }, (_, digit) => ALPHABET[Math.floor(login / 32 ** digit) % 32]).join('')}`
  const one = async (login: number): Promise<void> => {
    await signIn(world, name(login))
    await finish(world, name(login))
  }
  for (let from = 0; from < logins; from += 64)
    await Promise.all(Array.from({ length: Math.min(64, logins - from) }, (_, offset) => one(from + offset)))
  const projection = auditLog({ hash: sha256, describe })
  await timed('told', async () => {
    // A journal of its own: what this process appended is remembered by the other, and would not be read.
    const runner = run({ source: openJournal(store).source, views, clock: world.clock, timers: systemTimers, log }, projection)
    await runner.reached(await store.head(), 600_000)
    await runner.stop()
    return views.count(projection.name, 'records')
  })
  await timed('exported', async () => (await world.exportTold(join(folder, 'package'))).count)
  await timed('verified', async () => {
    const verdict = await verifyPackage(join(folder, 'package'))
    if (verdict.wrong > 0) throw new Error(JSON.stringify(verdict.first))
    return verdict.records
  })
} finally {
  await views.close()
  await store.close()
  rmSync(folder, { recursive: true })
}
