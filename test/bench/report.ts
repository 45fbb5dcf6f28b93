import type { Compared } from './compare.ts'
import { median, ratioOf, round, spreadOf, sum, type Spread } from './figures.ts'
import type { Kind, Measured } from './orders.ts'
import type { Measures } from './sizing.ts'

/** What machines read. */
export type Figures = {
  readonly logins_per_core: number
  readonly ratio_peer: number
  readonly ratio_floor: number
  readonly p99_ms: number
  readonly rss_mib: number
  readonly bytes_per_login: number
  readonly rebuild_events_per_s: number
  readonly replay_tx_per_s: number
  readonly [more: string]: unknown
}

const of = (
  { rounds }: Compared,
  kind: Kind,
  figure: keyof Pick<Measured, 'loginsPerCore' | 'p50Ms' | 'p99Ms' | 'rssMib' | 'loginsPerS' | 'driverUs'>,
) => (rounds[kind] ?? []).map((measured) => measured[figure])

const ratio = (compared: Compared, to: Kind): Spread => ratioOf(of(compared, 'broker', 'loginsPerCore'), of(compared, to, 'loginsPerCore'))

/** Bytes of `events.db` for a login from its beginning to its closing, rows and indexes with it. */
export const wholeBytesOf = ({ appends, bytesPerLogin, closing }: Compared): number =>
  bytesPerLogin['events.db'] * (1 + closing.bytes / Math.max(1, sum(Object.values(appends.byStep).flat())))

/** Logins for a second of processor time when their closing is counted in. */
export const closedPerCore = (loginsPerCore: number, { cpuUs }: Compared['closing']): number => 1e6 / (1e6 / loginsPerCore + cpuUs)

export const figuresOf = (compared: Compared): Figures => {
  const { steps, appends, rates, users, closing } = compared
  const servers = (Object.keys(compared.rounds) as Kind[]).map((kind) => [
    kind,
    {
      logins_per_core: spreadOf(of(compared, kind, 'loginsPerCore')),
      logins_per_s: spreadOf(of(compared, kind, 'loginsPerS')),
      p50_ms: median(of(compared, kind, 'p50Ms')),
      p99_ms: median(of(compared, kind, 'p99Ms')),
      rss_mib: Math.max(...of(compared, kind, 'rssMib')),
      driver_us: median(of(compared, kind, 'driverUs')),
    },
  ])
  return {
    logins_per_core: round(median(of(compared, 'broker', 'loginsPerCore')), 1),
    ratio_peer: round(ratio(compared, 'peer').median, 3),
    ratio_floor: round(ratio(compared, 'floor').median, 3),
    p99_ms: round(median(of(compared, 'broker', 'p99Ms')), 1),
    rss_mib: round(Math.max(...of(compared, 'broker', 'rssMib'))),
    bytes_per_login: round(wholeBytesOf(compared)),
    rebuild_events_per_s: round(Math.min(...Object.values(rates.rebuild))),
    replay_tx_per_s: round(rates.replayPerCore),
    users,
    ratio_peer_spread: ratio(compared, 'peer'),
    ratio_floor_spread: ratio(compared, 'floor'),
    events_per_login: round(appends.events + closing.events, 2),
    closing,
    views_bytes_per_login: round(compared.bytesPerLogin['views.db']),
    person_keys_bytes_per_login: round(compared.bytesPerLogin['person-keys.db']),
    log_parts: appends.parts,
    appends_by_step: appends.byStep,
    steps,
    floor_steps: compared.floorSteps,
    rebuild_by_projection: rates.rebuild,
    start_ms: round(compared.startMs),
    servers: Object.fromEntries(servers),
  }
}

/** What sizes are computed from. */
export const measuresOf = (compared: Compared): Measures => ({
  loginsPerCore: closedPerCore(median(of(compared, 'broker', 'loginsPerCore')), compared.closing),
  bytesPerLogin: wholeBytesOf(compared),
  viewBytesPerLogin: compared.bytesPerLogin['views.db'],
  keyBytesPerPerson: compared.bytesPerLogin['person-keys.db'],
  eventsPerLogin: compared.appends.events + compared.closing.events,
  rebuildEventsPerS: Math.min(...Object.values(compared.rates.rebuild)),
})

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

