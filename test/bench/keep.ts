import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { version } from 'node:process'
import { format, resolveConfig } from 'prettier'
import type { Command, Wish } from './args.ts'
import { table, type Figures } from './report.ts'
import { targetsOf } from './targets.ts'
import { fill, valuesOf, type Measures } from './sizing.ts'
import { ROOT } from '../support/broker.ts'

const FOLDER = join(ROOT, 'ops/bench')

const TITLES: Readonly<Record<Command, string>> = {
  compare: 'This broker, node-oidc-provider and the floor, side by side',
  profile: "Where a login's time goes",
  growth: 'What grows with the log and with relying parties',
  overload: 'At three times the load that is carried',
  cores: 'One and two processes',
  memory: 'Memory while logins are done',
  stores: 'The embedded store beside KurrentDB and Redis',
}

export const machine = (): string => {
  const all = cpus()
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${version}`
}

const today = (): string => new Date().toISOString().slice(0, 10)

const write = async (path: string, text: string): Promise<void> => {
  const options = await resolveConfig(path)
  writeFileSync(path, await format(text, { ...options, filepath: path }))
}

/** The report of a run into `ops/bench/`, as a page for people and a document for machines. */
export const keep = async ({ command, quick, rounds, seconds, users }: Wish, report: string, figures: unknown): Promise<void> => {
  mkdirSync(FOLDER, { recursive: true })
  const how = `\`npm run bench -- ${command}${quick ? ' --quick' : ''} --keep\`, ${today()}, ${machine()}. ${users} users, ${rounds} rounds of ${seconds} s.`
  await write(join(FOLDER, `${command}.md`), `# ${TITLES[command]}\n\n${how}\n\n${report}\n`)
  await write(join(FOLDER, `${command}.json`), JSON.stringify(figures))
}

/** Replaces what stands between two marks of a page. */
export const between = (page: string, name: string, text: string): string => {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}

/** The table of what is to be reached, in the README. */
export const keepTargets = async ({ quick }: Wish, figures: Figures): Promise<void> => {
  const rows = targetsOf(figures).map(({ what, wanted, found, met }) => [what, wanted, found, met ? 'yes' : 'no'])
  const how = `Measured on ${machine()}, ${today()}${quick ? ', in short rounds' : ''}: ${figures.logins_per_core} logins/s of a core.`
  const path = join(ROOT, 'README.md')
  await write(path, between(readFileSync(path, 'utf8'), 'figures', `${how}\n\n${table(['', 'wanted', 'measured', 'reached'], rows)}`))
}

/** The page that says what a country needs, from what was just measured. */
export const keepSizing = async (measures: Measures): Promise<void> => {
  const template = readFileSync(join(import.meta.dirname, 'sizing.template'), 'utf8')
  await write(join(ROOT, 'ops/sizing.md'), fill(template, valuesOf(measures, { machine: machine(), date: today() })))
}
