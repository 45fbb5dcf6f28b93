/**
 * Loaded into a broker before its own code (`node --import`): kills the process, as a power cut would, at the commit that makes one
 * event durable. The file named by ESIGNET_TEST_KILL_FILE arms it: `after FactorSent`, `before CodeIssued`, or with a third word
 * that the event's data must hold. Once only.
 */
import { readFileSync, rmSync } from 'node:fs'
import { env } from 'node:process'
import { DatabaseSync, StatementSync } from 'node:sqlite'

const file = env['ESIGNET_TEST_KILL_FILE'] ?? ''

type Inserted = { readonly type: unknown; readonly data: unknown }
let inserted: Inserted[] = []

const armed = (): readonly string[] => {
  try {
    return readFileSync(file, 'utf8').trim().split(' ')
  } catch {
    return []
  }
}

const fits = (type: string | undefined, needle = ''): boolean =>
  inserted.some((event) => event.type === type && typeof event.data === 'string' && event.data.includes(needle))

const killWhen = (moment: 'before' | 'after'): void => {
  const [when, type, needle] = armed()
  if (when !== moment || !fits(type, needle)) return
  rmSync(file)
  process.kill(process.pid, 'SIGKILL')
}

const committing = <T>(commit: () => T): T => {
  if (inserted.length === 0) return commit()
  killWhen('before')
  const result = commit()
  killWhen('after')
  inserted = []
  return result
}

const isCommit = (sql: string): boolean => /^\s*COMMIT/i.test(sql)

// Called with the statement itself below.
// eslint-disable-next-line @typescript-eslint/unbound-method
const run = StatementSync.prototype.run as (this: StatementSync, ...values: unknown[]) => ReturnType<StatementSync['run']>
StatementSync.prototype.run = function (this: StatementSync, ...values: unknown[]) {
  if (this.sourceSQL.startsWith('INSERT INTO events')) inserted.push({ type: values[4], data: values[5] })
  return isCommit(this.sourceSQL) ? committing(() => run.apply(this, values)) : run.apply(this, values)
}

// Called with the database itself below.
// eslint-disable-next-line @typescript-eslint/unbound-method
const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
  return isCommit(sql) ? committing(() => exec.call(this, sql)) : exec.call(this, sql)
}
