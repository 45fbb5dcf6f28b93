import type { Machine } from './context.ts'
import { complain, say, sayJson, table } from './output.ts'
import { streamOf } from './streams.ts'
import { stringify } from './text.ts'
import { offset } from './tx-show.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { diffTransactions, type Diff, type Point, type Side, type ValueDifference } from '../diff-transactions.ts'
import { eventDescription } from '../../schemas/check.ts'

const POINT = /^(.+?)(?:@(\d{1,6}))?$/

const pointOf = (text: string): Point => {
  const [, id = '', number] = POINT.exec(text) ?? []
  return { stream: streamOf(id), ...(number !== undefined && { until: Number(number) }) }
}

const sideOf = (side: Side | undefined): string => (side === undefined ? '-' : `${String(side.number)} ${offset(side.offsetMs)}`)

const values = (columns: number, rows: readonly ValueDifference[]): string =>
  table(
    columns,
    ['MEMBER', 'A', 'B'],
    rows.map(({ path, a, b }) => [path, stringify(a), stringify(b)]),
  )

const sayDiff = ({ terminal }: Machine, { course, state, rules }: Diff): void => {
  const { out, columns } = terminal
  if (course.length > 0) {
    out(
      table(
        columns,
        ['A', 'B', 'WHAT'],
        course.map(({ a, b, type }) => [
          sideOf(a),
          sideOf(b),
          a !== undefined && b !== undefined && a.text !== b.text ? `${a.text} | ${b.text}` : (a?.text ?? b?.text ?? type),
        ]),
      ),
    )
    say(terminal, '')
  }
  if (rules.length > 0) {
    say(terminal, 'They were decided under different rules:')
    out(values(columns, rules))
    say(terminal, '')
  }
  if (state.length === 0) say(terminal, 'Their states do not differ but in what is of each alone.')
  else {
    say(terminal, 'Their states differ:')
    out(values(columns, state))
  }
}

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const [a, b] = [pointOf(operand(args, 0)), pointOf(operand(args, 1))]
  if (a.stream === b.stream && a.until === b.until)
    throw new UsageError('A and B are two sign-ins, or two points of one: tx_...@3 tx_...@7')
  return withStores(machine, args, 'looking', async ({ journal }) => {
    const diff = await diffTransactions(journal, eventDescription, a, b)
    if (diff === undefined) {
      complain(machine.terminal, 'one of them is not there; look for sign-ins with: esignet tx find')
      return 1
    }
    if (args.json) sayJson(machine.terminal, diff)
    else sayDiff(machine, diff)
    return 0
  })
}

export const txDiff: Verb = {
  name: 'tx diff',
  operands: 'A B',
  summary: 'what two sign-ins, or two points of one, do not have in common',
  help: [
    'A and B are transactions, or events of one: tx_...@3 is tx_... after event 3.',
    'Digests, instants and references, which are of each alone, are left out between',
    'two sign-ins; rules that were changed between them are shown.',
  ],
  run,
}
