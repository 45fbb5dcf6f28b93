import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Ability, FixtureFile } from './fixtures.ts'

/** What the kit is helped with; what is absent the helper cannot do, and the checks that need it are left out. */
export type Help = {
  /** The codes that were sent in a transaction, newest first. */
  readonly codes?: (transaction: string) => Promise<readonly string[]>
  /** Makes the ID system behind the plugin unreachable, and reachable again. */
  readonly outage?: (on: boolean) => Promise<void>
  /** Makes every call take this long; 0 ends it. */
  readonly slow?: (ms: number) => Promise<void>
  /** Puts the ID system's clock this far ahead of the machine's. */
  readonly time?: (aheadMs: number) => Promise<void>
}

const RUN_MS_MAX = 20_000
const OUTPUT_BYTES_MAX = 65_536
const CODES_MAX = 100

export class HelperError extends Error {
  override readonly name = 'HelperError'
}

/** Starts the program of a fixture file in its folder: `<program> codes|outage|slow|time <argument> <the plugin's folder>`. */
export const helpOf = ({ helper }: FixtureFile, folder: string, dataDirectory: string): Help => {
  if (helper === undefined) return {}
  const [command = '', ...first] = helper.program
  const run = async (ability: Ability, argument: string): Promise<string> => {
    try {
      const options = { cwd: folder, timeout: RUN_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX }
      return (await promisify(execFile)(command, [...first, ability, argument, dataDirectory], options)).stdout
    } catch {
      throw new HelperError(`the helper of the fixtures did not do its work: ${ability}`)
    }
  }
  const told = async (ability: Ability, argument: string): Promise<void> => {
    await run(ability, argument)
  }
  const all: Required<Help> = {
    codes: async (transaction) => (await run('codes', transaction)).split(/\s+/).filter(Boolean).slice(0, CODES_MAX),
    outage: (on) => told('outage', on ? 'on' : 'off'),
    slow: (ms) => told('slow', String(ms)),
    time: (aheadMs) => told('time', String(aheadMs)),
  }
  return Object.fromEntries(helper.can.map((ability) => [ability, all[ability]]))
}
