/**
 * The load process: so many users, each with one kept-alive connection, do complete logins one after the other. It is told what to do
 * by its parent and answers with what it measured.
 */
import { brokerFlow } from './broker-flow.ts'
import { answerOne } from './child.ts'
import { openConnection, type Connection } from './connection.ts'
import { cpuSecondsOf, rssMibOf, settle } from './cost.ts'
import { driveSteps } from './drive-steps.ts'
import { percentile } from './figures.ts'
import type { Flow } from './flow.ts'
import type { Measured, Order } from './orders.ts'
import { peerFlow } from './peer-flow.ts'

/** Mistakes are told up to this many; more end the run. */
const MISTAKES_MAX = 20

const oneFlow = ({ kind, party, issuer, offset }: Order): Flow => {
  switch (kind) {
    case 'broker':
    case 'bound':
    case 'floor':
      return brokerFlow(party, 'forms', offset)
    case 'pages':
      return brokerFlow(party, 'pages', offset)
    case 'peer':
      return peerFlow(party, issuer, 'two')
    case 'peer-one':
      return peerFlow(party, issuer, 'one')
  }
}

type Done = { readonly latencies: readonly number[]; readonly seconds: number; readonly mistakes: readonly string[] }

/** Where many relying parties take turns, each has a flow of its own. */
const flowOf = (order: Order): ((n: number) => Flow) => {
  const { clients, party } = order
  const flows = Array.from({ length: clients ?? 1 }, (_, n) =>
    oneFlow(clients === undefined ? order : { ...order, party: { ...party, id: `${party.id}-${n}` } }),
  )
  return (n) => flows[n % flows.length] ?? oneFlow(order)
}

/** The connection of a user; of one whose requests go anywhere, one to each server. */
const connectionOf = async ({ ports, spread }: Order, user: number): Promise<Connection> => {
  if (spread !== 'requests') return openConnection(ports[user % ports.length] ?? 0)
  const all = await Promise.all(ports.map(openConnection))
  let next = user
  return {
    send: (sent) => all[next++ % all.length]?.send(sent) ?? Promise.reject(new Error('no server')),
    close: () => all.forEach((connection) => connection.close()),
  }
}

/** Logins by all users side by side until `enough` says so. */
const drive = async (flowFor: (n: number) => Flow, connections: readonly Connection[], next: () => number | undefined): Promise<Done> => {
  const latencies: number[] = []
  const mistakes: string[] = []
  const began = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      for (let n = next(); n !== undefined && mistakes.length < MISTAKES_MAX; n = next()) {
        const flow = flowFor(n)
        const login = flow.begin(n)
        const start = performance.now()
        try {
          for (const step of flow.steps) await step.run(connection, login)
          latencies.push(performance.now() - start)
        } catch (error) {
          mistakes.push(error instanceof Error ? error.message : 'unknown')
        }
      }
    }),
  )
  return { latencies, seconds: (performance.now() - began) / 1000, mistakes }
}

const run = async (order: Order): Promise<Measured> => {
  const { users, pids } = order
  const flow = flowOf(order)
  const connections = await Promise.all(Array.from({ length: users }, (_, n) => connectionOf(order, n)))
  let person = 0
  const upTo = (logins: number) => {
    const last = person + logins
    return (): number | undefined => (person < last ? person++ : undefined)
  }
  const warm = await drive(flow, connections, upTo(order.warmUp))
  await settle(pids)
  const before = pids.map(cpuSecondsOf)
  const ownBefore = process.cpuUsage()
  const end = performance.now() + order.seconds * 1000
  const limited = upTo(order.logins)
  const done = await drive(flow, connections, () => (performance.now() < end ? limited() : undefined))
  const own = process.cpuUsage(ownBefore)
  await settle(pids)
  const cpuS = pids.reduce((total, pid, n) => total + cpuSecondsOf(pid) - (before[n] ?? 0), 0)
  const rssMib = pids.reduce((total, pid) => total + rssMibOf(pid), 0)
  const steps =
    order.steps === 0 ? [] : await driveSteps(flow(0), connections, { count: order.steps, first: person, pids, inspector: order.inspector })
  for (const connection of connections) connection.close()
  const logins = done.latencies.length
  return {
    logins,
    seconds: done.seconds,
    loginsPerCore: logins / cpuS,
    loginsPerS: logins / done.seconds,
    p50Ms: percentile(done.latencies, 0.5),
    p99Ms: percentile(done.latencies, 0.99),
    rssMib,
    driverUs: (own.user + own.system) / logins,
    people: person + order.steps,
    steps,
    mistakes: [...warm.mistakes, ...done.mistakes],
  }
}

answerOne(run)
