import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { version } from 'node:process'
import { format, resolveConfig } from 'prettier'
import type { Command, Wish } from './args.ts'
import { fill, valuesOf, type Measures } from './sizing.ts'
import { ROOT } from '../support/broker.ts'

const FOLDER = join(ROOT, 'ops/bench')

const TITLES: Readonly<Record<Command, string>> = {
  compare: 'This broker, node-oidc-provider and the floor, side by side',
  profile: "Where a login's time goes",
  growth: 'What grows with the log and with relying parties',
  overload: 'At three times the load that is carried',
  cores: 'One and two processes',
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

/** The page that says what a country needs, from what was just measured. */
export const keepSizing = async (measures: Measures): Promise<void> => {
  const template = readFileSync(join(import.meta.dirname, 'sizing.template'), 'utf8')
  await write(join(ROOT, 'ops/sizing.md'), fill(template, valuesOf(measures, { machine: machine(), date: today() })))
}
