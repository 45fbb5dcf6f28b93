import { findTransactions, type Wanted } from './find-transactions.ts'
import { histogram, type Histogram } from './histogram.ts'
import type { Journal } from './journal.ts'
import { stepsOf, type Step } from './login-steps.ts'
import { problemOf } from './replay/walk.ts'
import type { ReadModel } from '../domain/ports.ts'
import { transactionStream } from '../domain/streams.ts'
import { millisecondsOf } from '../domain/time.ts'
import type { LiveRow } from '../projections/live.ts'
import type { Recorded } from '../projections/projection.ts'

/** How far sign-ins came: each that came further is counted in all that are before. */
export type Funnel = { started: number; factor: number; authenticated: number; consented: number; exchanged: number }

export const FUNNEL = ['started', 'factor', 'authenticated', 'consented', 'exchanged'] as const

/** Sign-ins that began within an hour at one relying party. */
export type FunnelRow = Readonly<Funnel> & { readonly hour: string; readonly client: string }

export type ErrorRow = { readonly client: string; readonly error: string; readonly signIns: number }

/** What the ID system was asked by one factor: to verify proofs, or to send codes. */
export type FactorRow = {
  readonly factor: string
  readonly what: 'verify' | 'send'
  readonly asked: number
  readonly right: number
  readonly wrong: number
  /** It could not say, or nobody recorded what it said. */
  readonly unanswered: number
  /** Milliseconds until it answered; null where it never did. */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

export type Statistics = {
  readonly funnel: readonly FunnelRow[]
  readonly errors: readonly ErrorRow[]
  readonly factors: readonly FactorRow[]
  /** Sign-ins beyond the rows that are told apart, and those whose events cannot be trusted. */
  readonly uncounted: number
  readonly unreadable: number
}

/** Pairs of a relying party and an hour, or an error: a year of hours of twenty, for example. */
const ROWS_MAX = 200_000
/** Streams that are read at once: a store elsewhere answers each after a while. */
const READS = 16

/** The own page asks for no consent and takes no token: who sees it came to its end. */
const REACHED: Readonly<Record<Exclude<keyof Funnel, 'started'>, readonly string[]>> = {
  factor: ['FactorRequested'],
  authenticated: ['Authenticated'],
  consented: ['ConsentGiven', 'ConsentReused', 'PageOpened'],
  exchanged: ['TokenExchanged', 'PageOpened'],
}

/** What the limits refuse never comes to the ID system. */
const NOT_ASKED = 'limited'
/** It could not say, or what it said came too late or nowhere. */
const NO_ANSWER: readonly (string | null)[] = [null, 'over', 'unavailable', 'expired', 'misconfigured']

type Counts = { asked: number; right: number; wrong: number; unanswered: number; readonly lengths: Histogram }

const counter = <Value>(max: number, make: () => Value) => {
  const values = new Map<string, Value>()
  return {
    /** Undefined where there are too many. */
    at: (...key: readonly string[]): Value | undefined => {
      const name = key.join('\n')
      const known = values.get(name)
      if (known !== undefined || values.size >= max) return known
      const made = make()
      values.set(name, made)
      return made
    },
    all: (): readonly (readonly [key: readonly string[], value: Value])[] => [...values].map(([name, value]) => [name.split('\n'), value]),
  }
}

const sums = () => {
  const funnel = counter(ROWS_MAX, (): Funnel => ({ started: 0, factor: 0, authenticated: 0, consented: 0, exchanged: 0 }))
  const errors = counter(ROWS_MAX, () => ({ signIns: 0 }))
  const factors = counter(ROWS_MAX, (): Counts => ({ asked: 0, right: 0, wrong: 0, unanswered: 0, lengths: histogram() }))
  let [uncounted, unreadable] = [0, 0]

  const reached = ({ client, started_at: startedAt }: LiveRow, events: readonly Recorded[]): void => {
    const row = funnel.at(`${startedAt.slice(0, 13)}:00Z`, client)
    if (row === undefined) return void (uncounted += 1)
    row.started += 1
    const types = new Set(events.map(({ type }) => type))
    for (const [name, some] of Object.entries(REACHED)) if (some.some((type) => types.has(type))) row[name as keyof Funnel] += 1
  }
  const asked = ({ step, factor, from, to, outcome }: Step): void => {
    if ((step !== 'verify' && step !== 'send') || outcome === NOT_ASKED) return
    const counts = factors.at(factor ?? 'unknown', step)
    if (counts === undefined) return
    counts.asked += 1
    if (NO_ANSWER.includes(outcome)) counts.unanswered += 1
    else counts[outcome === 'right' ? 'right' : 'wrong'] += 1
    if (to !== null && !NO_ANSWER.includes(outcome)) counts.lengths.add(Math.max(0, millisecondsOf(to) - millisecondsOf(from)))
  }
  const factorRow = ([factor = '', what = '']: readonly string[], { lengths, ...counts }: Counts): FactorRow => ({
    factor,
    what: what === 'send' ? 'send' : 'verify',
    ...counts,
    p50Ms: lengths.percentile(0.5) ?? null,
    p95Ms: lengths.percentile(0.95) ?? null,
  })
  return {
    add: (row: LiveRow, events: readonly Recorded[] | undefined): void => {
      if (events === undefined) return void (unreadable += 1)
      reached(row, events)
      for (const error of row.errors) {
        const counts = errors.at(row.client, error)
        if (counts !== undefined) counts.signIns += 1
      }
      for (const step of stepsOf(events)) asked(step)
    },
    result: (): Statistics => ({
      funnel: funnel
        .all()
        .map(([[hour = '', client = ''], counts]) => ({ hour, client, ...counts }))
        .sort((a, b) => (a.hour === b.hour ? (a.client < b.client ? -1 : 1) : a.hour < b.hour ? -1 : 1)),
      errors: errors
        .all()
        .map(([[client = '', error = ''], { signIns }]) => ({ client, error, signIns }))
        .sort((a, b) => b.signIns - a.signIns || (a.client < b.client ? -1 : 1)),
      factors: factors
        .all()
        .map(([key, counts]) => factorRow(key, counts))
        .sort((a, b) => b.asked - a.asked),
      uncounted,
      unreadable,
    }),
  }
}

/**
 * How sign-ins of a window went, by relying party and hour of their beginning. The register says which they are, each one's own events say
 * how far it came: a few of them are in memory, and the sums.
 */
export const statistics = async (
  journal: Journal,
  views: ReadModel,
  wanted: Pick<Wanted, 'client' | 'since' | 'until'>,
  progress: (signIns: number) => void = () => undefined,
): Promise<Statistics> => {
  const all = sums()
  let done = 0
  const read = async ({ transaction }: LiveRow): Promise<readonly Recorded[] | undefined> => {
    try {
      return await journal.read(transactionStream(transaction))
    } catch (error) {
      problemOf(error)
      return undefined
    }
  }
  const take = async (rows: readonly LiveRow[]): Promise<void> => {
    const read_ = await Promise.all(rows.map(read))
    rows.forEach((row, index) => all.add(row, read_[index]))
    done += rows.length
    progress(done)
  }
  let batch: LiveRow[] = []
  for await (const row of findTransactions(views, wanted)) {
    if (batch.push(row) < READS) continue
    await take(batch)
    batch = []
  }
  await take(batch)
  return all.result()
}
