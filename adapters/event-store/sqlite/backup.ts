import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup as copyPages, DatabaseSync } from 'node:sqlite'
import { Fault, type Position } from '../../../domain/ports.ts'
import { positionOf } from '../positions.ts'
import { guarded, faultFrom, failureOf } from './faults.ts'
import { openForReading } from './format.ts'

export type BackupProgress = { readonly pagesTotal: number; readonly pagesLeft: number }
export type BackupOptions = { readonly progress?: (progress: BackupProgress) => void }
export type BackupAnswer = {
  /** The newest event in the copy; nothing after it is there, everything before it is. */
  readonly position: Position | undefined
  readonly pages: number
}

/** Pages copied between two turns of the event loop. */
const STEP_PAGES = 256

/** Makes the copy one file that needs no companions, durable before it gets its name. */
const finish = (part: string, to: string): void => {
  const copy = new DatabaseSync(part)
  copy.exec('PRAGMA journal_mode = DELETE')
  copy.close()
  for (const path of [part, dirname(to)]) {
    const handle = openSync(path, 'r')
    fsyncSync(handle)
    closeSync(handle)
  }
  renameSync(part, to)
}

/** Holds one snapshot, so the copy is a prefix of the log and a store that is written meanwhile does not make it start over. */
const copy = async (source: DatabaseSync, part: string, options: BackupOptions): Promise<BackupAnswer> => {
  source.exec('BEGIN')
  const head = source.prepare('SELECT coalesce(max(position), 0) AS head FROM events').get()?.['head']
  const pages = await copyPages(source, part, {
    rate: STEP_PAGES,
    progress: ({ totalPages, remainingPages }) => options.progress?.({ pagesTotal: totalPages, pagesLeft: remainingPages }),
  })
  source.exec('COMMIT')
  options.progress?.({ pagesTotal: pages, pagesLeft: 0 })
  return { position: typeof head === 'number' && head > 0 ? positionOf(head) : undefined, pages }
}

/** Copies the store in `file`, also while it is written, to one consistent file. Refuses to replace a file. */
export const backup = async (file: string, to: string, options: BackupOptions = {}): Promise<BackupAnswer> => {
  if (existsSync(to)) throw new Fault('invalid', 'a backup never replaces a file')
  const part = `${to}.part`
  const source = openForReading(file)
  try {
    rmSync(part, { force: true })
    closeSync(openSync(part, 'wx', 0o600))
    const answer = await copy(source, part, options)
    guarded(() => finish(part, to))
    chmodSync(to, 0o600)
    return answer
  } catch (error) {
    rmSync(part, { force: true })
    throw error instanceof Fault ? error : faultFrom(failureOf(error), error)
  } finally {
    source.close()
  }
}
