import { readFileSync } from 'node:fs'

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
