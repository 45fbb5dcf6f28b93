import type { Machine } from './context.ts'
import { complain, facts, say, sayJson, shortInstant, table } from './output.ts'
import { streamOf } from './streams.ts'
import { stringify } from './text.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { stateAt } from '../replay/replay.ts'
import { timeline, waits, type TimelineRow } from '../../projections/timeline.ts'
import { eventDescription } from '../../schemas/check.ts'

/** Since the first event: `0.000`, `1.500`, `12:05.000`. */
export const offset = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000)
  const seconds = ((ms % 60_000) / 1000).toFixed(3)
  return minutes === 0 ? `+${seconds}` : `+${String(minutes)}:${seconds.padStart(6, '0')}`
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`

const nothingThere = ({ terminal }: Machine, id: string): ExitCode => {
  complain(terminal, `there is no ${id}; look for sign-ins with: esignet tx find`)
  return 1
}

const cellsOf = ({ number, offsetMs, tookMs, who, text }: TimelineRow): readonly string[] => [
  String(number),
  offset(offsetMs),
  tookMs === 0 ? '' : (tookMs / 1000).toFixed(3),
  who,
  text,
]

const waited = (rows: readonly TimelineRow[]): string =>
  waits(rows)
    .map(({ who, ms }) => `${seconds(ms)} for the ${who}`)
    .join(', ')

const show = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'looking', async ({ journal }) => {
    const { terminal } = machine
    const id = operand(args, 0)
    const events = await journal.read(streamOf(id))
    const [first] = events
    if (first === undefined) return nothingThere(machine, id)
    const rows = timeline(eventDescription, events)
    if (args.json) sayJson(terminal, rows)
    else {
      say(terminal, `${id}, from ${shortInstant(first.at)} UTC`, '')
      terminal.out(table(terminal.columns, ['#', 'AFTER', 'TOOK', 'WHO', 'WHAT'], rows.map(cellsOf)))
      const text = waited(rows)
      if (text !== '') say(terminal, '', `Waited: ${text}.`)
    }
    return 0
  })

const at = (machine: Machine, args: Args): Promise<ExitCode> => {
  const number = Number(operand(args, 1))
  if (!Number.isSafeInteger(number) || number < 0) throw new UsageError('N is the number of an event, from 0; see: esignet tx show ID')
  return withStores(machine, args, 'looking', async ({ journal }) => {
    const { terminal } = machine
    const id = operand(args, 0)
    const found = await stateAt(journal, streamOf(id), number)
    if (found === undefined) return nothingThere(machine, `event ${String(number)} of ${id}`)
    const { event, state, changes } = found
    if (args.json) {
      const { type, revision, data, command, rules } = event
      sayJson(terminal, { event: { type, revision, at: event.at, data, command, rules }, state, changes })
      return 0
    }
    const [row] = timeline(eventDescription, [event])
    say(terminal, `Event ${String(number)}, ${shortInstant(event.at)} UTC, ${event.type}: ${row?.text ?? ''}`, '', 'It changed:')
    terminal.out(
      table(
        terminal.columns,
        ['MEMBER', 'FROM', 'TO'],
        changes.map(({ member, from, to }) => [member, stringify(from), stringify(to)]),
      ),
    )
    say(terminal, '', 'The state after it:')
    terminal.out(
      facts(
        terminal.columns,
        Object.entries(state as object).map(([name, value]) => [name, stringify(value)] as const),
      ),
    )
    return 0
  })
}

export const txShowVerbs: readonly Verb[] = [
  {
    name: 'tx show',
    operands: 'ID',
    summary: 'what happened in a sign-in, in order, and who waited for whom',
    help: [
      'ID is a transaction (tx_...) or the name of a stream (consent-..., client-...,',
      'person-...). TOOK is the time since the event before.',
    ],
    run: show,
  },
  { name: 'tx at', operands: 'ID N', summary: 'the state after event N, and what that event changed', run: at },
]
