import { parseArgs } from 'node:util'
import { accuracy } from './classify.ts'
import { ASKED, KINDS, measure } from './measure.ts'

/** `npm run attack:enumeration`: SEC-02, whether a clock tells who is known. `--each`: answers of each kind. `--users`: attackers at once. */
const { values } = parseArgs({ options: { each: { type: 'string', default: '10000' }, users: { type: 'string', default: '8' } } })
const each = Number(values.each)
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const quantile = (of: readonly number[], share: number): string =>
  (of.toSorted((a, b) => a - b)[Math.floor(of.length * share)] ?? 0).toFixed(0)

/** SEC-02 allows 52 % of ten thousand; a coin strays farther from the half where there are fewer. */
const bound = Math.max(0.52, 0.5 + 3 / (2 * Math.sqrt(each)))

const { ms, statuses } = await measure(each, Number(values.users), (done) =>
  process.stderr.write(`${String(done)} of ${String(each * KINDS.length)}\n`),
)
let isWrong = statuses.size !== ASKED.length
for (const asked of ASKED) {
  print(`${asked}, ${String(each)} answers of each kind:`)
  for (const kind of KINDS) print(`  ${kind.padEnd(8)} p50 ${quantile(ms[asked][kind], 0.5)} ms, p95 ${quantile(ms[asked][kind], 0.95)} ms`)
  for (const [one, other] of [
    ['known', 'unknown'],
    ['known', 'blocked'],
    ['unknown', 'blocked'],
  ] as const) {
    const told = accuracy(ms[asked][one], ms[asked][other])
    print(`  ${one} from ${other}: ${(told * 100).toFixed(1)} % right (at most ${(bound * 100).toFixed(1)} %)`)
    isWrong ||= told > bound
  }
}
print(`answers that were seen: ${[...statuses].join('; ')}`)
if (isWrong) print('WRONG: a clock, or the answer itself, tells who is known')
process.exitCode = isWrong ? 1 : 0
