import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { exportEvents } from '../../../src/audit/events.ts'
import { systemFiles } from '../../../src/cli/files.ts'
import { runCli, startCli } from '../../support/broker.ts'
import { given, signIn } from '../../support/given.ts'
import { standIn } from '../../support/kurrentdb/server.ts'

const LOGINS = 120
const KILLS = 3
const LOOK_MS = 1
/** Longer than an import takes on a busy machine. */
const WITHIN_MS = 60_000

/** Where events are brought to, and how many are there. */
type Target = { readonly env: Readonly<Record<string, string>>; readonly count: () => number }

const nothing = (): void => undefined

describe('events import, killed -9 at random moments and begun again', function () {
  this.timeout(180_000)
  let folder: string
  let file: string
  let foreign: string
  let written: Awaited<ReturnType<typeof exportEvents>>

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-import-killed-'))
    file = join(folder, 'events.jsonl')
    foreign = join(folder, 'foreign.jsonl')
    writeFileSync(foreign, '{}\n')
    const world = await given()
    await world.register()
    for (let n = 0; n < LOGINS; n += 1) await signIn(world, `tx_${String(n).padStart(24, '0')}`)
    written = await exportEvents(world.store, systemFiles, file, nothing)
    await world.close()
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Killed as soon as the target holds so many events; answers how many it held then. */
  const killedAt = async (data: string, { env, count }: Target, events: number): Promise<number> => {
    const child = startCli(['events', 'import', '--data', data, '--in', file], env)
    child.stdout.resume()
    child.stderr.resume()
    const gone = once(child, 'exit')
    const end = performance.now() + WITHIN_MS
    while (count() < events && child.exitCode === null && performance.now() < end) await sleep(LOOK_MS)
    child.kill('SIGKILL')
    await gone
    return count()
  }

  const bring = async (name: string, target: Target): Promise<void> => {
    const data = join(folder, name)
    let held = 0
    let cut = 0
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Also before the first event.
      held = await killedAt(data, target, kill === 0 ? 0 : held + randomInt(1, Math.ceil((written.events - held) / 2)))
      if (held > 0 && held < written.events) cut += 1
    }
    expect(cut, 'kills in the middle').to.be.greaterThan(0)
    const { env } = target
    const refused = await runCli(['events', 'import', '--data', data, '--in', foreign], { env })
    expect(refused).to.include({ code: 2, err: 'line 1 of the export: it is not an event as `events export` writes it\n' })
    expect(target.count(), 'what is refused leaves the store as it is').to.equal(held)
    const ran = await runCli(['events', 'import', '--json', '--data', data, '--in', file], { env })
    expect(ran.err).to.equal('')
    expect(JSON.parse(ran.out)).to.deep.equal({ events: written.events, appended: written.events - held, content: written.content })
    const back = join(folder, `${name}.jsonl`)
    const exported = await runCli(['events', 'export', '--json', '--data', data, '--out', back], { env })
    expect(JSON.parse(exported.out)).to.include({ events: written.events, content: written.content })
    expect((await runCli(['events', 'verify', '--data', data], { env })).code).to.equal(0)
  }

  it('into the embedded store: ids, order and metadata are those of the export', async () => {
    const path = join(folder, 'sqlite', 'events.db')
    const count = (): number => {
      if (!existsSync(path)) return 0
      const db = new DatabaseSync(path, { readOnly: true, timeout: WITHIN_MS })
      try {
        return Number(db.prepare('SELECT count(*) AS n FROM events').get()?.['n'])
      } catch {
        // The table is not there yet.
        return 0
      } finally {
        db.close()
      }
    }
    await bring('sqlite', { env: {}, count })
  })

  it('into KurrentDB: the same', async () => {
    const server = await standIn()
    try {
      const env = { ESIGNET_STORE: 'kurrentdb', ESIGNET_KURRENTDB_CONNECTION: server.connection }
      await bring('kurrentdb', { env, count: () => server.log.all().length })
    } finally {
      server.stop()
    }
  })
})
