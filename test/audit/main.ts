/** `npm run audit:mutations [COUNT] [SEED]`: tampers with packages and event files, and counts what the verifier missed. */
import { runMutations } from './run-mutations.ts'

const [count = '200', seed = '1'] = process.argv.slice(2)
const tamperings = await runMutations(Number(count), Number(seed))
const kinds = Map.groupBy(tamperings, ({ made }) => (made.kind.split(' ')[0] === 'file' ? 'file' : made.kind))
for (const [kind, of] of kinds) {
  const missed = of.filter(({ detected }) => !detected).length
  const unnamed = of.filter(({ detected, named }) => detected && !named).length
  console.log(`${kind.padEnd(26)} ${String(of.length).padStart(4)} made, ${String(missed)} missed, ${String(unnamed)} not named`)
}
const bad = tamperings.filter(({ detected, named }) => !detected || !named)
for (const { made, said } of bad.slice(0, 10)) console.error(`${JSON.stringify(made)}: ${said}`)
console.log(`${String(tamperings.length)} in all, ${String(bad.length)} missed or not named`)
process.exitCode = bad.length === 0 ? 0 : 1
