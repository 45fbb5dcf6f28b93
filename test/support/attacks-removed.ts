import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { REMOVALS } from './removals.ts'
import { removed } from './removed.ts'

const FOLDER = 'test/protocol/attacks'

const scriptsOf = (attack: string): readonly string[] =>
  readdirSync(join(import.meta.dirname, '../protocol/attacks'))
    .filter((name) => name.startsWith(`${attack}-`) && name.endsWith('.test.ts'))
    .map((name) => `${FOLDER}/${name}`)

// `npm run attacks:removed [-- NUMBER...]`: each protection is taken out, and its attack has to be seen.
const only = argv.slice(2)
const chosen = REMOVALS.filter(({ attack }) => only.length === 0 || only.includes(attack))
const cases = chosen.map((removal) => ({ ...removal, name: `attack ${removal.attack}`, tests: scriptsOf(removal.attack) }))
process.exitCode = removed(
  cases,
  cases.flatMap(({ tests }) => tests),
)
