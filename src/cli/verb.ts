import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { Machine, Opening } from './context.ts'

/** 0: fine. 1: something was found, or refused. 2: wrong usage. 3: something that is needed is not there now. */
export type ExitCode = 0 | 1 | 2 | 3

export type Args = {
  readonly opening: Opening
  readonly json: boolean
  /** What stands after the verb, as many as `operands` names. */
  readonly operands: readonly string[]
  readonly text: (option: string) => string | undefined
  readonly flag: (option: string) => boolean
}

export type Verb = {
  /** `client add` */
  readonly name: string
  /** `FILE|-`; a name in brackets may be left out. */
  readonly operands: string
  readonly summary: string
  /** Lines of `--help` after the summary. */
  readonly help?: readonly string[]
  readonly options?: ParseArgsOptionsConfig
  /** What each option means. */
  readonly optionHelp?: Readonly<Record<string, string>>
  /** It changes something: who wished it is recorded, also where it is not done (REG-16). */
  readonly acts?: boolean
  readonly run: (machine: Machine, args: Args) => Promise<ExitCode>
}

/** The command line is wrong; the message says what to do, in one line. */
export class UsageError extends Error {}

const COMMON: ParseArgsOptionsConfig = {
  data: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
}

export const COMMON_HELP: Readonly<Record<string, string>> = {
  data: 'folder of the broker (default ./data)',
  config: 'configuration file (JSON)',
  json: 'answer with JSON',
  help: 'this text',
}

const bounds = (operands: string): { readonly min: number; readonly max: number } => {
  const names = operands.split(' ').filter((name) => name !== '')
  return { min: names.filter((name) => !name.startsWith('[')).length, max: names.length }
}

/** The name of a consent is base64url: one in 64 begins with a hyphen, and is an operand all the same. */
const HYPHENATED = /^-[A-Za-z0-9_-]{42}$/

const operandsLast = (argv: readonly string[]): string[] => {
  const hyphenated = argv.filter((word) => HYPHENATED.test(word))
  return argv.includes('--') ? [...argv] : [...argv.filter((word) => !hyphenated.includes(word)), '--', ...hyphenated]
}

const parse = (verb: Verb, argv: readonly string[]): ReturnType<typeof parseArgs> => {
  try {
    return parseArgs({ args: operandsLast(argv), options: { ...COMMON, ...verb.options }, allowPositionals: true, strict: true })
  } catch (error) {
    const [first = 'the command line is wrong'] = error instanceof Error ? error.message.split(/\.\s|\n/) : []
    throw new UsageError(`${first}. See: esignet ${verb.name} --help`)
  }
}

/** What stands after the verb's name. `help` where help was asked for. */
export const readArgs = (verb: Verb, argv: readonly string[]): Args | 'help' => {
  const { values, positionals } = parse(verb, argv)
  if (values['help'] === true) return 'help'
  const { min, max } = bounds(verb.operands)
  if (positionals.length < min || positionals.length > max)
    throw new UsageError(`usage: esignet ${verb.name} ${verb.operands}. See: esignet ${verb.name} --help`)
  const text = (option: string): string | undefined => {
    const value = values[option]
    return typeof value === 'string' ? value : undefined
  }
  const [data, config] = [text('data'), text('config')]
  return {
    opening: { ...(data !== undefined && { data }), ...(config !== undefined && { config }) },
    json: values['json'] === true,
    operands: positionals,
    text,
    flag: (option) => values[option] === true,
  }
}

/** An operand that `readArgs` made sure of. */
export const operand = ({ operands }: Args, index: number): string => operands[index] ?? ''

export const required = (args: Args, verb: string, option: string, what: string): string => {
  const value = args.text(option)
  if (value === undefined) throw new UsageError(`usage: esignet ${verb} --${option} ${what}`)
  return value
}
