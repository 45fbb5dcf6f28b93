import { expect } from 'chai'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { backup } from '../../../adapters/event-store/sqlite/backup.ts'
import { FORMAT } from '../../../adapters/event-store/sqlite/format.ts'
import {
  sqliteEventStore,
  type SqliteEventStore,
  type SqliteEventStoreOptions,
} from '../../../adapters/event-store/sqlite/sqlite-event-store.ts'
import type { EventStore, Fault } from '../../../domain/ports.ts'
import { anEvent, events, eventStoreContract, everything, fails, type OpenedStore, pause, until } from '../../contracts/event-store.ts'
import { clock, silent, temporaryFolder, timers } from './tools.ts'

const TAKE_OVER_MS = 300
const CHILD = join(import.meta.dirname, 'child.ts')

const openAt = (file: string, more: Partial<SqliteEventStoreOptions> = {}): Promise<SqliteEventStore> =>
  sqliteEventStore({ file, clock, timers, log: silent, takeOverMs: TAKE_OVER_MS, ...more })

const openIn = async (folder: { readonly path: string; readonly remove: () => void }, more: Partial<SqliteEventStoreOptions> = {}) => {
  const file = join(folder.path, 'data', 'events.db')
  const stores: EventStore[] = []
  const open = async (): Promise<EventStore> => {
    const store = await openAt(file, more)
    stores.push(store)
    return store
  }
  const store = await open()
  const opened: OpenedStore = {
    store,
    openSecond: open,
    reopen: async () => {
      await store.close()
      return open()
    },
    dispose: async () => {
      await Promise.all(stores.map((one) => one.close()))
      folder.remove()
    },
  }
  return { ...opened, file }
}

