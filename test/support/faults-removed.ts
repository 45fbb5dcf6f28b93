import { argv } from 'node:process'
import { FAULT_REMOVALS } from './fault-removals.ts'
import { removed } from './removed.ts'

const pattern = (titles: readonly string[]): readonly string[] => [
  '--grep',
  titles.map((title) => title.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'),
]

// `npm run faults:removed [-- FAULT...]`: each handling of a fault of the event store is taken out, and a test has to fail.
const only = argv.slice(2)
const chosen = FAULT_REMOVALS.filter(({ fault }) => only.length === 0 || only.includes(fault))
process.exitCode = removed(
  chosen.map((removal) => ({ ...removal, name: removal.fault, tests: [removal.test, ...pattern([removal.fails])] })),
  [...new Set(chosen.map(({ test }) => test)), ...pattern(chosen.map(({ fails }) => fails))],
)
