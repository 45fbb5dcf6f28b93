import { caughtUp } from './catch-up.ts'
import { chart } from './chart.ts'
import type { Machine, Stores } from './context.ts'
import { readInstant } from './instants.ts'
import { complain, facts, say, sayJson, table } from './output.ts'
import { stringify } from './text.ts'
import { walked } from './tx-replay.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { CHANGING, readChanges } from './what-if-options.ts'
import { withStores } from './with-stores.ts'
import { isTransaction } from '../crypto/ids.ts'
import { UnfitChangeError, type Changes } from '../replay/changes.ts'
import type { Step, WhatIf } from '../replay/course.ts'
import { whatIfAll, type Hour, type WhatIfAll, type Window } from '../replay/what-if-all.ts'
import { whatIfOne } from '../replay/what-if-one.ts'
import { positionOfFirstSince } from '../find-transactions.ts'
import { transactionStream } from '../../domain/streams.ts'

/** Bars of a chart: beyond that days take the place of hours. */
const HOURS_SHOWN_MAX = 48
const GROUPS_SHOWN_MAX = 20

const listed = (types: readonly string[]): string => (types.length === 0 ? 'nothing' : types.join(', '))

const cellsOf = ({ revision, command, changedCommand, recorded, changed, refusal }: Step): readonly string[] => [
  String(revision),
  changedCommand === undefined ? command : `${command} -> ${changedCommand}`,
  listed(recorded),
  recorded.join() === changed.join()
    ? 'the same'
    : `${listed(changed)}${refusal === undefined ? '' : ` (${refusal.replaceAll('_', ' ')})`}`,
]

const sayOne = ({ terminal }: Machine, result: WhatIf): void => {
  const { recorded, changed, otherwise, assumed, steps, state } = result
  terminal.out(table(terminal.columns, ['#', 'COMMAND', 'RECORDED', 'WOULD HAVE BEEN'], steps.map(cellsOf)))
  say(terminal, '', otherwise ? `Otherwise: ${recorded.words}; it would have been: ${changed.words}.` : `The same end: ${recorded.words}.`)
  if (assumed > 0) say(terminal, `${String(assumed)} verdicts that nobody gave are taken to be "wrong".`)
  if (!otherwise) return
  say(terminal, '', 'The state at the end:')
  terminal.out(
    table(
      terminal.columns,
      ['MEMBER', 'RECORDED', 'WOULD HAVE BEEN'],
      state.map(({ member, from, to }) => [member, stringify(from), stringify(to)]),
    ),
  )
}

const one = async (machine: Machine, { journal }: Stores, args: Args, changes: Changes): Promise<ExitCode> => {
  const { terminal } = machine
  const id = operand(args, 0)
  if (!isTransaction(id)) throw new UsageError('ID is a transaction: tx_ and 24 characters')
  if ((await journal.last(transactionStream(id))) === undefined) {
    complain(terminal, `there is no ${id}; look for sign-ins with: esignet tx find`)
    return 1
  }
  const result = await whatIfOne(journal, id, changes)
  if (args.json) sayJson(terminal, result)
  else if (result.missing === undefined) sayOne(machine, result)
  if (result.missing !== undefined) complain(terminal, `cannot be replayed any more: ${result.missing} is missing`)
  if (result.missing !== undefined) return 3
  return result.otherwise ? 1 : 0
}

/** Hours, or days where there are too many of them to be seen at once. */
const barsOf = (hours: readonly Hour[]): readonly Hour[] => {
  if (hours.length <= HOURS_SHOWN_MAX) return hours.map((hour) => ({ ...hour, hour: hour.hour.replace('T', ' ') }))
  const days = Map.groupBy(hours, ({ hour }) => hour.slice(0, 10))
  const sum = (all: readonly Hour[], member: 'signIns' | 'otherwise'): number => all.reduce((total, hour) => total + hour[member], 0)
  return [...days].map(([hour, all]) => ({ hour, signIns: sum(all, 'signIns'), otherwise: sum(all, 'otherwise') }))
}

