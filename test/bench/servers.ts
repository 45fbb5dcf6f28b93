import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { BROKER, ISSUER } from './broker-flow.ts'
import type { ChildMessage } from './child.ts'
import { openConnection } from './connection.ts'
import type { FloorOrders } from './floor.ts'
import type { Measured, Order } from './orders.ts'
import type { Party } from './party.ts'
import type { PeerOrders } from './peer.ts'
import { freePorts, runCli, ROOT } from '../support/broker.ts'

/** A server under load, in a process of its own. */
export type Running = { readonly pid: number; readonly port: number; readonly startedMs: number; readonly stop: () => Promise<void> }

const START_MS = 120_000
const STOP_MS = 20_000
const LOOK_MS = 5

const HERE = import.meta.dirname

/** Settings of the one who runs the bench have no say in it. */
const clean = (): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('ESIGNET_')))

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const answers = async (port: number, target: string): Promise<boolean> => {
  try {
    const connection = await openConnection(port)
    const { status } = await connection.send({ method: 'GET', target })
    connection.close()
    return status < 500
  } catch {
    return false
  }
}

/** What the process writes is kept in a file beside its data, for whoever wants to know why it ended. */
const start = async (
  folder: string,
  name: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv,
  port: number,
  readyPath: string,
): Promise<Running> => {
  mkdirSync(folder, { recursive: true })
  const output = openSync(join(folder, `${name}.log`), 'a', 0o600)
  const began = performance.now()
  const child = spawn(execPath, [...args], { cwd: ROOT, env: { ...clean(), ...more }, stdio: ['ignore', output, output] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  while (!(await answers(port, readyPath))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended; see ${join(folder, `${name}.log`)}`)
    if (performance.now() - began > START_MS) throw new Error(`${name} did not start within ${START_MS} ms`)
    await sleep(LOOK_MS)
  }
  const startedMs = performance.now() - began
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    const late = sleep(STOP_MS, undefined, { ref: false }).then(() => child.kill('SIGKILL'))
    await Promise.race([gone, late])
    await gone
  }
  return { pid: child.pid ?? 0, port, startedMs, stop }
}

const freePort = async (): Promise<number> => (await freePorts(1))[0] ?? 0

/**
 * The broker as in production, behind a proxy that ends TLS: the embedded store with a flush before each answer, an ID system that costs
 * nothing, and no limit on requests, since all of them come from one machine.
 */
export const brokerEnvironment = (data: string): Record<string, string> => ({
  ESIGNET_DATA: data,
  ESIGNET_ISSUER: ISSUER,
  ESIGNET_PLUGIN_MODULE: join(HERE, 'id-system.ts'),
  ESIGNET_TRUSTED_PROXIES: '127.0.0.1',
  ESIGNET_REQUESTS_PER_MINUTE: '1000000',
  // One machine that wishes a message for a new person each time looks like somebody who floods.
  ESIGNET_GUARD_WHEN: 'never',
})

export const startBroker = async (data: string, more: NodeJS.ProcessEnv = {}, node: readonly string[] = []): Promise<Running> => {
  const port = await freePort()
  const environment = { ...brokerEnvironment(data), ESIGNET_PORT: String(port), ...more }
  return start(data, 'broker', [...node, join(ROOT, 'src/start.js'), 'serve'], environment, port, '/health/ready')
}

/** What a relying party of the bench says of itself. */
export const registrationOf = (party: Party) => ({
  client_id: party.id,
  client_name: `The ${party.id}`,
  redirect_uris: [party.redirectUri],
  jwks: { keys: [{ ...party.publicJwk, kid: party.kid, alg: 'ES256', use: 'sig' }] as readonly object[] },
  scope: 'openid profile email phone address',
  claims: ['name', 'birthdate', 'gender', 'email', 'phone_number', 'address'],
  profile: 'compatible',
})

/** By the command line, as an operator does it. */
export const registerParty = async (
  data: string,
  party: Party,
  more: Readonly<Record<string, unknown>> = {},
  keys: readonly object[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const base = registrationOf(party)
  const registration = { ...base, jwks: { keys: [...base.jwks.keys, ...keys] }, ...more }
  const ran = await runCli(['client', 'add', '-'], {
    input: JSON.stringify(registration),
    env: { ...brokerEnvironment(data), ...environment },
  })
  if (ran.code !== 0) throw new Error(`the relying party cannot be registered: ${ran.out}${ran.err}`)
}

export const startPeer = async (folder: string, orders: Omit<PeerOrders, 'port'>): Promise<Running & { readonly issuer: string }> => {
  const port = await freePort()
  const args = [join(HERE, 'peer.ts'), JSON.stringify({ ...orders, port })]
  const started = await start(folder, 'peer', args, { NODE_ENV: 'production' }, port, '/.well-known/openid-configuration')
  return { ...started, issuer: `http://127.0.0.1:${port}` }
}

export const startFloor = async (folder: string, orders: Omit<FloorOrders, 'port'>): Promise<Running> => {
  const port = await freePort()
  return start(folder, 'floor', [join(HERE, 'floor.ts'), JSON.stringify({ ...orders, port })], {}, port, BROKER.paths.userinfo)
}

/** One order for one process of the bench, and what it measured. */
export const ask = async <Result>(script: string, order: object, note: (text: string) => void = () => undefined): Promise<Result> => {
  const child = fork(join(HERE, script), { env: clean(), execArgv: [] })
  running.add(child)
  const answer = new Promise<Result>((resolve, reject) => {
    child.on('message', ({ measured, failed, progress }: ChildMessage<Result>) => {
      if (progress !== undefined) note(progress)
      if (measured !== undefined) resolve(measured)
      if (failed !== undefined) reject(new Error(`${script}: ${failed}`))
    })
    child.once('exit', () => {
      running.delete(child)
      reject(new Error(`${script} ended without an answer`))
    })
  })
  child.send(order)
  return answer
}

/** One load process for one order; a login that failed ends the run. */
export const drive = async (order: Order): Promise<Measured> => {
  const measured = await ask<Measured>('load.ts', order)
  const { mistakes } = measured
  if (mistakes.length > 0) throw new Error(`${mistakes.length} logins failed; the first: ${mistakes[0] ?? ''}`)
  return measured
}
