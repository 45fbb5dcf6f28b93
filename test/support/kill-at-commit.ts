/**
 * Loaded into a command before its own code (`node --import`): kills the process, as a power cut would, just before it commits to
 * `views.db` for the time that ESIGNET_TEST_KILL_COMMIT numbers, from 1.
 */
import { env } from 'node:process'
import { DatabaseSync } from 'node:sqlite'

const fatal = Number(env['ESIGNET_TEST_KILL_COMMIT'])
let commits = 0

// Called with the database itself below.
// eslint-disable-next-line @typescript-eslint/unbound-method
const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
  if (sql === 'COMMIT' && this.location()?.endsWith('views.db') === true) {
    commits += 1
    if (commits === fatal) process.kill(process.pid, 'SIGKILL')
  }
  return exec.call(this, sql)
}
