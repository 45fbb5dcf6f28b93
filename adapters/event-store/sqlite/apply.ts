import type { DatabaseSync } from 'node:sqlite'
import type { NewEvent } from '../../../domain/ports.ts'
import { kindOf } from './faults.ts'
import type { Done, Job, Outcome } from './jobs.ts'

type Append = Extract<Job, { kind: 'append' }>
type GroupJob = Exclude<Job, { kind: 'append' }>

const conflict = (actual: number): Outcome => ({
  ok: false,
  failure: { code: 'conflict', message: 'the stream is at another revision', actual },
})

const whole = (value: unknown): number => {
  if (typeof value !== 'number') throw new Error('the engine answered something that is no number')
  return value
}

/** Appends inside a transaction that holds the write lock, so positions are given in the order of commits and have no gap. */
const makeAppend = (db: DatabaseSync) => {
  const head = db.prepare('SELECT id, revision FROM streams WHERE name = ?')
  const last = db.prepare('SELECT coalesce(max(position), 0) AS position FROM events')
  const stored = db.prepare('SELECT position, lower(hex(id)) AS id FROM events WHERE stream = ? AND revision = ?')
  const newStream = db.prepare('INSERT INTO streams (name, revision) VALUES (?, ?)')
  const moveHead = db.prepare('UPDATE streams SET revision = ? WHERE id = ?')
  const insert = db.prepare(
    "INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES (?, ?, ?, unhex(?, '-'), ?, ?, ?)",
  )
  let position = 0

  const positionOf = (stream: number, revision: number, id: string): number | undefined => {
    const row = stored.get(stream, revision)
    return row?.['id'] === id.replaceAll('-', '') ? whole(row['position']) : undefined
  }

  /** The same ids at the same place are answered as the first time. */
  const repeated = (stream: number, { expected, events }: Append): Done | undefined => {
    const positions = events.map((event, index) => positionOf(stream, expected + 1 + index, event.id))
    const position = positions.at(-1)
    if (position === undefined || positions.includes(undefined)) return undefined
    return { kind: 'appended', revision: expected + events.length, position }
  }

  /** False when the stream holds one of the ids at another place. */
  const insertAll = (stream: number, actual: number, events: readonly NewEvent[]): boolean => {
    try {
      events.forEach(({ id, type, data, metadata }, index) => {
        insert.run(position + 1 + index, stream, actual + 1 + index, id, type, data, metadata)
      })
      return true
    } catch (error) {
      if (kindOf(error) === 'constraint') return false
      throw error
    }
  }

  const append = (job: Append): Outcome => {
    const row = head.get(job.stream)
    const actual = row === undefined ? -1 : whole(row['revision'])
    if (job.expected !== actual) {
      const done = row === undefined || job.expected > actual ? undefined : repeated(whole(row['id']), job)
      return done === undefined ? conflict(actual) : { ok: true, done }
    }
    const revision = actual + job.events.length
    const stream = row === undefined ? whole(newStream.run(job.stream, revision).lastInsertRowid) : whole(row['id'])
    if (row !== undefined) moveHead.run(revision, stream)
    if (!insertAll(stream, actual, job.events)) return conflict(actual)
    position += job.events.length
    return { ok: true, done: { kind: 'appended', revision, position } }
  }

  return {
    begin: (): void => {
      position = whole(last.get()?.['position'])
    },
    append,
  }
}