const WORDS: Readonly<Record<Kind, string>> = {
  broker: 'this broker, every event on disk',
  pages: "this broker, the person's real pages",
  bound: 'this broker, DPoP and encrypted userinfo',
  peer: 'node-oidc-provider, in memory',
  'peer-one': 'node-oidc-provider, one interaction',
  floor: 'floor: bare Express, same cryptography and flushes',
}

const show = (value: number, digits = 0): string => (Number.isFinite(value) ? value.toFixed(digits) : '-')
const withSpread = ({ median: middle, low, high }: Spread, digits = 0): string =>
  `${show(middle, digits)} (${show(low, digits)}-${show(high, digits)})`

const servers = (compared: Compared): string =>
  table(
    ['server', 'logins/s per core', 'logins/s', 'p50 ms', 'p99 ms', 'RSS MiB', 'driver us/login'],
    (Object.keys(compared.rounds) as Kind[]).map((kind) => [
      WORDS[kind],
      withSpread(spreadOf(of(compared, kind, 'loginsPerCore'))),
      show(median(of(compared, kind, 'loginsPerS'))),
      show(median(of(compared, kind, 'p50Ms')), 1),
      show(median(of(compared, kind, 'p99Ms')), 1),
      show(Math.max(...of(compared, kind, 'rssMib'))),
      show(median(of(compared, kind, 'driverUs'))),
    ]),
  )

const ratios = (compared: Compared): string =>
  (['peer', 'peer-one', 'floor'] as const)
    .filter((kind) => compared.rounds[kind] !== undefined)
    .map((kind) => `Broker / ${WORDS[kind]}: ${withSpread(ratio(compared, kind), 2)}.`)
    .join('\n')

const stepTable = ({ steps, floorSteps, appends }: Compared): string => {
  const total = sum(steps.map(({ cpuUs }) => cpuUs))
  const rows = steps.map(({ name, cpuUs, p50Ms, p99Ms }) => {
    const own = appends.byStep[name] ?? []
    const floor = floorSteps.find((step) => step.name === name)?.cpuUs ?? Number.NaN
    return [name, show(cpuUs), show((100 * cpuUs) / total), show(floor), show(p50Ms, 1), show(p99Ms, 1), String(own.length), show(sum(own))]
  })
  const all = Object.values(appends.byStep).flat()
  const floors = sum(floorSteps.map(({ cpuUs }) => cpuUs))
  return table(
    ['step', 'CPU us', '%', 'floor us', 'p50 ms', 'p99 ms', 'appends', 'bytes'],
    [...rows, ['sum', show(total), '100', show(floors), '', '', String(all.length), show(sum(all))]],
  )
}

/** What people read; Markdown. */
export const reportOf = (compared: Compared): string => {
  const { appends, closing, rates, users, startMs } = compared
  const bytes = wholeBytesOf(compared)
  const perCore = median(of(compared, 'broker', 'loginsPerCore'))
  const rebuild = Object.entries(rates.rebuild).map(([name, rate]) => `${name} ${show(rate)}`)
  const { data, metadata } = appends.parts
  return [
    `${users} users, each on one kept-alive connection; median of the rounds and between which it lay. A core is a second of the server's processor time, all its threads, until it is quiet again.`,
    servers(compared),
    ratios(compared),
    'One login step by step (all users take a step, then all take the next):',
    stepTable(compared),
    `Closing, when the tokens run out: ${show(closing.cpuUs)} us and ${show(closing.bytes)} bytes a login; with it ${show(closedPerCore(perCore, closing))} logins/s per core.`,
    `Log: ${show(appends.events + closing.events, 1)} events and ${show(bytes)} bytes of events.db a login: ${show(data)} of data and ${show(metadata)} of metadata until userinfo, ${show(closing.bytes)} of the closing, ${show(bytes - data - metadata - closing.bytes)} of rows and indexes. Besides, ${show(compared.bytesPerLogin['views.db'])} of views.db, which may be made again, and ${show(compared.bytesPerLogin['person-keys.db'])} of person-keys.db for a person who is new.`,
    `Told again, events/s: ${rebuild.join(', ')}. Replayed under today's rules: ${show(rates.replayPerCore)} sign-ins/s per core. Start: ${show(startMs)} ms.`,
  ].join('\n\n')
}
