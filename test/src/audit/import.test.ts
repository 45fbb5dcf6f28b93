import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, beforeEach, describe, it } from 'mocha'
import { kurrentDbEventStore } from '../../../adapters/event-store/kurrentdb/kurrentdb-event-store.ts'
import { memoryEventStore } from '../../../adapters/event-store/memory/memory-event-store.ts'
import { sqliteEventStore } from '../../../adapters/event-store/sqlite/sqlite-event-store.ts'
import { Fault, type EventStore } from '../../../domain/ports.ts'
import { exportEvents, verifyEvents } from '../../../src/audit/events.ts'
import { importEvents, type Imported } from '../../../src/audit/import.ts'
import { systemFiles } from '../../../src/cli/files.ts'
import { finish, given, keptLog, signIn, systemTimers as timers, type Given } from '../../support/given.ts'
import { handClock } from '../../support/hand-clock.ts'
import { standIn } from '../../support/kurrentdb/server.ts'

const nothing = (): void => undefined
const clock = handClock('2026-11-24T12:00:00.000Z')

const memory = (): EventStore => memoryEventStore({ clock, timers })

const refusal = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act
    return 'nothing was refused'
  } catch (error) {
    return error instanceof Fault ? `${error.code}: ${error.message}` : String(error)
  }
}

describe('events import', function () {
  this.timeout(60_000)
  let world: Given
  let folder: string
  let file: string
  let content: string
  let events: number
  let begun: number

  const imported = (store: EventStore, path = file): Promise<Imported> => {
    const tools = { store, timers, progress: { compared: nothing, appended: nothing }, beginning: async () => void (begun += 1) }
    return importEvents(tools, () => systemFiles.pull(path))
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-import-'))
    file = join(folder, 'events.jsonl')
    world = await given()
    await world.register()
    await signIn(world)
    await finish(world)
    const written = await exportEvents(world.store, systemFiles, file, nothing)
    content = written.content
    events = written.events
  })
  beforeEach(() => {
    begun = 0
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await world.close()
  })

  it('embedded store to KurrentDB and back: ids, order and metadata are the same, and every digest holds', async () => {
    const server = await standIn()
    const sqlite = await sqliteEventStore({ file: join(folder, 'events.db'), clock, timers, log: keptLog() })
    const kurrent = await kurrentDbEventStore({
      settings: { connection: server.connection },
      timers,
      chance: { bytes: (size) => randomBytes(size), uuid: randomUUID },
      log: keptLog(),
    })
    try {
      expect(await imported(kurrent)).to.deep.equal({ events, appended: events, content })
      const back = join(folder, 'back.jsonl')
      expect(await exportEvents(kurrent, systemFiles, back, nothing)).to.include({ events, content })
      expect(await imported(sqlite, back)).to.deep.equal({ events, appended: events, content })
      expect(await verifyEvents(sqlite, nothing)).to.include({ wrong: 0, events })
    } finally {
      await kurrent.close()
      await sqlite.close()
      server.stop()
    }
  })

  it('a run more changes nothing, and forgets no view', async () => {
    const store = memory()
    await imported(store)
    expect(begun).to.equal(1)
    expect(await imported(store)).to.deep.equal({ events, appended: 0, content })
    expect(begun).to.equal(1)
  })

  it('goes on where it was interrupted, after each append', async () => {
    const store = memory()
    let appends = 0
    for (let runs = 0; ; runs += 1) {
      appends = 0
      // Dies after its second append.
      const dying: EventStore = {
        ...store,
        append: async (...asked) => {
          appends += 1
          if (appends > 2) throw new Fault('closed', 'the process died')
          return store.append(...asked)
        },
      }
      const outcome = await refusal(imported(dying))
      if (outcome === 'nothing was refused') break
      expect(outcome).to.equal('closed: the process died')
      expect(runs).to.be.lessThan(events)
    }
    expect(await imported(store)).to.deep.equal({ events, appended: 0, content })
  })

  it('an append of which nobody knows is sent again, and stored once', async () => {
    const store = memory()
    let lost = 0
    const unsure: EventStore = {
      ...store,
      append: async (...asked) => {
        const done = await store.append(...asked)
        lost += 1
        if (lost % 2 === 1) throw new Fault('ambiguous', 'the answer was lost')
        return done
      },
    }
    expect(await imported(unsure)).to.deep.equal({ events, appended: events, content })
  })

  const lines = (): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')
  const written = (name: string, texts: readonly string[]): string => {
    const path = join(folder, name)
    writeFileSync(path, `${texts.join('\n')}\n`)
    return path
  }

  it('an edited event is refused, its line named, and nothing after it is stored', async () => {
    const texts = lines()
    const at = texts.findIndex((text) => text.includes('"Authenticated"'))
    const path = written('edited.jsonl', texts.with(at, texts[at]?.replace(/\\"pin\\"/, '\\"otp\\"') ?? ''))
    const store = memory()
    expect(await refusal(imported(store, path))).to.match(new RegExp(`^invalid: line ${String(at + 1)} of the export: .*cannot be trusted`))
    const { events: stored } = await store.readAll({ max: 4096 })
    expect(stored.length).to.be.at.most(at)
    // The true export goes on from there.
    expect((await imported(store)).content).to.equal(content)
  })

  it('a missing, swapped or foreign line is refused', async () => {
    const texts = lines()
    const one = texts.findIndex((text) => text.includes('"AuthorizationOpened"'))
    expect(await refusal(imported(memory(), written('missing.jsonl', texts.toSpliced(one, 1))))).to.contain(
      'something is missing before it',
    )
    const swapped = texts.with(one, texts[one + 1] ?? '').with(one + 1, texts[one] ?? '')
    expect(await refusal(imported(memory(), written('swapped.jsonl', swapped)))).to.contain('invalid: line')
    expect(await refusal(imported(memory(), written('foreign.jsonl', ['{"a":1}'])))).to.contain('it is not an event as')
    expect(await refusal(imported(memory(), written('cut.jsonl', [texts[0]?.slice(0, 40) ?? ''])))).to.contain('line 1')
  })

  it('a store that holds something else, or more, is refused and left as it is', async () => {
    const other = memory()
    await other.append('client-other', 'no_stream', [{ id: randomUUID(), type: 'Other', data: '{}', metadata: '{}' }])
    const before = await other.head()
    expect(await refusal(imported(other))).to.contain('line 1 of the export: the store has another event there')
    expect(await other.head()).to.equal(before)
    const first = written('first.jsonl', lines().slice(0, 1))
    expect(await refusal(imported(world.store, first))).to.contain('the store holds more than the export')
  })

  it('a broker that writes at the same time is noticed', async () => {
    const store = memory()
    const busy: EventStore = {
      ...store,
      append: async (stream, expected, batch) => {
        if (stream.startsWith('authorization-'))
          await store.append(stream, expected, [{ id: randomUUID(), type: 'Other', data: '{}', metadata: '{}' }])
        return store.append(stream, expected, batch)
      },
    }
    expect(await refusal(imported(busy))).to.contain('somebody else writes into this store')
  })

  it('lines that are too long, and a file that is not there, are told in words', async () => {
    const long = join(folder, 'long.jsonl')
    writeFileSync(long, '')
    for (let part = 0; part < 3; part += 1) appendFileSync(long, 'x'.repeat(1024 * 1024))
    expect(await refusal(imported(memory(), long))).to.contain('a line is longer than')
    expect(await refusal(imported(memory(), join(folder, 'none')))).to.contain('there is no such file')
  })
})
