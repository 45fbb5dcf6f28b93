import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Wish } from './args.ts'
import { stackedBars, type Bar } from './chart.ts'
import { withFolder, type Note } from './compare.ts'
import { round, sum } from './figures.ts'
import type { StepMeasured } from './orders.ts'
import { newParty } from './party.ts'
import { PARTS } from './profile.ts'
import { table } from './report.ts'
import { drive, registerParty, startBroker } from './servers.ts'
import { freePorts, ROOT } from '../support/broker.ts'

const WARM_UP = 600
const FUNCTIONS_TOLD = 60

/** Samples count the clock; the kernel counts the processor. */
const scaleOf = ({ partsUs = {}, threadsUs }: StepMeasured): number => (threadsUs['main'] ?? 0) / Math.max(1, sum(Object.values(partsUs)))

/** A step's time: the main thread by part of the house, as far as samples tell it, then the other threads. */
const barOf = (step: StepMeasured): Bar => {
  const { main: _main, ...others } = step.threadsUs
  const scale = scaleOf(step)
  const parts = Object.entries(step.partsUs ?? {}).map(([part, us]) => [part, us * scale] as const)
  return { name: step.name, parts: { ...Object.fromEntries(parts), ...others } }
}

/** The broker alone, step by step under the profiler of V8. */
export const profileSteps = (wish: Wish, note: Note): Promise<readonly StepMeasured[]> =>
  withFolder(async (folder) => {
    const party = await newParty('bench-rp')
    const [inspector = 0] = await freePorts(1)
    const broker = await startBroker(folder, {}, [`--inspect=127.0.0.1:${inspector}`])
    try {
      await registerParty(folder, party)
      const target = { kind: 'broker' as const, issuer: '', ports: [broker.port], pids: [broker.pid], party, users: wish.users }
      note('warming up')
      const warm = await drive({ ...target, offset: 0, warmUp: WARM_UP, seconds: 1, logins: 1, steps: 0 })
      note('step by step under the profiler')
      const count = wish.quick ? 400 : 2000
      return (await drive({ ...target, offset: warm.people, warmUp: 0, seconds: 1, logins: 0, steps: count, inspector })).steps
    } finally {
      await broker.stop()
    }
  })

const cell = (value: number): string => (value < 0.5 ? '' : String(round(value)))

/** A table of parts by steps, and the dearest functions; with a chart in `ops/bench/` where it is to be kept. */
export const profileReport = (steps: readonly StepMeasured[], withChart: boolean): string => {
  const bars = steps.map(barOf)
  const others = new Set(bars.flatMap(({ parts }) => Object.keys(parts)).filter((part) => !PARTS.some((known) => known === part)))
  const names = [...PARTS, ...others]
  if (withChart) {
    mkdirSync(join(ROOT, 'ops/bench'), { recursive: true })
    writeFileSync(join(ROOT, 'ops/bench/steps.svg'), stackedBars('Processor time of one login, by step', 'us', bars, names))
  }
  const rows = names.map((part) => {
    const values = bars.map(({ parts }) => parts[part] ?? 0)
    return [part, ...values.map(cell), cell(sum(values))]
  })
  const functions = steps.flatMap((step) => (step.functionsUs ?? []).map(([name, us]) => [name, us * scaleOf(step)] as const))
  const dearest = [...Map.groupBy(functions, ([name]) => name)]
    .map(([name, all]) => [name, sum(all.map(([, us]) => us))] as const)
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, FUNCTIONS_TOLD)
  return [
    'Processor time of one login, microseconds, by part of the house and thread. Under the profiler everything takes somewhat longer.',
    ...(withChart ? ['![The same as a chart](steps.svg)'] : []),
    table(['part', ...steps.map(({ name }) => name), 'sum'], rows),
    'Own time of the dearest functions of the main thread:',
    table(
      ['function', 'us a login'],
      dearest.map(([name, us]) => [`\`${name}\``, String(round(us))]),
    ),
  ].join('\n\n')
}
