import type { Machine } from './context.ts'
import { complain, say, sayJson, table } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { parseObject } from '../../domain/json.ts'
import type { Json } from '../../domain/ports.ts'

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

const settingsOf = async ({ files }: Machine, path: string | undefined): Promise<{ readonly [key: string]: Json }> => {
  if (path === undefined) return {}
  const settings = parseObject(await files.text(path))
  if (settings === undefined) throw new UsageError(`${path}: is not a JSON object`)
  return settings as { readonly [key: string]: Json }
}

const check = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const { terminal } = machine
  const module = operand(args, 0)
  const problems = await machine.checkPlugin(module, await settingsOf(machine, args.text('settings')))
  if (args.json) sayJson(terminal, { module, problems })
  else if (problems.length === 0) say(terminal, `${module} can be used.`)
  for (const problem of args.json ? [] : problems) complain(terminal, `${module}: ${problem}`)
  return problems.length === 0 ? 0 : 1
}

export const pluginVerbs: readonly Verb[] = [
  { name: 'plugin list', operands: '', summary: 'the ID systems that the settings name, or the mock', run: list },
  {
    name: 'plugin check',
    operands: 'MODULE',
    summary: 'whether a plugin can be used: opens it, asks for its health',
    options: { settings: { type: 'string' } },
    optionHelp: { settings: "a file with the plugin's settings (JSON)" },
    run: check,
  },
]