const sayAll = ({ terminal }: Machine, summary: WhatIfAll): void => {
  const { columns, out } = terminal
  const { signIns, otherwise, lost, won, guesses, assumed, missing, unreadable, groups, clients, hours } = summary
  if (groups.length > 0) {
    const cells = groups
      .slice(0, GROUPS_SHOWN_MAX)
      .map(({ client, signIns: n, recorded, changed, step, refusal, examples }) => [
        String(n),
        client,
        `${recorded} -> ${changed}, at ${step}${refusal === null ? '' : ` (${refusal.replaceAll('_', ' ')})`}; e.g. ${examples[0] ?? ''}`,
      ])
    out(table(columns, ['SIGN-INS', 'CLIENT', 'WOULD HAVE ENDED OTHERWISE'], cells))
    say(terminal, '')
    const affected = clients.filter((row) => row.otherwise > 0).slice(0, GROUPS_SHOWN_MAX)
    out(
      table(
        columns,
        ['CLIENT', 'SIGN-INS', 'OTHERWISE', 'NO LONGER SIGNED IN'],
        affected.map((row) => [row.client, String(row.signIns), String(row.otherwise), String(row.lost)]),
      ),
    )
    say(terminal, '')
    const bars = barsOf(hours).map(({ hour, signIns: value, otherwise: part }) => {
      return { label: hour, value, part, text: `${String(part)} of ${String(value)}` }
    })
    out(chart(columns, bars))
    say(terminal, '')
  }
  const rows: readonly (readonly [string, string])[] = [
    ['sign-ins', String(signIns)],
    ['otherwise', `${String(otherwise)}, of which ${String(lost)} would not have signed in, and ${String(won)} would have`],
    ['guesses', `${String(guesses.recorded)} reached the ID system; it would have been ${String(guesses.changed)}`],
    ...(assumed === 0 ? [] : [['assumed', `${String(assumed)} verdicts that nobody gave, taken to be "wrong"`] as const]),
    ...(missing === 0 ? [] : [['missing', `${String(missing)} whose rules are not there any more`] as const]),
    ...(unreadable === 0 ? [] : [['unreadable', `${String(unreadable)} events`] as const]),
  ]
  out(facts(columns, rows))
}

const windowOf = async (machine: Machine, stores: Stores, args: Args): Promise<Window> => {
  const { clock } = machine
  const [sinceText, untilText, client] = ['since', 'until', 'only'].map(args.text)
  const since = sinceText === undefined ? undefined : readInstant(clock, 'since', sinceText)
  if (since !== undefined) await caughtUp(machine, stores, 'live')
  const after = since === undefined ? undefined : await positionOfFirstSince(stores.views, since)
  return {
    ...(after !== undefined && { after }),
    ...(since !== undefined && { since }),
    ...(untilText !== undefined && { until: readInstant(clock, 'until', untilText) }),
    ...(client !== undefined && { client }),
  }
}

const all = async (machine: Machine, stores: Stores, args: Args, changes: Changes): Promise<ExitCode> => {
  const window = await windowOf(machine, stores, args)
  const line = walked(machine)
  const summary = await whatIfAll(stores.journal, changes, window, line.show).finally(line.end)
  if (args.json) sayJson(machine.terminal, summary)
  else sayAll(machine, summary)
  return summary.otherwise > 0 ? 1 : 0
}

const run = async (machine: Machine, args: Args): Promise<ExitCode> => {
  const isAll = args.flag('all')
  if (isAll === args.operands.length > 0) throw new UsageError('usage: esignet tx what-if ID ..., or: esignet tx what-if --all ...')
  const changes = await readChanges(machine, args)
  if (Object.keys(changes).length === 0) throw new UsageError('say what would differ: --policy, --client, --shift or --verdict')
  try {
    return await withStores(machine, args, 'looking', (stores) =>
      isAll ? all(machine, stores, args, changes) : one(machine, stores, args, changes),
    )
  } catch (error) {
    if (error instanceof UnfitChangeError) throw new UsageError(error.message)
    throw error
  }
}

export const txWhatIf: Verb = {
  name: 'tx what-if',
  operands: '[ID]',
  summary: 'lead what was recorded through another policy, configuration, clock or verdict',
  help: [
    'Nothing is written and nobody is asked. Limits of persons are counted again as',
    'they would have been. A proof that the ID system was never shown is taken to be',
    'wrong, and counted as assumed; what was refused without a record stays refused.',
    'Exit code 1: something would have ended otherwise.',
  ],
  options: {
    ...CHANGING.options,
    all: { type: 'boolean' },
    since: { type: 'string' },
    until: { type: 'string' },
    only: { type: 'string' },
  },
  optionHelp: {
    ...CHANGING.optionHelp,
    all: 'every sign-in of the window, instead of ID: sums, groups and a chart',
    since: 'with --all, started from then on: 2026-11-24, 2026-11-24T12:00Z, 30m, 2h, 7d',
    until: 'with --all, started before then',
    only: 'with --all, tell about this relying party only',
  },
  run,
}
