import { parseArgs } from 'node:util'
import { documentDefaults } from '../../schemas/check.ts'
import type { Policy } from '../../schemas/generated.ts'
import { boundOf, dayAtMany, dayAtOne, FREE_IN_A_DAY, quantile, type Report } from './day.ts'

/** `npm run attack:day`: SEC-01, a day of guessing on a clock of its own. `--addresses`, `--ids`: how much of it; 0 leaves it out. */
const { values } = parseArgs({ options: { addresses: { type: 'string', default: '10000' }, ids: { type: 'string', default: '100000' } } })
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const shown = (hour: number): void => {
  if (hour % 6 === 0) process.stderr.write(`hour ${hour}\n`)
}
const ms = (logins: Report['owner'], share: number): string =>
  quantile(
    logins.map((login) => login.ms),
    share,
  ).toFixed(0)

const toldOwner = ({ calm, owner }: Report): void => {
  const arrived = owner.filter((login) => login.arrived).length
  const checks = owner.filter((login) => login.checks > 0).length
  print(`  the owner signed in ${arrived} of ${owner.length} times, asked for work ${checks} times`)
  print(
    `  a sign-in took ${ms(owner, 0.5)} ms (median) and ${ms(owner, 0.95)} ms (95 %); before the attack ${ms(calm, 0.5)} and ${ms(calm, 0.95)}`,
  )
}
const wrong: string[] = []
const demand = (holds: boolean, what: string): void => {
  if (!holds) wrong.push(what)
}

const addresses = Number(values.addresses)
if (addresses > 0) {
  const bound = boundOf(documentDefaults('policy') as Policy, 86_400)
  const report = await dayAtOne(addresses, shown)
  print(`24 h at one identifier, from ${addresses} networks, ${3 * addresses} proofs handed in, all work done:`)
  print(`  the ID system was asked about ${report.guesses} of them; rule 21 allows ${bound}`)
  toldOwner(report)
  demand(report.guesses <= bound, 'more guesses than rule 21 allows')
  demand(
    report.owner.every(({ arrived, checks }) => arrived && checks <= 1),
    'the owner was kept out',
  )
}
const ids = Number(values.ids)
if (ids > 0) {
  const report = await dayAtMany(ids, shown)
  print(`24 h at ${ids} identifiers, one guess each, from 10000 networks, no work done:`)
  print(`  the ID system was asked about ${report.guesses}; ${report.refusedByCheck} were told to work or to wait`)
  toldOwner(report)
  demand(report.guesses <= FREE_IN_A_DAY, 'the breaker did not hold')
  demand(
    report.owner.every(({ arrived, checks }) => arrived && checks <= 1),
    'the owner was kept out',
  )
}
for (const line of wrong) print(`WRONG: ${line}`)
process.exitCode = wrong.length > 0 ? 1 : 0
