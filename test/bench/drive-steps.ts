import type { Connection } from './connection.ts'
import { cpuSecondsOf, settle, threadSecondsOf } from './cost.ts'
import { percentile, sum } from './figures.ts'
import type { Flow, Login, Step } from './flow.ts'
import { openProfiler, type Profile } from './inspector.ts'
import type { StepMeasured } from './orders.ts'
import { tell } from './profile.ts'

export type StepsWish = {
  readonly count: number
  /** The first person. */
  readonly first: number
  readonly pids: readonly number[]
  readonly inspector: number | undefined
}

const FUNCTIONS_MAX = 60

const takeAll = async (step: Step, logins: readonly Login[], connections: readonly Connection[]): Promise<readonly number[]> => {
  const latencies: number[] = []
  let taken = 0
  await Promise.all(
    connections.map(async (connection) => {
      for (let login = logins[taken++]; login !== undefined; login = logins[taken++]) {
        const start = performance.now()
        await step.run(connection, login)
        latencies.push(performance.now() - start)
      }
    }),
  )
  return latencies
}

const profiled = (profile: Profile, count: number): Pick<StepMeasured, 'partsUs' | 'functionsUs'> => {
  const { parts, functions } = tell(profile)
  const each = (entries: Iterable<readonly [string, number]>) => [...entries].map(([name, us]) => [name, us / count] as const)
  const functionsUs = each(functions)
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, FUNCTIONS_MAX)
  return { partsUs: Object.fromEntries(each(Object.entries(parts))), functionsUs }
}

/** All logins take the first step, then all take the second, and so on: so the server's time has a step. */
export const driveSteps = async (
  flow: Flow,
  connections: readonly Connection[],
  { count, first, pids, inspector }: StepsWish,
): Promise<readonly StepMeasured[]> => {
  const logins = Array.from({ length: count }, (_, n) => flow.begin(first + n))
  const profiler = inspector === undefined ? undefined : await openProfiler(inspector)
  const measured: StepMeasured[] = []
  const [pid = 0] = pids
  for (const step of flow.steps) {
    await settle(pids)
    await profiler?.start()
    const before = { all: sum(pids.map(cpuSecondsOf)), threads: threadSecondsOf(pid) }
    const latencies = await takeAll(step, logins, connections)
    await settle(pids)
    const after = { all: sum(pids.map(cpuSecondsOf)), threads: threadSecondsOf(pid) }
    const usOf = (seconds: number): number => (seconds * 1e6) / count
    measured.push({
      name: step.name,
      cpuUs: usOf(after.all - before.all),
      threadsUs: Object.fromEntries([...after.threads].map(([role, seconds]) => [role, usOf(seconds - (before.threads.get(role) ?? 0))])),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      ...(profiler && profiled(await profiler.stop(), count)),
    })
  }
  profiler?.close()
  return measured
}
