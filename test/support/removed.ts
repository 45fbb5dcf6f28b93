import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const COPIED = ['domain', 'schemas', 'projections', 'adapters', 'src', 'test', 'ops', 'package.json', '.mocharc.json', 'tsconfig.json']
const RUN_MS = 120_000
const REPORT_BYTES_MAX = 16 * 1024 * 1024

/** A text of the source, and what shows that it matters: a test that fails without it. */
export type Removal = {
  readonly file: string
  /** Stands exactly once in the file. */
  readonly lines: string
  /** What stands there instead, where something has to. */
  readonly instead?: string
  /** Title of a test that must fail then. */
  readonly fails: string
}

/** A removal, by what it is told to people, and with what mocha runs the test: files and options. */
export type Case = Removal & { readonly name: string; readonly tests: readonly string[] }

type Failure = { readonly title: string; readonly err: { readonly message?: string } }
type Report = { readonly stats: { readonly passes: number }; readonly failures: readonly Failure[] }

const run = (folder: string, tests: readonly string[]): Report => {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const mocha = join(folder, 'node_modules/mocha/bin/mocha.js')
  // What was removed may leave open what keeps a process alive.
  const args = [mocha, '--exit', '--reporter', 'json', '--reporter-option', `output=${report}`, ...tests]
  const { stderr } = spawnSync(execPath, args, { cwd: folder, timeout: RUN_MS, encoding: 'utf8', maxBuffer: REPORT_BYTES_MAX })
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Report
  } catch (cause) {
    throw new Error(`mocha left no report:\n${stderr}`, { cause })
  }
}

/** Undefined where the test fails as it should. */
const problemOf = (folder: string, { file, lines, instead = '', fails, tests }: Case): string | undefined => {
  const path = join(folder, file)
  const whole = readFileSync(path, 'utf8')
  if (whole.split(lines).length !== 2) return `its lines do not stand exactly once in ${file}`
  writeFileSync(
    path,
    whole.replace(lines, () => instead),
  )
  try {
    const failed = run(folder, tests).failures.map(({ title }) => title)
    return failed.includes(fails) ? undefined : `"${fails}" did not fail; failed: ${JSON.stringify(failed)}`
  } finally {
    writeFileSync(path, whole)
  }
}

/** In a copy that is thrown away, takes out one text after the other. Answers 0 where each is missed, and with nothing taken out all is well. */
export const removed = (cases: readonly Case[], whole: readonly string[]): number => {
  const folder = mkdtempSync(join(tmpdir(), 'esignet-removed-'))
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const { stats, failures } = run(folder, whole)
    if (failures.length > 0 || stats.passes === 0) {
      console.error(`With nothing removed ${stats.passes} tests pass, and these do not:`)
      for (const { title, err } of failures) console.error(`${title}: ${err.message ?? ''}`)
      return 1
    }
    const problems = cases.flatMap((one) => {
      const problem = problemOf(folder, one)
      console.log(problem === undefined ? `seen      ${one.name}, ${one.file}` : `NOT SEEN  ${one.name}, ${one.file}: ${problem}`)
      return problem ?? []
    })
    console.log(`${cases.length - problems.length} of ${cases.length} removals are seen`)
    return problems.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
