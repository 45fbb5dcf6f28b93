import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sum } from './figures.ts'

/** The kernel counts in these, on every Linux that there is. */
const TICKS_PER_S = 100

const statOf = (path: string): readonly string[] => {
  const text = readFileSync(path, 'utf8')
  // The name of the process stands in brackets and may hold anything.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Processor time of a process with all its threads, user and kernel, seconds. */
export const cpuSecondsOf = (pid: number): number => {
  const stat = statOf(`/proc/${pid}/stat`)
  return (Number(stat[11]) + Number(stat[12])) / TICKS_PER_S
}

/** Resident memory, MiB. */
export const rssMibOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024

/** What a thread of a Node process does, by the name that the kernel knows it by. */
const THREADS: readonly (readonly [name: RegExp, role: string])[] = [
  [/^libuv-worker/, 'pool'],
  [/^(V8Worker|node-V8Worker|DelayedTaskSche)/, 'V8 helpers'],
  [/^SignalInspector/, 'V8 helpers'],
]

/** Processor time by thread, seconds: the main thread is told by its number, what has no name of its own is a worker, the writer. */
export const threadSecondsOf = (pid: number): ReadonlyMap<string, number> => {
  const seconds = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const path = `/proc/${pid}/task/${thread}`
    const name = readFileSync(`${path}/comm`, 'utf8').trim()
    const role = Number(thread) === pid ? 'main' : (THREADS.find(([known]) => known.test(name))?.[1] ?? 'writer thread')
    const stat = statOf(`${path}/stat`)
    seconds.set(role, (seconds.get(role) ?? 0) + (Number(stat[11]) + Number(stat[12])) / TICKS_PER_S)
  }
  return seconds
}

/** A server that used less than this in a look does nothing more; looks of so many milliseconds, at most so many. */
const QUIET_SHARE = 0.05
const LOOK_MS = 200
const LOOKS_MAX = 100

/** What a login left to be done afterwards is its cost too: waits until the servers are quiet. */
export const settle = async (pids: readonly number[]): Promise<void> => {
  let before = sum(pids.map(cpuSecondsOf))
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    await sleep(LOOK_MS)
    const now = sum(pids.map(cpuSecondsOf))
    if (now - before <= (QUIET_SHARE * LOOK_MS) / 1000) return
    before = now
  }
}
