import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../plugin.ts'
import { problemsWith } from '../description.ts'
import { settingsSchema, type Faults } from './settings.ts'

const CONTROL_BYTES_MAX = 65_536

const controlFile = (dataDirectory: string): string => join(dataDirectory, 'control.json')

/**
 * Changes what goes wrong in a running mock, from any process: the members given replace the settings, the others stay.
 * In a shell: `echo '{"outage":true}' > <data directory>/control.json`, and `echo '{}'` to end it.
 */
export const setFaults = (dataDirectory: string, faults: Partial<Faults>): void => {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const file = controlFile(dataDirectory)
  // Renamed into place, so that nobody reads half of it.
  writeFileSync(`${file}.new`, JSON.stringify(faults), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

const faultsSchema = (settingsSchema['properties'] as Readonly<Record<string, { readonly [key: string]: never }>>)['faults'] ?? {}

const readControl = (file: string, initial: Faults, log: Log): Faults => {
  try {
    const control: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const problems = problemsWith({ ...faultsSchema, default: null }, structuredClone(control))
    if (problems.length === 0) return { ...initial, ...(control as Partial<Faults>) }
    log.warn('mock_control_unfit', { problems })
  } catch {
    log.warn('mock_control_unreadable')
  }
  return initial
}

/** The faults in force now: the settings, and the control file over them, read again when it changes. */
export const faultsOf = (dataDirectory: string, initial: Faults, log: Log): (() => Faults) => {
  const file = controlFile(dataDirectory)
  let seen = ''
  let current = initial
  return () => {
    const stat = statSync(file, { throwIfNoEntry: false })
    const mark = stat === undefined || stat.size > CONTROL_BYTES_MAX ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
    if (mark !== seen) {
      seen = mark
      current = mark === '' ? initial : readControl(file, initial, log)
    }
    return current
  }
}

/** A call under these faults. */
export const suffer = async <T>(faults: Faults, act: () => Promise<T>): Promise<T | typeof OUTAGE | typeof NONSENSE> => {
  if (faults.slowMs > 0) await sleep(faults.slowMs)
  if (faults.outage) return OUTAGE
  if (faults.wrongAnswers) return NONSENSE
  return act()
}

const OUTAGE = { ok: false, error: 'unavailable', code: 'mock_outage' } as const

/** Says yes and does not say to what: the broker must not believe it. */
const NONSENSE = { ok: true, value: { subjectKey: '' } } as const
