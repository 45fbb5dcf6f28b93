import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts, ROOT, runCli, until, type Ran } from '../support/broker.ts'
import { startRoles, type RedisRoles } from '../support/redis-roles.ts'
import { send } from '../support/scripted-browser.ts'
import { openBalancer } from './balancer.ts'
import type { StoreProcess } from './store-process.ts'

export type Node = {
  readonly port: number
  readonly start: () => Promise<void>
  /** SIGTERM, then SIGKILL after the time that draining may take. */
  readonly stop: () => Promise<void>
  /** SIGKILL. */
  readonly kill: () => Promise<void>
}

export type Cluster = {
  /** Of the balancer: where everybody goes. */
  readonly issuer: string
  /** Of the demonstration's relying party. */
  readonly demo: string
  readonly data: string
  readonly redis: RedisRoles
  /** Where the events are not in the data folder. */
  readonly store: StoreProcess | undefined
  /** What a broker of this cluster is told by its environment. */
  readonly env: Readonly<Record<string, string>>
  readonly nodes: readonly Node[]
  readonly output: () => string
  readonly cli: (args: readonly string[], input?: string) => Promise<Ran>
  readonly end: () => Promise<void>
}

const READY_MS = 60_000
const STOP_MS = 15_000

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const nodeOf = (args: readonly string[], settings: Readonly<Record<string, string>>, port: number, write: (text: string) => void): Node => {
  let child: ChildProcess | undefined
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || !running.has(child)) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await Promise.race([gone, sleep(STOP_MS, undefined, { ref: false })])
    if (running.has(child)) child.kill('SIGKILL')
  }
  return {
    port,
    start: async () => {
      const started = spawn(execPath, args, { env: { ...settings, ESIGNET_PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      running.add(started)
      started.once('exit', () => running.delete(started))
      for (const stream of [started.stdout, started.stderr]) stream.on('data', (text: Buffer) => write(text.toString()))
      const look = async (): Promise<boolean> => {
        if (!running.has(started)) throw new Error('a node ended')
        return (await send(`http://localhost:${port}`, { path: '/health/live' }).catch(() => undefined))?.status === 200
      }
      await until('a node answers', look, READY_MS)
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

/** Brokers over one event store, an instance of Redis for each role, and a balancer in front. `data`: a folder to go on with. */
export const startCluster = async (
  options: {
    readonly nodes?: number
    readonly port?: number
    readonly demoPort?: number
    readonly data?: string
    /** Started already; the cluster ends it. */
    readonly store?: StoreProcess
    readonly settings?: Readonly<Record<string, string>>
    readonly write?: (text: string) => void
  } = {},
): Promise<Cluster> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-cluster-'))
  const data = options.data ?? join(folder, 'data')
  const redis = await startRoles()
  const count = options.nodes ?? 2
  const [balancerPort = 0, demoPort = 0, ...ports] = await freePorts(2 + count)
  const port = options.port ?? balancerPort
  const issuer = `http://localhost:${port}`
  const demo = String(options.demoPort ?? demoPort)
  const own = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => !name.startsWith('ESIGNET_') && value !== undefined),
  ) as Record<string, string>
  const shared = {
    ESIGNET_ISSUER: issuer,
    ESIGNET_DATA: data,
    ESIGNET_DEMO_PORT: demo,
    ESIGNET_TRUSTED_PROXIES: '127.0.0.1',
    ...redis.env,
    ...options.store?.env,
    ...options.settings,
  }
  let output = ''
  const write = (text: string): void => {
    output += text
    options.write?.(text)
  }
  const demonstration = [join(ROOT, 'src/cli.ts'), 'serve', '--demo']
  const plain = [join(ROOT, 'test/cluster/node.ts')]
  const nodes = ports.map((own_, at) => nodeOf(at === 0 ? demonstration : plain, { ...own, ...shared }, own_, write))
  const balancer = await openBalancer(port, ports)
  const end = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
    await balancer.close()
    await redis.end()
    await options.store?.end()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    // One after the other: the first makes the keys that all share.
    for (const node of nodes) await node.start()
  } catch (error) {
    await end()
    throw new Error(`the cluster did not start:\n${output}`, { cause: error })
  }
  return {
    ...{ issuer, data, redis, nodes, end, store: options.store, env: shared },
    demo: `http://127.0.0.1:${demo}`,
    output: () => output,
    cli: (args, input) =>
      runCli([...args, '--data', data], { env: { ...redis.env, ...options.store?.env }, ...(input !== undefined && { input }) }),
  }
}
