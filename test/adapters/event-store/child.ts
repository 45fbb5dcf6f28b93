import { sqliteEventStore } from '../../../adapters/event-store/sqlite/sqlite-event-store.ts'
import { type EventStore, Fault } from '../../../domain/ports.ts'
import { clock, silent, timers } from './tools.ts'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'

// What the tests of the SQLite event store run as processes of their own.

const [mode = '', file = '', ...rest] = process.argv.slice(2)

/** At once, so that what was said before a kill was said. */
const say = (line: string): void => void writeSync(1, `${line}\n`)

const batch = (count: number, type = 'Happened', size = 10) =>
  Array.from({ length: count }, () => ({ id: randomUUID(), type, data: JSON.stringify({ x: 'x'.repeat(size) }), metadata: '{}' }))

const WRITERS = 32
/** Appends without end, each acknowledged one said as stream, last revision and first id; ids of a batch share their beginning. */
const load = async (store: EventStore): Promise<void> => {
  const write = async (writer: number): Promise<void> => {
    const stream = `writer-${writer}.${rest[0] ?? ''}`
    for (let head = -1; ;) {
      const events = batch(1 + Math.floor(Math.random() * 4))
      const whole = events.map((event) => ({ ...event, metadata: JSON.stringify({ first: events[0]?.id, count: events.length }) }))
      const appended = await store.append(stream, head === -1 ? 'no_stream' : head, whole)
      say(`${stream} ${appended.revision} ${events.at(-1)?.id ?? ''}`)
      head = appended.revision
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
}

/** Two events on each stream, which the other process wants too; says which it won. */
const race = async (store: EventStore): Promise<void> => {
  const rounds = Number(rest[1])
  for (let from = 0; from < rounds; from += 10) {
    const streams = Array.from({ length: Math.min(10, rounds - from) }, (_, n) => `race-${from + n}`)
    const results = await Promise.allSettled(streams.map((stream) => store.append(stream, 'no_stream', batch(2))))
    results.forEach((result, n) => {
      if (result.status === 'fulfilled') say(streams[n] ?? '')
      else if (!(result.reason instanceof Fault) || result.reason.code !== 'conflict' || result.reason.actual !== 1) throw result.reason
    })
  }
  await store.close()
}

/** Finishes some messages, then hangs on one. */
const consume = (store: EventStore): void => {
  let count = 0
  store.consume({ group: 'g', filter: { types: ['Wish'] }, visibilityMs: 1500, concurrency: 2 }, async (event) => {
    if (count++ === 8) {
      say(`hanging ${event.id}`)
      await new Promise(() => undefined)
    }
    say(`finished ${event.id}`)
    return { kind: 'done' }
  })
}

/** Appends until the disk fails, and once more when it is well again. */
const fail = async (store: Awaited<ReturnType<typeof sqliteEventStore>>): Promise<void> => {
  const codeOf = (error: unknown): string => (error instanceof Fault ? error.code : 'bug')
  for (let n = 0; n < 10_000; n++) {
    try {
      await store.append(`s-${n}`, 'no_stream', batch(4, 'Happened', 5000))
      say(`s-${n}`)
    } catch (error) {
      // The disk is well again (where there is no such program, it is not), and is not trusted: what was to be kept may be gone.
      spawnSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
      const again = await store.append('again', 'no_stream', batch(1)).then(() => 'appended', codeOf)
      say(JSON.stringify({ fault: codeOf(error), again, health: store.health().status }))
      break
    }
  }
  await store.close()
}

/** Reads the whole log again and again. */
const read = async (store: EventStore): Promise<void> => {
  say('reading')
  for (;;) {
    let page = await store.readAll()
    while (!page.end && page.next !== undefined) page = await store.readAll({ after: page.next })
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const store = await sqliteEventStore({ file, clock, timers, log: silent, takeOverMs: 100, readOnly: mode === 'read' })
if (mode === 'load') await load(store)
else if (mode === 'race') await race(store)
else if (mode === 'consume') consume(store)
else if (mode === 'read') await read(store)
else if (mode === 'fail') await fail(store)
