import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { send } from './scripted-browser.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CLI = join(ROOT, 'src/cli.ts')

/** Between two looks at a condition, milliseconds. */
const LOOK_MS = 10
const READY_MS = 20_000
const STOP_MS = 15_000
const CLI_MS = 30_000

/** Looks until something is there, and says what it waited for when it never comes. */
export const until = async <T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 10_000,
): Promise<T> => {
  const end = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs} ms`)
    await sleep(LOOK_MS)
  }
}

/** Ports that nobody uses now. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    ports.push(typeof address === 'object' && address !== null ? address.port : 0)
  }
  for (const server of servers) await new Promise((done) => server.close(done))
  return ports
}

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

/** Settings of the one who runs the tests have no say in them. */
const cleanEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ESIGNET_')))

/** A process of the command line. */
export const startCli = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams =>
  spawn(execPath, [CLI, ...args], { cwd: tmpdir(), env: { ...cleanEnvironment(), ...environment }, timeout: CLI_MS })

/** One verb of the command line, as an operator runs it. */
export const runCli = async (
  args: readonly string[],
  more: { readonly input?: string; readonly env?: Record<string, string> } = {},
): Promise<Ran> => {
  const child = startCli(args, more.env)
  let out = ''
  let err = ''
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (err += text.toString()))
  child.stdin.on('error', () => undefined)
  child.stdin.end(more.input ?? '')
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

export type BrokerProcess = {
  readonly port: number
  readonly issuer: string
  /** Origin of the demo relying party. */
  readonly demo: string
  readonly data: string
  /** Everything that every run of it wrote, to both streams. */
  readonly output: () => string
  /** From the process's start to readiness, milliseconds, of the last start. */
  readonly readyMs: () => number
  readonly pid: () => number | undefined
  readonly start: (more?: Record<string, string>) => Promise<void>
  /** SIGTERM; the exit code. */
  readonly stop: () => Promise<number | null>
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  /** Resolves when the process is gone, however it went. */
  readonly gone: () => Promise<void>
  readonly restart: (more?: Record<string, string>) => Promise<void>
  /** A verb on this broker's data folder. */
  readonly cli: (args: readonly string[], input?: string) => Promise<Ran>
  /** Stops it and removes its folder. */
  readonly end: () => Promise<void>
}

const running = new Set<ChildProcess>()

const killAll = (): void => {
  for (const child of running) child.kill('SIGKILL')
}
// A test run that is cut short leaves no broker behind.
process.once('exit', killAll)
for (const signal of ['SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    killAll()
    process.kill(process.pid, signal)
  })

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** The broker of `serve --demo`, as a process of its own on free ports and in a folder of its own. */
export const startBroker = async (settings: Record<string, string> = {}): Promise<BrokerProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-e2e-'))
  const data = join(folder, 'data')
  const [port = 0, demoPort = 0] = await freePorts(2)
  const environment = { ESIGNET_PORT: String(port), ESIGNET_DEMO_PORT: String(demoPort), ESIGNET_DATA: data, ...settings }
  const issuer = `http://localhost:${port}`
  let child: ChildProcess | undefined
  let output = ''
  let readyMs = 0

  const gone = async (): Promise<void> => {
    if (child !== undefined && !hasEnded(child)) await once(child, 'exit')
  }
  const start = async (more: Record<string, string> = {}): Promise<void> => {
    if (child !== undefined && !hasEnded(child)) throw new Error('the broker runs already')
    const began = performance.now()
    const started = spawn(execPath, [CLI, 'serve', '--demo'], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...environment, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    started.stdout.on('data', (text: Buffer) => (output += text.toString()))
    started.stderr.on('data', (text: Buffer) => (output += text.toString()))
    child = started
    running.add(started)
    started.once('exit', () => running.delete(started))
    const isReady = async (): Promise<boolean> => {
      if (hasEnded(started)) throw new Error(`the broker ended with ${started.exitCode ?? started.signalCode}:\n${output}`)
      for (const [origin, path] of [
        [issuer, '/health/ready'],
        [`http://127.0.0.1:${demoPort}`, '/'],
      ] as const) {
        const reply = await send(origin, { path }).catch(() => undefined)
        if (reply?.status !== 200) return false
      }
      return true
    }
    try {
      await until('the broker is ready', isReady, READY_MS)
    } catch (error) {
      started.kill('SIGKILL')
      throw new Error(`${error instanceof Error ? error.message : ''}\n${output}`, { cause: error })
    }
    readyMs = performance.now() - began
  }
  const kill = async (): Promise<void> => {
    child?.kill('SIGKILL')
    await gone()
  }
  const stop = async (): Promise<number | null> => {
    if (child === undefined || hasEnded(child)) return child?.exitCode ?? null
    child.kill('SIGTERM')
    const ended = gone()
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })])
    const { exitCode } = child
    if (!hasEnded(child)) await kill()
    return exitCode
  }
  const restart = async (more: Record<string, string> = {}): Promise<void> => {
    await stop()
    await start(more)
  }
  const end = async (): Promise<void> => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    port,
    issuer,
    demo: `http://127.0.0.1:${demoPort}`,
    data,
    output: () => output,
    readyMs: () => readyMs,
    pid: () => child?.pid,
    start,
    stop,
    kill,
    gone,
    restart,
    end,
    cli: (args, input) => runCli([...args, '--data', data], input === undefined ? {} : { input }),
  }
}

export type Row = {
  readonly position: number
  readonly stream: string
  readonly revision: number
  readonly type: string
  readonly data: string
  readonly metadata: string
}

/** The events as a stranger reads them from the file, while the broker writes. */
export const readEvents = (data: string, where = '1'): readonly Row[] => {
  const db = new DatabaseSync(join(data, 'events.db'), { readOnly: true, timeout: 2000 })
  try {
    const sql = `SELECT e.position, s.name AS stream, e.revision, e.type, e.data, e.metadata
      FROM events e JOIN streams s ON s.id = e.stream WHERE ${where} ORDER BY e.position`
    return db.prepare(sql).all() as unknown as readonly Row[]
  } finally {
    db.close()
  }
}

/** How many sealed values the vault of a broker keeps. */
export const sealedRows = (data: string): number => {
  const db = new DatabaseSync(join(data, 'vault.db'), { readOnly: true, timeout: 2000 })
  try {
    return Number(db.prepare('SELECT count(*) AS n FROM secret').get()?.['n'])
  } finally {
    db.close()
  }
}

/** Those that somebody may have caused: the audit log signs what it holds by itself, every ten seconds (rule 49). */
export const causedEvents = (data: string): readonly Row[] => readEvents(data, `s.name NOT LIKE 'checkpoint-%'`)

/** Types of one login's events, in order. */
export const typesOf = (data: string, transaction: string): readonly string[] =>
  readEvents(data, `s.name = 'authorization-${transaction}'`).map(({ type }) => type)

export type Message = { readonly transaction: string; readonly channel: string; readonly otp: string; readonly at: string }

/** What the demo's outbox shows, newest first. */
export const outbox = async (broker: Pick<BrokerProcess, 'demo'>, transaction: string): Promise<readonly Message[]> => {
  const { body } = await send(broker.demo, { path: '/demo/outbox', headers: { accept: 'application/json' } })
  return (JSON.parse(body) as readonly Message[]).filter((message) => message.transaction === transaction)
}

/** The newest code that was sent in a login. */
export const otpOf = (broker: Pick<BrokerProcess, 'demo'>, transaction: string): Promise<string> =>
  until('a code in the outbox', async () => (await outbox(broker, transaction))[0]?.otp)
