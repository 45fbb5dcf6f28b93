import { caughtUp } from './catch-up.ts'
import { chart } from './chart.ts'
import type { Machine, Terminal } from './context.ts'
import { readInstant } from './instants.ts'
import { complain, progressLine, say, sayJson, shortInstant, table } from './output.ts'
import { UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { FUNNEL, statistics, type FactorRow, type Funnel, type FunnelRow, type Statistics } from '../statistics.ts'
import type { Instant } from '../../domain/ports.ts'
import { instantOf, millisecondsOf } from '../../domain/time.ts'

const FROM = '24h'
/** What fits on a screen; the rest is for machines. */
const BARS_MAX = 48
const ROWS_SHOWN = 40
const HOUR_MS = 3_600_000

const WORDS: Readonly<Record<keyof Funnel, string>> = {
  started: 'started',
  factor: 'factor',
  authenticated: 'proven',
  consented: 'agreed',
  exchanged: 'tokens',
}

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${String(Math.round((100 * part) / whole))} %`)
const lengthOf = (ms: number | null): string => (ms === null ? '-' : ms < 10_000 ? `${String(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

const added = (rows: readonly Readonly<Funnel>[]): Funnel => {
  const sum: Funnel = { started: 0, factor: 0, authenticated: 0, consented: 0, exchanged: 0 }
  for (const row of rows) for (const name of FUNNEL) sum[name] += row[name]
  return sum
}

const grouped = (rows: readonly FunnelRow[], keyOf: (row: FunnelRow) => string): readonly (readonly [string, Funnel])[] => {
  const groups = new Map<string, FunnelRow[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row])
    else group.push(row)
  }
  return [...groups].map(([key, group]) => [key, added(group)])
}

const funnelChart = (columns: number, sum: Funnel): string =>
  chart(
    columns,
    FUNNEL.map((name) => ({
      label: WORDS[name],
      value: sum.started,
      part: sum[name],
      text: `${String(sum[name])}  ${percent(sum[name], sum.started)}`,
    })),
  )

/** Every hour of the window, also those without a sign-in; days where there are too many. */
const timeChart = (columns: number, rows: readonly FunnelRow[], { from, to }: Window): string => {
  const [first, last] = [millisecondsOf(from), millisecondsOf(to)]
  const byDay = (last - first) / HOUR_MS > BARS_MAX
  const [size, length] = byDay ? [24 * HOUR_MS, 10] : [HOUR_MS, 13]
  const sums = new Map(grouped(rows, ({ hour }) => hour.slice(0, length)))
  const bars = []
  for (let ms = first - (first % size); ms < last; ms += size) {
    const key = instantOf(ms).slice(0, length)
    const { started, exchanged } = sums.get(key) ?? added([])
    const label = byDay ? key : `${key.slice(5).replace('T', ' ')}:00`
    bars.push({ label, value: started, part: exchanged, text: started === 0 ? '' : `${String(exchanged)} of ${String(started)}` })
  }
  return chart(columns, bars.slice(-BARS_MAX))
}

const HEADS = FUNNEL.map((name) => WORDS[name].toUpperCase())
const numbersOf = (counts: Readonly<Funnel>): readonly string[] => FUNNEL.map((name) => String(counts[name]))

const funnelTable = (columns: number, rows: readonly FunnelRow[]): string => {
  if (rows.length <= ROWS_SHOWN)
    return table(
      columns,
      ['HOUR (UTC)', ...HEADS, 'CLIENT'],
      rows.map((row) => [shortInstant(row.hour).slice(5, 16), ...numbersOf(row), row.client]),
    )
  const clients = grouped(rows, ({ client }) => client).toSorted(([, a], [, b]) => b.started - a.started)
  return table(
    columns,
    [...HEADS, 'CLIENT'],
    clients.slice(0, ROWS_SHOWN).map(([client, counts]) => [...numbersOf(counts), client]),
  )
}

const factorTable = (columns: number, factors: readonly FactorRow[]): string =>
  table(
    columns,
    ['FACTOR', 'ASKED', 'RIGHT', 'WRONG', 'NO ANSWER', 'OF ANSWERS', 'P50', 'P95'],
    factors.map(({ factor, what, asked, right, wrong, unanswered, p50Ms, p95Ms }) => [
      what === 'send' ? `${factor}, sending` : factor,
      ...[asked, right, wrong, unanswered].map(String),
      `${percent(right, right + wrong)} right`,
      ...[lengthOf(p50Ms), lengthOf(p95Ms)],
    ]),
  )

type Window = { readonly from: Instant; readonly to: Instant }

const print = (terminal: Terminal, window: Window, { funnel, errors, factors }: Statistics): void => {
  const { columns, out } = terminal
  say(terminal, `Sign-ins that began from ${shortInstant(window.from)} to ${shortInstant(window.to)} (UTC)`, '')
  if (funnel.length === 0) return say(terminal, 'There is none.')
  out(funnelChart(columns, added(funnel)))
  say(terminal, '', 'By time: ░ began, █ came to tokens')
  out(timeChart(columns, funnel, window))
  say(terminal, '')
  out(funnelTable(columns, funnel))
  if (funnel.length > ROWS_SHOWN)
    complain(terminal, `${String(funnel.length)} rows by hour and relying party: see --client, --csv or --json`)
  if (factors.length > 0) {
    say(terminal, '')
    out(factorTable(columns, factors))
  }
  if (errors.length === 0) return
  say(terminal, '')
  const shown = errors.slice(0, ROWS_SHOWN)
  out(
    table(
      columns,
      ['SIGN-INS', 'ERROR', 'CLIENT'],
      shown.map(({ signIns, error, client }) => [String(signIns), error.replaceAll('_', ' '), client]),
    ),
  )
}

/** RFC 4180, the names of the columns first. Ids, words of ours and numbers hold nothing that wants quotes. */
const csv = (names: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  [names, ...rows].map((cells) => `${cells.join(',')}\r\n`).join('')

const CSV: Readonly<Record<string, (told: Statistics) => string>> = {
  funnel: ({ funnel }) =>
    csv(
      ['hour', 'client', ...FUNNEL],
      funnel.map((row) => [row.hour, row.client, ...FUNNEL.map((name) => row[name])]),
    ),
  errors: ({ errors }) =>
    csv(
      ['client', 'error', 'sign_ins'],
      errors.map(({ client, error, signIns }) => [client, error, signIns]),
    ),
  factors: ({ factors }) =>
    csv(
      ['factor', 'what', 'asked', 'right', 'wrong', 'unanswered', 'p50_ms', 'p95_ms'],
      factors.map((row) => [row.factor, row.what, row.asked, row.right, row.wrong, row.unanswered, row.p50Ms, row.p95Ms]),
    ),
}

const csvOf = (args: Args): ((told: Statistics) => string) | undefined => {
  const which = args.text('of') ?? 'funnel'
  const told = Object.hasOwn(CSV, which) ? CSV[which] : undefined
  if (told === undefined) throw new UsageError(`--of: ${Object.keys(CSV).join(', ')}`)
  if (args.text('of') !== undefined && !args.flag('csv')) throw new UsageError('--of is for --csv')
  if (args.flag('csv') && args.json) throw new UsageError('--csv or --json, not both')
  return args.flag('csv') ? told : undefined
}

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const { clock, terminal } = machine
  const from = readInstant(clock, 'from', args.text('from') ?? FROM)
  const to = args.text('to') === undefined ? clock.now() : readInstant(clock, 'to', args.text('to') ?? '')
  if (to <= from) throw new UsageError('--to is before --from')
  const asCsv = csvOf(args)
  const client = args.text('client')
  return withStores(machine, args, 'looking', async (stores) => {
    await caughtUp(machine, stores, 'live')
    const line = progressLine(machine)
    const wanted = { since: from, until: to, ...(client !== undefined && { client }) }
    const told = await statistics(stores.journal, stores.views, wanted, (signIns) =>
      line.show(`${String(signIns)} sign-ins looked through`),
    ).finally(line.end)
    if (args.json) sayJson(terminal, { from, to, ...told })
    else if (asCsv !== undefined) terminal.out(asCsv(told))
    else print(terminal, { from, to }, told)
    if (told.unreadable > 0) complain(terminal, `${String(told.unreadable)} sign-ins cannot be trusted: see events verify`)
    if (told.uncounted > 0) complain(terminal, `${String(told.uncounted)} sign-ins are not told apart: narrow it with --client or --from`)
    return told.unreadable > 0 ? 1 : 0
  })
}

export const statsVerbs: readonly Verb[] = [
  {
    name: 'stats',
    operands: '',
    summary: 'how far sign-ins come, by relying party and hour; errors; factors',
    help: [
      'factor: chose how to prove who they are; proven: the ID system confirmed it;',
      'agreed: to what is shared; tokens: the relying party exchanged the code.',
    ],
    options: {
      client: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      csv: { type: 'boolean' },
      of: { type: 'string' },
    },
    optionHelp: {
      client: 'at this relying party',
      from: `begun from then on (default ${FROM}): 2026-11-24, 2026-11-24T12:00Z, 30m, 7d`,
      to: 'begun before then (default now)',
      csv: 'lines for machines: by hour and relying party',
      of: 'what of it, with --csv: funnel (default), errors, factors',
    },
    run,
  },
]
