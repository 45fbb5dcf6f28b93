import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from './config.ts'
import { STATUS_OLD_MS, type NodeStatus } from './plugin-status.ts'
import type { Runtime } from './runtime.ts'

/** What brokers that were killed left behind is removed after this long. */
const LEFT_MS = 3_600_000

/** Brokers on one data folder that are shown. */
const NODES_MAX = 64

const folderOf = ({ data }: Pick<Settings, 'data'>): string => join(data, 'status')

const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

const statusIn = (file: string): NodeStatus | undefined => {
  try {
    // Brokers of this program write it.
    return JSON.parse(readFileSync(file, 'utf8')) as NodeStatus
  } catch {
    // It may have ended this moment.
    return undefined
  }
}

/** Where this broker says how its ID systems fare: a file of its own in the data folder, for commands on this machine. */
export const statusFile = (settings: Settings, { clock, chance }: Pick<Runtime, 'clock' | 'chance'>) => {
  const folder = folderOf(settings)
  const node = chance.uuid()
  const file = join(folder, `${node}.json`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const left of filesIn(folder)) {
    const at = statusIn(left)?.at
    if (at === undefined || Date.parse(clock.now()) - Date.parse(at) > LEFT_MS) rmSync(left, { force: true })
  }
  return {
    write: (plugins: NodeStatus['plugins']): void => {
      const status: NodeStatus = { node, pid: process.pid, at: clock.now(), plugins }
      writeFileSync(`${file}.new`, JSON.stringify(status), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
    remove: (): void => rmSync(file, { force: true }),
  }
}

/** What the brokers on this data folder say. */
export const readStatuses = (settings: Pick<Settings, 'data'>, now: string): readonly NodeStatus[] =>
  filesIn(folderOf(settings))
    .map(statusIn)
    .filter((status) => status !== undefined)
    .filter(({ at }) => Date.parse(now) - Date.parse(at) < STATUS_OLD_MS)
    .toSorted((a, b) => (a.node < b.node ? -1 : 1))
    .slice(0, NODES_MAX)
