/** The scripted incident at its full size: `npm run incident`, or `npm run incident -- 500` for another number of sign-ins. */
import { play } from './scenario.ts'
import { understand } from './understand.ts'

const LOGINS = 2000

const logins = Number(process.argv[2] ?? LOGINS)
const began = performance.now()
const note = (text: string): void =>
  void process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}\n`)
const truth = await play({ logins, failure: 'timeout', note })
try {
  note('from the commands alone')
  await understand(truth, (line, text) => void process.stdout.write(`\n$ esignet ${line}\n\n${text}`))
  note(`${logins} sign-ins: each of the three was found, replayed, tried under another policy, and exported`)
} finally {
  await truth.end()
}
