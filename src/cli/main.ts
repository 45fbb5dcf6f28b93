import type { Machine } from './context.ts'
import { acted } from './acted.ts'
import { helpOf, overview } from './help.ts'
import { complain } from './output.ts'
import { readArgs, UsageError, type ExitCode, type Verb } from './verb.ts'
import { VERBS } from './verbs.ts'
import { Fault } from '../../domain/ports.ts'

const HELP = new Set(['help', '--help', '-h'])

/** The verb whose words the command line begins with, and what follows them. */
const find = (argv: readonly string[]): { readonly verb: Verb; readonly rest: readonly string[] } | undefined => {
  for (const words of [3, 2, 1]) {
    const verb = VERBS.find((candidate) => candidate.name === argv.slice(0, words).join(' '))
    if (verb !== undefined) return { verb, rest: argv.slice(words) }
  }
  return undefined
}

const unknown = (argv: readonly string[]): UsageError => {
  const beginning = (words: number): readonly string[] =>
    VERBS.map(({ name }) => name).filter((name) => name.startsWith(`${argv.slice(0, words).join(' ')} `))
  const siblings = [beginning(2), beginning(1)].find((names) => names.length > 0)
  if (siblings !== undefined) return new UsageError(`say which: ${siblings.join(', ')}`)
  return new UsageError(`there is no verb ${(argv[0] ?? '').slice(0, 40)}; see: esignet help`)
}

const act = async (machine: Machine, argv: readonly string[]): Promise<ExitCode> => {
  const { terminal } = machine
  if (argv.includes('--version') && argv.length === 1) {
    terminal.out(`${machine.version}\n`)
    return 0
  }
  const [first = 'help', ...others] = argv
  const asked = HELP.has(first)
  const wanted = asked ? others.filter((word) => !word.startsWith('-')) : argv
  if (asked && wanted.length === 0) {
    terminal.out(overview(terminal.columns, VERBS))
    return argv.length === 0 ? 2 : 0
  }
  const found = find(wanted)
  if (found === undefined) throw unknown(wanted)
  const args = asked ? 'help' : readArgs(found.verb, found.rest)
  if (args !== 'help') return found.verb.acts === true ? acted(machine, found.verb, args) : found.verb.run(machine, args)
  terminal.out(helpOf(terminal.columns, found.verb))
  return 0
}

/** What the world did wrong, as an exit code: `corrupt` was found, `invalid` was asked for, the rest may work later. */
const codeOf = (fault: Fault): ExitCode => {
  switch (fault.code) {
    case 'corrupt':
      return 1
    case 'invalid':
      return 2
    case 'conflict':
    case 'ambiguous':
    case 'unavailable':
    case 'closed':
      return 3
  }
}

/** Runs a command line. Every error is one line that says what to do; only bugs show where they happened. */
export const main = async (machine: Machine, argv: readonly string[]): Promise<ExitCode> => {
  const { terminal } = machine
  try {
    return await act(machine, argv)
  } catch (error) {
    if (error instanceof UsageError) {
      complain(terminal, error.message)
      return 2
    }
    if (!(error instanceof Fault)) throw error
    for (const line of error.message.split('\n')) complain(terminal, line)
    return codeOf(error)
  }
}
