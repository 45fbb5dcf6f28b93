import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { REMOVALS, type Removal } from './removals.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const COPIED = ['domain', 'schemas', 'projections', 'adapters', 'src', 'test', 'ops', 'package.json', '.mocharc.json', 'tsconfig.json']
const RUN_MS = 120_000
const REPORT_BYTES_MAX = 16 * 1024 * 1024

type Report = { readonly stats: { readonly passes: number }; readonly failures: readonly { readonly title: string }[] }

const scriptsOf = (folder: string, attack: string): readonly string[] =>
  readdirSync(join(folder, 'test/protocol/attacks'))
    .filter((name) => name.startsWith(`${attack}-`) && name.endsWith('.test.ts'))
    .map((name) => `test/protocol/attacks/${name}`)

const run = (folder: string, attacks: readonly string[]): Report => {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const mocha = join(folder, 'node_modules/mocha/bin/mocha.js')
  const args = [
    mocha,
    '--reporter',
    'json',
    '--reporter-option',
    `output=${report}`,
    ...attacks.flatMap((attack) => scriptsOf(folder, attack)),
  ]
  const { stderr } = spawnSync(execPath, args, { cwd: folder, timeout: RUN_MS, encoding: 'utf8', maxBuffer: REPORT_BYTES_MAX })
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Report
  } catch (cause) {
    throw new Error(`mocha left no report:\n${stderr}`, { cause })
  }
}

/** Undefined where the attack gets through as it should without its protection. */
const problemOf = (folder: string, { attack, file, lines, instead = '', fails }: Removal): string | undefined => {
  const path = join(folder, file)
  const whole = readFileSync(path, 'utf8')
  if (whole.split(lines).length !== 2) return `its lines do not stand exactly once in ${file}`
  writeFileSync(
    path,
    whole.replace(lines, () => instead),
  )
  try {
    const failed = run(folder, [attack]).failures.map(({ title }) => title)
    return failed.includes(fails) ? undefined : `"${fails}" did not fail; failed: ${JSON.stringify(failed)}`
  } finally {
    writeFileSync(path, whole)
  }
}

/** `npm run attacks:removed [-- NUMBER...]`: in a copy that is thrown away, each protection is taken out and its attack has to be seen. */
const main = (only: readonly string[]): number => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-removed-'))
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const chosen = REMOVALS.filter(({ attack }) => only.length === 0 || only.includes(attack))
    const whole = run(
      folder,
      chosen.map(({ attack }) => attack),
    )
    if (whole.failures.length > 0 || whole.stats.passes === 0) {
      console.error('With every protection in place:', whole)
      return 1
    }
    const problems = chosen
      .map((removal) => {
        const problem = problemOf(folder, removal)
        const where = `attack ${removal.attack}, ${removal.file}`
        console.log(problem === undefined ? `seen      ${where}` : `NOT SEEN  ${where}: ${problem}`)
        return problem
      })
      .filter((problem) => problem !== undefined)
    console.log(`${chosen.length - problems.length} of ${chosen.length} attacks are seen when their protection is removed`)
    return problems.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = main(argv.slice(2))
