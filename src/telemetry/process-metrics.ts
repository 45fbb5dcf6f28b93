import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'
import { PROGRAM_VERSION } from '../program.ts'
import type { Registry } from './registry.ts'

/** How exactly delays of the event loop are seen, milliseconds. */
const RESOLUTION_MS = 20
const NS = 1e9

const DELAYS = ['p50', 'p90', 'p99', 'max'] as const

/** What this process uses, by the names of OpenTelemetry's conventions for processes, Node and V8. Read when it is asked for. */
export const processMetrics = ({ reads }: Registry): { readonly stop: () => void } => {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  const one = (value: number) => [[{}, value]] as const
  reads({ name: 'idp_build_info', help: 'This program; always 1.', labels: ['version', 'node'] }, () => [
    [{ version: PROGRAM_VERSION, node: process.versions.node }, 1],
  ])
  reads({ name: 'process_uptime_seconds', help: 'Since this process started.', labels: [] }, () => one(process.uptime()))
  reads({ name: 'process_memory_usage_bytes', help: 'Resident memory.', labels: [] }, () => one(process.memoryUsage.rss()))
  reads({ name: 'process_cpu_time_seconds_total', help: 'Processor time.', labels: ['cpu_mode'], kind: 'counter' }, () => {
    const { user, system } = process.cpuUsage()
    return [
      [{ cpu_mode: 'user' }, user / 1e6],
      [{ cpu_mode: 'system' }, system / 1e6],
    ]
  })
  reads({ name: 'v8js_memory_heap_used_bytes', help: 'Used heap, by space.', labels: ['v8js_heap_space_name'] }, () =>
    getHeapSpaceStatistics().map((space) => [{ v8js_heap_space_name: space.space_name }, space.space_used_size]),
  )
  reads({ name: 'nodejs_eventloop_utilization_ratio', help: 'Busy part of the event loop since the start.', labels: [] }, () =>
    one(performance.eventLoopUtilization().utilization),
  )
  reads(
    { name: 'nodejs_eventloop_time_seconds_total', help: 'Event loop time.', labels: ['nodejs_eventloop_state'], kind: 'counter' },
    () => {
      const { active, idle } = performance.eventLoopUtilization()
      return [
        [{ nodejs_eventloop_state: 'active' }, active / 1000],
        [{ nodejs_eventloop_state: 'idle' }, idle / 1000],
      ]
    },
  )
  for (const which of DELAYS) {
    const value = (): number => (which === 'max' ? delays.max : delays.percentile(Number(which.slice(1))))
    reads(
      { name: `nodejs_eventloop_delay_${which}_seconds`, help: 'How late the event loop was since it was last asked for.', labels: [] },
      () => {
        // It measures from one look to the next: what is more than that is late.
        const seconds = delays.count === 0 ? 0 : Math.max(0, value() / NS - RESOLUTION_MS / 1000)
        // The last of them begins anew.
        if (which === DELAYS.at(-1)) delays.reset()
        return one(seconds)
      },
    )
  }
  return { stop: () => void delays.disable() }
}
