import { exec, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts, until } from '../support/broker.ts'

/** A server of events that a test may kill. */
export type StoreProcess = {
  /** What a broker is told to find it. */
  readonly env: Readonly<Record<string, string>>
  readonly start: () => Promise<void>
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  readonly end: () => Promise<void>
}

/** One that was started here. */
export type OwnStore = StoreProcess & {
  readonly port: number
  /** What a broker is told where it is reached by another port. */
  readonly envAt: (port: number) => StoreProcess['env']
  readonly pid: () => number
}

const LISTENS_MS = 120_000

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
  }).then((answer) => answer === true)

/**
 * A KurrentDB or EventStoreDB server of one node without TLS, started by a command in which `{port}`, `{other}` and `{dir}` stand for a
 * free port, another one and a folder of its own:
 * `dotnet EventStore.ClusterNode.dll --insecure --node-port={port} --replication-port={other} --db={dir}/db --index={dir}/index`
 */
export const kurrentDbProcess = async (command: string): Promise<OwnStore> => {
  const dir = mkdtempSync(join(tmpdir(), 'esignet-kurrentdb-'))
  const [port = 0, other = 0] = await freePorts(2)
  const [program = '', ...args] = command
    .replaceAll('{port}', String(port))
    .replaceAll('{other}', String(other))
    .replaceAll('{dir}', dir)
    .split(' ')
    .filter((word) => word !== '')
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const envAt = (at: number): StoreProcess['env'] => ({
    ESIGNET_STORE: 'kurrentdb',
    ESIGNET_KURRENTDB_CONNECTION: `esdb://127.0.0.1:${String(at)}?tls=false`,
  })
  return {
    ...{ port, envAt, env: envAt(port) },
    pid: () => child?.pid ?? 0,
    start: async () => {
      child = spawn(program, args, { stdio: 'ignore' })
      await until('the event store listens', () => listens(port), LISTENS_MS)
    },
    kill,
    end: async () => {
      await kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const run = promisify(exec)

/** Servers that somebody else started and starts again: a cluster, with TLS say. `kill` is a command that kills one of them, the leader best. */
export const outsideStore = (connection: string, credentialsFile: string | undefined, kill: string): StoreProcess => ({
  env: {
    ESIGNET_STORE: 'kurrentdb',
    ESIGNET_KURRENTDB_CONNECTION: connection,
    ...(credentialsFile !== undefined && { ESIGNET_KURRENTDB_CREDENTIALS_FILE: credentialsFile }),
  },
  start: () => Promise.resolve(),
  kill: async () => {
    await run(kill)
  },
  end: () => Promise.resolve(),
})
