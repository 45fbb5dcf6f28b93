import { createPublicKey } from 'node:crypto'
import { dirname } from 'node:path'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { Machine } from './context.ts'
import { complain, say, sayJson, table } from './output.ts'
import { linesOf } from './plugin-report.ts'
import { pluginReloadVerbs } from './plugin-reload.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { parseObject } from '../../domain/json.ts'
import { Fault, type Json } from '../../domain/ports.ts'

const list = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const rows = await machine.plugins(args.opening)
  if (args.json) sayJson(terminal, rows)
  else
    terminal.out(
      table(
        terminal.columns,
        ['ID', 'MODULE', 'USE'],
        rows.map((row) => [row.id ?? '', row.module, row.use]),
      ),
    )
  return 0
}

const objectIn = async ({ files }: Machine, path: string): Promise<{ readonly [key: string]: Json }> => {
  const content = parseObject(await files.text(path))
  if (content === undefined) throw new UsageError(`${path}: is not a JSON object`)
  return content as { readonly [key: string]: Json }
}

/** Without fixtures: opens it and asks for its health. */
const checkHealth = async (
  machine: Machine,
  { json }: Args,
  module: string,
  settings: { readonly [key: string]: Json },
): Promise<ExitCode> => {
  const { terminal } = machine
  const problems = await machine.checkPlugin(module, settings)
  if (json) sayJson(terminal, { module, problems })
  else if (problems.length === 0) say(terminal, `${module} can be used.`)
  for (const problem of json ? [] : problems) complain(terminal, `${module}: ${problem}`)
  return problems.length === 0 ? 0 : 1
}

const check = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const module = operand(args, 0)
  const [settingsFile, fixturesFile] = [args.text('settings'), args.text('fixtures')]
  const settings = settingsFile === undefined ? {} : await objectIn(machine, settingsFile)
  if (fixturesFile === undefined) return checkHealth(machine, args, module, settings)
  const fixtures = await objectIn(machine, fixturesFile)
  const report = await machine.checkConformance({ module, settings, fixtures, folder: dirname(fixturesFile) })
  if (args.json) sayJson(terminal, report)
  else say(terminal, ...linesOf(report))
  return report.conforms ? 0 : 1
}

/** The public half of the key that signs what the plugin `http` asks, as its ID system needs it. */
const key = async ({ files, terminal }: Machine, args: Args): Promise<ExitCode> => {
  const file = operand(args, 0)
  let jwk: JWK
  try {
    jwk = createPublicKey(await files.text(file)).export({ format: 'jwk' })
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new UsageError(`${file}: holds no key (PEM)`)
  }
  sayJson(terminal, { keys: [{ ...jwk, kid: await calculateJwkThumbprint(jwk) }] })
  return 0
}

export const pluginVerbs: readonly Verb[] = [
  ...pluginReloadVerbs,
  { name: 'plugin list', operands: '', summary: 'the ID systems that the settings name, or the mock', run: list },
  {
    name: 'plugin check',
    operands: 'MODULE|URL',
    summary: 'whether a plugin can be used; with fixtures, whether it keeps to the contract',
    help: [
      'It is opened and asked for its health. With fixtures the conformance kit logs',
      'their people in, and does to it what a login, a crash and an attacker would do.',
      'See ops/id-systems.md.',
    ],
    options: { settings: { type: 'string' }, fixtures: { type: 'string' } },
    optionHelp: {
      settings: "a file with the plugin's settings (JSON)",
      fixtures: 'a file with people who exist for tests (JSON): runs the conformance kit',
    },
    run: check,
  },
  {
    name: 'plugin key',
    operands: 'FILE',
    summary: 'the public half of a signingKeyFile (PEM), as a JWK Set for the ID system',
    run: key,
  },
]
