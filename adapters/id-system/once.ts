import { join } from 'node:path'
import { gcm } from '../gcm.ts'
import { openDatabase } from '../sqlite.ts'
import type { Chance, Clock, PluginAnswer } from './plugin.ts'
import { keyed } from './plugin-key.ts'

/** Longer than a login. */
const REMEMBERED_MS = 900_000
/** Answers of which no copy lies on the disk, for those who ask again at once. */
const HELD_MS = 60_000
const HELD_MAX = 256
/** Writes between two sweeps of what is past its time, and how much one sweep takes. */
const SWEEP_EVERY = 64
const SWEPT_MAX = 1000

export type Keeping =
  /** Sealed on the disk, so that a restart does not forget it. */
  | 'disk'
  /** As `disk`, and that it was begun is written down first: what a crash leaves without an answer is never begun a second time. */
  | 'begun'
  /** In memory only, for a minute: it holds facts about a person. */
  | 'memory'

export type Once = {
  /** One act for one question and idempotency key: whoever asks again, at once or later, gets the first one's answer. */
  readonly act: <T>(
    question: string,
    idempotencyKey: string,
    keeping: Keeping,
    act: () => Promise<PluginAnswer<T>>,
  ) => Promise<PluginAnswer<T>>
  readonly close: () => void
}

/** The act was begun and may have happened; nobody knows any more. The person may ask again (rule 36). */
const UNKNOWN = { ok: false, error: 'unavailable', code: 'outcome_unknown' } as const

/** An answer by which nothing happened: the same act may be tried again. */
const happened = (answer: PluginAnswer<unknown>): boolean =>
  answer.ok || (answer.error !== 'unavailable' && answer.error !== 'misconfigured') || answer.code === UNKNOWN.code

const TABLE = `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS acts (name TEXT PRIMARY KEY, until TEXT NOT NULL, answer BLOB) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS acts_until ON acts (until);`

const later = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString()

type Tools = { readonly clock: Clock; readonly chance: Chance; readonly dataDirectory: string }

/** What a plugin remembers of its acts for a quarter of an hour, where the ID system behind it knows no idempotency keys. */
export const onceOf = (key: Uint8Array, { clock, chance, dataDirectory }: Tools): Once => {
  const database = openDatabase(join(dataDirectory, 'acts.db'), TABLE)
  const { sql, run } = database
  const sealing = gcm(keyed(key, 'act'), chance)
  const begin = sql.prepare('INSERT OR IGNORE INTO acts (name, until, answer) VALUES (?, ?, NULL)')
  const finish = sql.prepare(
    'INSERT INTO acts (name, until, answer) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET answer = excluded.answer',
  )
  const forget = sql.prepare('DELETE FROM acts WHERE name = ? AND answer IS NULL')
  const find = sql.prepare('SELECT answer FROM acts WHERE name = ? AND until > ?')
  const sweep = sql.prepare('DELETE FROM acts WHERE name IN (SELECT name FROM acts WHERE until <= ? LIMIT ?)')
  const underWay = new Map<string, Promise<PluginAnswer<unknown>>>()
  const held = new Map<string, { readonly until: string; readonly answer: PluginAnswer<unknown> }>()
  let writes = 0

  const hold = (name: string, answer: PluginAnswer<unknown>): void => {
    const now = clock.now()
    for (const [old, { until }] of held) if (until <= now || held.size >= HELD_MAX) held.delete(old)
    held.set(name, { until: later(now, HELD_MS), answer })
  }

  const remembered = (name: string): PluginAnswer<unknown> | 'begun' | undefined => {
    const now = clock.now()
    const near = held.get(name)
    if (near !== undefined && near.until > now) return near.answer
    const row = run(() => find.get(name, now))
    if (row === undefined) return undefined
    const { answer } = row
    if (!(answer instanceof Uint8Array)) return 'begun'
    // Authenticated: it was written below.
    return JSON.parse(Buffer.from(sealing.open(name, answer, 'an answer')).toString('utf8')) as PluginAnswer<unknown>
  }

  const keep = (name: string, answer: PluginAnswer<unknown>): void => {
    const now = clock.now()
    run(() => finish.run(name, later(now, REMEMBERED_MS), sealing.close(name, Buffer.from(JSON.stringify(answer)))))
    writes += 1
    if (writes % SWEEP_EVERY === 1) run(() => sweep.run(now, SWEPT_MAX))
  }

  const perform = async (name: string, keeping: Keeping, act: () => Promise<PluginAnswer<unknown>>): Promise<PluginAnswer<unknown>> => {
    const before = remembered(name)
    if (before === 'begun') return UNKNOWN
    if (before !== undefined) return before
    if (keeping === 'begun') {
      const { changes } = run(() => begin.run(name, later(clock.now(), REMEMBERED_MS)))
      // Another process on this folder was faster.
      if (changes === 0) return UNKNOWN
    }
    const answer = await act()
    if (!happened(answer)) run(() => forget.run(name))
    else if (answer.ok && keeping === 'memory') hold(name, answer)
    // What is not known stays begun.
    else if (keeping !== 'memory' && (answer.ok || answer.code !== UNKNOWN.code)) keep(name, answer)
    return answer
  }

  return {
    act: <T>(question: string, idempotencyKey: string, keeping: Keeping, act: () => Promise<PluginAnswer<T>>) => {
      const name = `${question}:${idempotencyKey}`
      const running = underWay.get(name) ?? perform(name, keeping, act).finally(() => underWay.delete(name))
      underWay.set(name, running)
      // The same question has answers of the same type.
      return running as Promise<PluginAnswer<T>>
    },
    close: () => {
      held.clear()
      database.close()
    },
  }
}