const mountSmall = (path: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A file system of two megabytes, on which `ballast` takes a quarter. */
const openOnSmallDisk = async (folder: ReturnType<typeof temporaryFolder>) => {
  const ballast = join(folder.path, 'ballast')
  writeFileSync(ballast, Buffer.alloc(524_288))
  const opened = await openIn({ path: folder.path, remove: () => undefined })
  return {
    ...opened,
    free: async () => writeFileSync(ballast, ''),
    dispose: async () => {
      await opened.dispose()
      execFileSync('umount', [folder.path])
      folder.remove()
    },
  }
}

/** Where nothing can be mounted: a file that may not grow, in which a table of ballast is dropped to make room. */
const openInFewPages = async (folder: ReturnType<typeof temporaryFolder>) => {
  const opened = await openIn(folder, { pagesMax: 400 })
  const db = new DatabaseSync(opened.file, { timeout: 5000 })
  db.exec('CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(524288))')
  return {
    ...opened,
    free: async () => {
      db.exec('DROP TABLE ballast')
      db.close()
    },
  }
}

eventStoreContract('sqlite', {
  durable: true,
  crossProcess: true,
  open: async (tools = {}) => openIn(temporaryFolder(), tools.now === undefined ? {} : { clock: { now: tools.now } }),
  openSmall: async () => {
    const folder = temporaryFolder()
    return mountSmall(folder.path) ? openOnSmallDisk(folder) : openInFewPages(folder)
  },
})

describe('event store in SQLite', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let file: string
  let open: SqliteEventStore[]
  const store = async (more: Partial<SqliteEventStoreOptions> = {}): Promise<SqliteEventStore> => {
    const one = await openAt(file, more)
    open.push(one)
    return one
  }
  /** Does to the file what no program of ours would. */
  const damage = (sql: string): void => {
    const db = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: false })
    db.exec(sql)
    db.close()
  }

  beforeEach(() => {
    folder = temporaryFolder()
    file = join(folder.path, 'data', 'events.db')
    open = []
  })
  afterEach(async () => {
    await Promise.all(open.map((one) => one.close()))
    folder.remove()
  })

  describe('the file', () => {
    it('is for its owner alone, and its folder too', async () => {
      const one = await store()
      await one.append('s', 'no_stream', events(1))
      expect(statSync(join(folder.path, 'data')).mode & 0o777).to.equal(0o700)
      const names = readdirSync(join(folder.path, 'data'))
      expect(names).to.include.members(['events.db', 'events.db-wal', 'events.db-shm'])
      for (const name of names) expect(statSync(join(folder.path, 'data', name)).mode & 0o777, name).to.equal(0o600)
    })

    it('is one file after it was closed', async () => {
      const one = await store()
      await one.append('s', 'no_stream', events(1))
      await one.close()
      expect(readdirSync(join(folder.path, 'data'))).to.deep.equal(['events.db'])
    })

    it('is refused as invalid when a newer program made it, and left as it was', async () => {
      await (await store()).close()
      damage(`PRAGMA user_version = ${FORMAT + 1}`)
      const before = statSync(file).mtimeMs
      const fault = await fails('invalid', () => store())
      expect(fault.message).to.contain(`format ${FORMAT + 1}`)
      await fails('invalid', () => store({ readOnly: true }))
      expect(statSync(file).mtimeMs).to.equal(before)
    })

    it('is refused when it is something else', async () => {
      await (await store()).close()
      damage('PRAGMA user_version = 0; DROP TABLE parked')
      await fails('invalid', () => store())
      writeFileSync(file, 'this is no database at all, but long enough to be asked'.repeat(20))
      await fails('corrupt', () => store())
      chmodSync(file, 0o600)
      file = join(folder.path, 'nowhere', 'events.db')
      await fails('unavailable', () => store({ readOnly: true }))
    })

    it('keeps a login of ten events in under 8 kB, and adds under 160 bytes to an event', async () => {
      const one = await store()
      const logins = 500
      const data = JSON.stringify({ x: 'x'.repeat(180) })
      const metadata = JSON.stringify({ m: 'm'.repeat(400) })
      for (let n = 0; n < logins; n++) {
        const stream = `authorization-${String(n).padStart(26, '0')}`
        await one.append(stream, 'no_stream', events(10, { data, metadata, type: 'FactorRequested' }))
      }
      await one.close()
      const perLogin = statSync(file).size / logins
      expect(perLogin).to.be.below(8000)
      expect(perLogin / 10 - data.length - metadata.length).to.be.below(160)
    }).timeout(20_000)

    it('can be read by people with the sqlite3 shell', async () => {
      const one = await store()
      const event = anEvent()
      await one.append('s', 'no_stream', [event])
      const db = new DatabaseSync(file, { readOnly: true })
      const row = db.prepare('SELECT stream, revision, id, type, data FROM log').get()
      db.close()
      expect({ ...row }).to.deep.equal({ stream: 's', revision: 0, id: event.id.replaceAll('-', ''), type: event.type, data: event.data })
    })
  })

  describe('reading only', () => {
    it('sees what others write, and writes nothing', async () => {
      const one = await store()
      const reader = await store({ readOnly: true })
      const seen: string[] = []
      reader.subscribe({}, (message) => {
        if (message.kind === 'event') seen.push(message.event.stream)
      })
      await one.append('s', 'no_stream', events(1))
      await until(() => seen.length === 1, 'the other connection to see it')
      expect((await reader.readStream('s')).exists).to.equal(true)
      await fails('invalid', () => reader.append('t', 'no_stream', events(1)))
      await fails('invalid', async () => reader.consume({ group: 'g', filter: { types: ['A'] } }, async () => ({ kind: 'done' })))
      await fails('invalid', () => reader.replayParked('g'))
      expect(await reader.parked('g')).to.deep.equal([])
    })
  })

  describe('damage (contract test 39, promise 2)', () => {
    const three = async (): Promise<SqliteEventStore> => {
      const one = await store()
      for (const stream of ['a', 'b', 'c']) await one.append(stream, 'no_stream', events(3))
      return one
    }
    const corrupted = async (work: () => Promise<unknown>, ...says: readonly string[]): Promise<void> => {
      const fault = await fails('corrupt', work)
      for (const text of says) expect(fault.message).to.contain(text)
    }

    it('39 notices a dropped row in the middle of a stream', async () => {
      const one = await three()
      damage('DELETE FROM events WHERE position = 5')
      await corrupted(() => one.readStream('b'), 'stream b', 'revision 1')
      await corrupted(() => one.readStream('b', { direction: 'backwards' }), 'stream b', 'revision 1')
      await corrupted(() => one.readAll(), 'position 5')
      await corrupted(() => one.readAll({ filter: { types: ['Unheard'] } }), 'position 5')
      expect((await one.readStream('a')).events).to.have.length(3)
      expect((await one.readStream('b', { direction: 'backwards', max: 1 })).events).to.have.length(1)
    })

    it('39 notices a dropped last row of a stream, and of the log', async () => {
      const one = await three()
      damage('DELETE FROM events WHERE position IN (6, 9)')
      await corrupted(() => one.readStream('b'), 'stream b', 'revision 2')
      await corrupted(() => one.readStream('b', { direction: 'backwards', max: 1 }), 'stream b', 'revision 2')
      await corrupted(() => one.readStream('c'), 'stream c', 'revision 2')
    })

    it('39 notices a dropped first row, and a stream of which nothing is left', async () => {
      const one = await three()
      damage('DELETE FROM events WHERE position = 1 OR position > 6')
      await corrupted(() => one.readStream('a'), 'stream a', 'revision 0')
      await corrupted(() => one.readAll(), 'position 1')
      await corrupted(() => one.readStream('c'), 'stream c', 'revision 0')
      await corrupted(() => one.readStream('c', { direction: 'backwards', max: 1 }), 'stream c', 'revision 2')
    })

    it('39 notices swapped rows of a stream', async () => {
      const one = await three()
      damage(
        'UPDATE events SET revision = 9 WHERE position = 4; UPDATE events SET revision = 0 WHERE position = 5; UPDATE events SET revision = 1 WHERE position = 4',
      )
      await corrupted(() => one.readStream('b'), 'stream b', 'revision 1')
    })

    it('39 notices a row above the head of its stream', async () => {
      const one = await three()
      damage("UPDATE streams SET revision = 1 WHERE name = 'b'")
      await corrupted(() => one.readStream('b'), 'stream b', 'revision 2')
      await corrupted(() => one.readStream('b', { direction: 'backwards', max: 1 }), 'stream b', 'revision 2')
    })

    it('39 ends a subscription at the gap, after what is before it', async () => {
      const one = await three()
      damage('DELETE FROM events WHERE position = 5')
      const subscription = one.subscribe({}, () => undefined)
      await corrupted(() => subscription.ended, 'position 5')
    })
  })

  describe('another process (rule 38)', () => {
    it('38 refuses as unavailable within the budget while another process keeps the lock, then goes on', async () => {
      const one = await store({ budgetMs: 400 })
      await one.append('s', 'no_stream', events(1))
      const db = new DatabaseSync(file)
      db.exec('BEGIN IMMEDIATE')
      const start = performance.now()
      const results = await Promise.allSettled([0, 1, 2].map((n) => one.append(`t-${n}`, 'no_stream', events(1))))
      expect(performance.now() - start).to.be.below(500)
      for (const result of results) expect((result as PromiseRejectedResult).reason).to.include({ code: 'unavailable' })
      expect((await one.readStream('s')).events).to.have.length(1)
      db.exec('ROLLBACK')
      db.close()
      await one.append('t-0', 'no_stream', events(1))
      expect(await everything(one)).to.have.length(2)
    })

    it('30 33 says ambiguous when no answer came in time; the identical append again leaves one copy', async () => {
      // Timers that run fast let the budget pass while the writer still waits for the lock.
      const one = await store({ budgetMs: 5000, timers: { sleep: () => pause(5) } })
      const db = new DatabaseSync(file)
      db.exec('BEGIN IMMEDIATE')
      const batch = events(2)
      const start = performance.now()
      await fails('ambiguous', () => one.append('s', 'no_stream', batch))
      expect(performance.now() - start).to.be.below(2000)
      expect((await one.readStream('s')).exists).to.equal(false)
      db.exec('ROLLBACK')
      db.close()
      await until(async () => (await one.readStream('s')).exists, 'the append to come through after all')
      const patient = await store()
      expect((await patient.append('s', 'no_stream', batch)).revision).to.equal(1)
      expect(await everything(patient)).to.have.length(2)
    })

    it('30 refuses under overload what nobody waits for any more', async () => {
      const one = await store({ budgetMs: 30 })
      const batches = Array.from({ length: 40 }, () => events(4, { data: JSON.stringify({ x: 'x'.repeat(200_000) }) }))
      const results = await Promise.allSettled(batches.map((batch, n) => one.append(`s-${n}`, 'no_stream', batch)))
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as Fault).code] : []))
      expect(refused).to.not.be.empty
      for (const code of refused) expect(code).to.be.oneOf(['ambiguous', 'unavailable'])
      await one.close()
      const again = await store()
      for (const [n, batch] of batches.entries()) expect((await again.append(`s-${n}`, 'no_stream', batch)).revision).to.equal(3)
      expect(await everything(again)).to.have.length(160)
    })

    it('5 44 races real processes for the same revisions: one wins each, positions stay contiguous', async () => {
      await (await store()).close()
      const rounds = 150
      const children = [0, 1].map((number) => spawn(process.execPath, [CHILD, 'race', file, String(number), String(rounds)]))
      const wins = await Promise.all(
        children.map(async (child) => {
          let out = ''
          child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
          child.stderr.pipe(process.stderr)
          const [code] = (await once(child, 'close')) as [number]
          expect(code).to.equal(0)
          return out.split('\n').filter((line) => line !== '')
        }),
      )
      expect(wins.flat()).to.have.length(rounds)
      expect(new Set(wins.flat()).size).to.equal(rounds)
      const log = await everything(await store())
      expect(log.map((event) => Number(event.position))).to.deep.equal(Array.from({ length: rounds * 2 }, (_, n) => n + 1))
    })

    it('46 47 a killed consumer process loses nothing: another finishes its messages', async () => {
      const one = await store()
      const wishes = events(40, { type: 'Wish' })
      for (const [n, event] of wishes.entries()) await one.append(`s-${n}`, 'no_stream', [event])
      const child = spawn(process.execPath, [CHILD, 'consume', file])
      child.stderr.pipe(process.stderr)
      let out = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
      const said = (kind: string): readonly string[] =>
        out
          .split('\n')
          .slice(0, -1)
          .filter((line) => line.startsWith(`${kind} `))
          .map((line) => line.slice(kind.length + 1))
      await until(() => said('hanging').length > 0 && said('finished').length >= 5, 'the child works')
      child.kill('SIGKILL')
      // What it said until the end counts: a message that it finished is not told again.
      await once(child, 'close')
      const finished = said('finished')
      const [hanging = ''] = said('hanging')
      const attempts = new Map<string, number>()
      one.consume({ group: 'g', filter: { types: ['Wish'] } }, async (event, attempt) => {
        attempts.set(event.id, attempt)
        return { kind: 'done' }
      })
      await until(() => new Set([...finished, ...attempts.keys()]).size === 40 && attempts.has(hanging), 'the rest')
      expect(attempts.get(hanging)).to.equal(2)
    })
  })

  describe('disk (rule 38)', () => {
    it('38 stops the writer after an I/O error, says so in its health, and loses nothing that was acknowledged', async () => {
      // A limit on the size of files makes writes fail with EFBIG, which SQLite reports as an I/O error.
      const child = spawn('sh', ['-c', 'ulimit -S -f 1024; exec "$0" "$@"', process.execPath, CHILD, 'fail', file])
      let out = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
      child.stderr.pipe(process.stderr)
      await once(child, 'close')
      const lines = out.split('\n').filter((line) => line !== '')
      const said = JSON.parse(lines.at(-1) ?? '{}') as { fault: string; again: string; health: string }
      // It failed while the append was made durable, so nobody knows.
      expect(said).to.deep.equal({ fault: 'ambiguous', again: 'unavailable', health: 'stopped' })
      const one = await store()
      for (const stream of lines.slice(0, -1)) expect((await one.readStream(stream)).events).to.have.length(4)
      await one.append('after', 'no_stream', events(1))
    })

    it('38 keeps the write-ahead log bounded while somebody reads without a pause', async () => {
      const one = await store()
      const reader = spawn(process.execPath, [CHILD, 'read', file])
      reader.stderr.pipe(process.stderr)
      await once(reader.stdout, 'data')
      const data = JSON.stringify({ x: 'x'.repeat(200_000) })
      let most = 0
      for (let n = 0; n < 60; n++) {
        await one.append(`s-${n}`, 'no_stream', events(4, { data }))
        most = Math.max(most, statSync(`${file}-wal`).size)
      }
      reader.kill('SIGKILL')
      await once(reader, 'close')
      expect(most).to.be.below(48 * 1024 * 1024)
    }).timeout(60_000)
  })

  describe('backup', () => {
    it('42 copies a store that is written meanwhile to a consistent prefix', async () => {
      const one = await store()
      for (let n = 0; n < 50; n++) await one.append(`old-${n}`, 'no_stream', events(20, { data: JSON.stringify({ x: 'x'.repeat(1000) }) }))
      const over = new AbortController()
      const writing = (async () => {
        for (let n = 0; !over.signal.aborted; n++) await one.append(`new-${n}`, 'no_stream', events(3))
      })()
      const to = join(folder.path, 'copy.db')
      let steps = 0
      const answer = await backup(file, to, {
        progress: ({ pagesTotal, pagesLeft }) => {
          steps++
          expect(pagesLeft).to.be.within(0, pagesTotal)
        },
      })
      over.abort()
      await writing
      expect(readdirSync(folder.path)).to.have.members(['copy.db', 'data'])
      expect(statSync(to).mode & 0o777).to.equal(0o600)
      const all = await everything(one)
      const copy = await openAt(to)
      open.push(copy)
      const copied = await everything(copy)
      expect(copied.length).to.be.within(1000, all.length)
      expect(copied).to.deep.equal(all.slice(0, copied.length))
      expect(answer.position).to.equal(copied.at(-1)?.position)
      expect(steps).to.be.greaterThan(0)
      for (const stream of new Set(copied.map((event) => event.stream))) expect((await copy.readStream(stream)).exists).to.equal(true)
      await copy.append('goes-on', 'no_stream', events(1))
    })

    it('42 replaces no file and leaves none behind when it fails', async () => {
      const one = await store()
      await one.append('s', 'no_stream', events(1))
      const to = join(folder.path, 'copy.db')
      writeFileSync(to, 'kept')
      await fails('invalid', () => backup(file, to))
      const failure: unknown = await backup(join(folder.path, 'nowhere.db'), join(folder.path, 'other.db')).catch((error: unknown) => error)
      expect((failure as Fault).code).to.equal('unavailable')
      expect(existsSync(join(folder.path, 'other.db.part'))).to.equal(false)
    })
  })
})
