import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { it } from 'mocha'
import { until } from '../broker.ts'
import { send } from '../scripted-browser.ts'

const READY_MS = 20_000
const STOP_MS = 5_000

/** Where a client writes that cannot write to its streams, in its folder. */
export const LOG = 'client.log'

/** A relying party of other people's making, as a process of its own in the foreground. */
export type Foreign = {
  readonly origin: string
  /** Everything that it wrote, to both streams. */
  readonly output: () => string
  readonly end: () => Promise<void>
}

export type Start = {
  readonly command: string
  readonly args: (folder: string) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly port: number
  /** Where it answers without a login. */
  readonly readyPath: string
}

/** Started in a folder of its own, which is removed with it. */
export const startForeign = async (start: Start): Promise<Foreign> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-client-'))
  const origin = `http://127.0.0.1:${start.port}`
  let output = ''
  let failed: Error | undefined
  const child = spawn(start.command, start.args(folder), {
    cwd: folder,
    env: { PATH: env['PATH'], ...start.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  child.once('error', (error) => (failed = error))
  const written = (): string => {
    const log = join(folder, LOG)
    return exists(log) ? output + readFileSync(log, 'utf8') : output
  }
  const ended = (): boolean => failed !== undefined || child.exitCode !== null || child.signalCode !== null
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const end = async (): Promise<void> => {
    if (!ended()) {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await Promise.race([gone, sleep(STOP_MS, undefined, { ref: false })])
      if (!ended()) {
        kill()
        await gone
      }
    }
    process.off('exit', kill)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until(
      `${start.command} answers`,
      async () => {
        if (ended()) throw new Error(`${start.command} ended: ${failed?.message ?? String(child.exitCode)}`)
        return (await send(origin, { path: start.readyPath }).catch(() => undefined))?.status === 200
      },
      READY_MS,
    )
  } catch (error) {
    const told = written()
    await end()
    throw new Error(`${error instanceof Error ? error.message : ''}\n${told}`, { cause: error })
  }
  return { origin, output: written, end }
}

const exists = (file: string): boolean => {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/**
 * `tests` where the files of a client are on this machine. Elsewhere the one test there says what to install, and fails where everything has
 * to be tried (`CI=true`).
 */
export const withClientOf = (files: readonly string[], packages: string, tests: () => void): void => {
  const missing = files.filter((file) => !exists(file))
  if (missing.length === 0) tests()
  else
    it(`NOT TRIED HERE: it wants the Debian packages ${packages} (apt-get install ${packages})`, () => {
      if (env['CI'] === 'true') throw new Error(`${missing.join(', ')} is not on this machine: apt-get install ${packages}`)
    })
}
