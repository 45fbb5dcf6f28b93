import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { sqliteEventStore, type SqliteEventStore } from '../../../adapters/event-store/sqlite/sqlite-event-store.ts'
import type { Position, StoredEvent } from '../../../domain/ports.ts'
import { events, everything, pause, until } from '../../contracts/event-store.ts'
import { clock, silent, temporaryFolder, timers } from './tools.ts'

const ROUNDS = 50
const CHILD = join(import.meta.dirname, 'child.ts')
/** The child is killed at a random moment within this time of its first acknowledgement. */
const LIFE_MS_MAX = 60
/** A store is opened for writing, and written, after each so many rounds; after the others it is read only. */
const WRITE_EVERY = 10

type Acknowledged = { readonly stream: string; readonly revision: number; readonly id: string }

/** What a writer said before it was killed, in a file, which takes it at once; half a line at the end was not said. */
const killedWriter = async (folder: string, round: number): Promise<readonly Acknowledged[]> => {
  const path = join(folder, `said-${round}`)
  const said = openSync(path, 'a')
  const child = spawn(process.execPath, [CHILD, 'load', join(folder, 'events.db'), String(round)], {
    stdio: ['ignore', said, 'inherit'],
    // Starting is most of a round.
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
  })
  closeSync(said)
  const closed = once(child, 'close') as Promise<[number | null, string]>
  await until(() => statSync(path).size > 0 || child.exitCode !== null, 'the first acknowledgement')
  await pause(Math.random() * LIFE_MS_MAX)
  child.kill('SIGKILL')
  expect((await closed)[1]).to.equal('SIGKILL')
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => {
    const [stream = '', revision = '', id = ''] = line.split(' ')
    return { stream, revision: Number(revision), id }
  })
}

/** Every event says the first id and the count of its batch. */
const checkWholeBatches = (log: readonly StoredEvent[]): void => {
  const batches = Map.groupBy(log, (event) => (JSON.parse(event.metadata) as { first: string }).first)
  for (const batch of batches.values()) {
    const [first] = batch
    expect(batch).to.have.length((JSON.parse(first!.metadata) as { count: number }).count)
    batch.forEach((event, index) => {
      expect(event).to.include({ stream: first!.stream, revision: first!.revision + index })
      expect(Number(event.position)).to.equal(Number(first!.position) + index)
    })
  }
}

const checkLog = (log: readonly StoredEvent[], before: Position | undefined): void => {
  log.forEach((event, index) => {
    if (Number(event.position) !== Number(before ?? 0) + 1 + index) expect.fail(`a gap before position ${event.position}`)
  })
  const revisions = new Map<string, number>()
  for (const event of log) {
    if (event.revision !== (revisions.get(event.stream) ?? -1) + 1) expect.fail(`${event.stream} out of order at ${event.revision}`)
    revisions.set(event.stream, event.revision)
  }
  checkWholeBatches(log)
}

describe('event store in SQLite, killed', () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'events.db')
  let store: SqliteEventStore | undefined

  const open = (readOnly: boolean): Promise<SqliteEventStore> => sqliteEventStore({ file, clock, timers, log: silent, readOnly })

  before(async () => {
    store = await open(false)
    await store.close()
  })
  after(async () => {
    await store?.close()
    folder.remove()
  })

  it(`37 loses nothing acknowledged and keeps nothing half-written in ${ROUNDS} kills at random moments`, async () => {
    let head: Position | undefined
    let acknowledged = 0
    let appended = 0
    for (let round = 0; round < ROUNDS; round++) {
      const said = await killedWriter(folder.path, round)
      const one = await open(round % WRITE_EVERY !== 0)
      store = one
      const log = await everything(one, { ...(head === undefined ? {} : { after: head }), max: 4096 })
      checkLog(log, head)
      for (const stream of new Set(said.map((line) => line.stream))) {
        const slice = await one.readStream(stream)
        for (const line of said) {
          if (line.stream === stream) expect(slice.events[line.revision]?.id, `${stream} ${line.revision}`).to.equal(line.id)
        }
      }
      if (round % WRITE_EVERY === 0)
        await one.append(`after-${round}`, 'no_stream', [...events(1, { metadata: '{"first":"none","count":1}' })])
      head = await one.head()
      acknowledged += said.length
      appended += log.length
      await one.close()
    }
    expect(acknowledged).to.be.greaterThan(ROUNDS)
    expect(appended).to.be.greaterThan(acknowledged)
  }).timeout(180_000)
})
