import { table } from './output.ts'
import { COMMON_HELP, type Verb } from './verb.ts'

export const overview = (columns: number, verbs: readonly Verb[]): string =>
  [
    'esignet VERB ... [--data DIR] [--config FILE] [--json]\n\n',
    table(
      columns,
      ['VERB', 'WHAT IT DOES'],
      verbs.map((verb) => [`${verb.name} ${verb.operands}`.trim(), verb.summary]),
    ),
    '\nesignet VERB --help tells more. Exit codes: 0 fine, 1 something was found,\n2 wrong usage, 3 something that is needed is not there now.\n',
  ].join('')

export const helpOf = (columns: number, verb: Verb): string => {
  const options = { ...verb.optionHelp, ...COMMON_HELP }
  const rows = Object.entries(options).map(([name, meaning]) => [`--${name}`, meaning] as const)
  const [first = ['', ''], ...others] = rows
  return [
    `esignet ${verb.name} ${verb.operands}`.trimEnd(),
    `\n\n${verb.summary.slice(0, 1).toUpperCase()}${verb.summary.slice(1)}.\n`,
    ...(verb.help === undefined ? [] : [`${verb.help.join('\n')}\n`]),
    '\n',
    table(columns, first, others),
  ].join('')
}
