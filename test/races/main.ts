import { parseArgs } from 'node:util'
import { openField, RACES, runRace, WIDTH } from './races.ts'

/** `npm run races`: many at once for what only one may have. `--rounds`: of all races together; `--only`: those with this word in their name. */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' }, only: { type: 'string' } } })
const races = values.only === undefined ? RACES : RACES.filter(({ name }) => name.includes(values.only ?? ''))
const rounds = Math.max(1, Math.ceil(Number(values.rounds) / races.length))
const field = await openField()
let failed = false
try {
  for (const race of races) {
    const began = performance.now()
    const shown = process.stderr.isTTY ? 1 : Math.ceil(rounds / 4)
    const result = await runRace(field, race, rounds, (round) => {
      if (round % shown === 0)
        process.stderr.write(
          `${process.stderr.isTTY ? '\r' : ''}${race.name}: round ${round} of ${rounds}${process.stderr.isTTY ? '' : '\n'}`,
        )
    })
    if (process.stderr.isTTY) process.stderr.write('\r')
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    process.stdout.write(`${race.name}: ${result.won} of ${result.rounds} rounds of ${WIDTH} had exactly one winner (${seconds} s)\n`)
    for (const line of result.wrong.slice(0, 20)) process.stdout.write(`  ${line}\n`)
    failed ||= result.wrong.length > 0
  }
} finally {
  await field.close()
}
process.exitCode = failed ? 1 : 0