const makeGroupJobs = (db: DatabaseSync): ((job: GroupJob) => number) => {
  const open = db.prepare(
    'INSERT OR IGNORE INTO groups (name, position) VALUES (?, iif(?, (SELECT coalesce(max(position), 0) FROM events), 0))',
  )
  const move = db.prepare('UPDATE groups SET position = ? WHERE name = ? AND position = ?')
  const hold = db.prepare('INSERT OR REPLACE INTO deliveries (consumers, position, tries, visible_at) VALUES (?, ?, ?, ?)')
  const change = db.prepare(
    'UPDATE deliveries SET tries = ?, visible_at = ? WHERE consumers = ? AND position = ? AND tries = ? AND visible_at = ?',
  )
  const release = db.prepare('DELETE FROM deliveries WHERE consumers = ? AND position = ? AND tries = ? AND visible_at = ?')
  const finish = db.prepare('DELETE FROM deliveries WHERE consumers = ? AND position = ?')
  const park = db.prepare('INSERT OR REPLACE INTO parked (consumers, position, tries, reason, at) VALUES (?, ?, ?, ?, ?)')
  const parked = db.prepare(
    "SELECT p.position FROM parked p JOIN events e ON e.position = p.position WHERE p.consumers = ? AND (? IS NULL OR e.id = unhex(?, '-'))",
  )
  const unpark = db.prepare('DELETE FROM parked WHERE consumers = ? AND position = ?')

  const count = (changes: number | bigint): number => Number(changes)

  /** Takes them out of the parked ones: all of a group, or one event's. */
  const taken = (group: string, eventId: string | null): readonly number[] => {
    const positions = parked.all(group, eventId, eventId).map((row) => whole(row['position']))
    for (const position of positions) unpark.run(group, position)
    return positions
  }

  return (job) => {
    switch (job.kind) {
      case 'open':
        return count(open.run(job.group, job.from === 'end' ? 1 : 0).changes)
      case 'claim': {
        const { group, from, to, taken, offered, visibleAt } = job.claim
        const moved = count(move.run(to, group, from).changes)
        if (moved === 0) return 0
        for (const position of taken) hold.run(group, position, 1, visibleAt)
        for (const one of offered) hold.run(group, one.position, 0, one.visibleAt)
        return moved
      }
      case 'retake':
        return count(
          change.run(job.seen.tries + 1, job.visibleAt, job.group, job.seen.position, job.seen.tries, job.seen.visibleAt).changes,
        )
      case 'finish':
        return count(finish.run(job.group, job.position).changes)
      case 'postpone':
        return count(change.run(job.seen.tries, job.visibleAt, job.group, job.seen.position, job.seen.tries, job.seen.visibleAt).changes)
      case 'park': {
        const released = count(release.run(job.group, job.seen.position, job.seen.tries, job.seen.visibleAt).changes)
        if (released > 0) park.run(job.group, job.seen.position, job.seen.tries, job.reason, job.at)
        return released
      }
      case 'replay': {
        const positions = taken(job.group, job.eventId ?? null)
        for (const position of positions) hold.run(job.group, position, 0, job.visibleAt)
        return positions.length
      }
      case 'drop':
        return taken(job.group, job.eventId).length
    }
  }
}

/** How long the writer waits for another process that writes, between two looks. */
const LOOK_MS = 0.3

/** Runs a group of jobs in one transaction, each in a savepoint of its own, so that one which fails takes no other along. */
export const makeApply = (db: DatabaseSync) => {
  const appends = makeAppend(db)
  const groups = makeGroupJobs(db)
  const savepoint = db.prepare('SAVEPOINT job')
  const release = db.prepare('RELEASE job')
  const undo = db.prepare('ROLLBACK TO job')
  const sleeper = new Int32Array(new SharedArrayBuffer(4))

  /** Takes the write lock; false when another process kept it until then. */
  const begin = (untilMs: number, nowMs: () => number): boolean => {
    for (;;) {
      try {
        db.exec('BEGIN IMMEDIATE')
        return true
      } catch (error) {
        if (kindOf(error) !== 'busy') throw error
        if (nowMs() >= untilMs) return false
        Atomics.wait(sleeper, 0, 0, LOOK_MS)
      }
    }
  }

  const one = (job: Job): Outcome => {
    savepoint.run()
    const outcome: Outcome = job.kind === 'append' ? appends.append(job) : { ok: true, done: { kind: 'changed', count: groups(job) } }
    if (!outcome.ok) undo.run()
    release.run()
    return outcome
  }

  return {
    begin,
    /** Inside the transaction. What it throws is no job's own fault: the whole group is to be rolled back. */
    run: (jobs: readonly Job[]): readonly Outcome[] => {
      appends.begin()
      return jobs.map(one)
    },
    commit: (): void => db.exec('COMMIT'),
    rollback: (): void => {
      if (db.isTransaction) db.exec('ROLLBACK')
    },
  }
}
