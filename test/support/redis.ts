import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts, until } from './broker.ts'
import type { RedisPlace, RedisTools } from '../../adapters/redis.ts'
import { systemChance } from './chance.ts'

/** A role of rule 40. */
export type RedisRole = 'cache' | 'secrets' | 'keys'

export type RedisProcess = {
  readonly port: number
  readonly url: string
  readonly pid: () => number
  readonly folder: string
  /** An inline command, as one types it; the answer as it came. */
  readonly say: (command: string) => Promise<string>
  readonly start: () => Promise<void>
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  /** SIGSTOP and SIGCONT: an instance that is there and does not answer. */
  readonly freeze: () => void
  readonly thaw: () => void
  readonly end: () => Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const NOTHING_KEPT = ['--appendonly', 'no', '--save', '']
const EVERYTHING_KEPT = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']

const sayTo = (port: number, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.end(`${command}\r\n`))
    let answer = ''
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })

/** A server of Debian's package, on a free port and in a folder of its own, set up as its role demands unless `more` says otherwise. */
export const startRedis = async (role: RedisRole, more: readonly string[] = []): Promise<RedisProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-redis-'))
  const [port = 0] = await freePorts(1)
  const kept = role === 'cache' ? NOTHING_KEPT : EVERYTHING_KEPT
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--maxmemory-policy', 'noeviction']
  let child: ChildProcess | undefined
  const say = (command: string): Promise<string> => sayTo(port, command)
  const start = async (): Promise<void> => {
    const started = spawn('redis-server', [...place, ...kept, ...more], { stdio: 'ignore' })
    child = started
    running.add(started)
    started.once('exit', () => running.delete(started))
    await until(
      'redis answers',
      async () => (await say('PING').catch(() => '')).includes('PONG') || (await say('PING').catch(() => '')).includes('NOAUTH'),
    )
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || !running.has(child)) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: () => child?.pid ?? 0,
    folder,
    say,
    start,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    end: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const redisTools: RedisTools = {
  chance: systemChance,
  timers: {
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined)
    },
  },
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
}

let prefixes = 0

/** A part of an instance that nobody else uses. */
export const placeIn = ({ url }: Pick<RedisProcess, 'url'>): RedisPlace => ({ url, prefix: `test-${(prefixes += 1)}:` })
