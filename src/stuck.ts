import { decode } from './codec.ts'
import { transactions } from './deciders.ts'
import type { Journal } from './journal.ts'
import { isEffect, stepsOf, type Step, type StepName } from './login-steps.ts'
import type { Limits } from './stuck-limits.ts'
import { fold } from '../domain/decider.ts'
import { Fault, type EventFilter, type EventStore, type Instant, type Position, type ReadModel, type StoredEvent } from '../domain/ports.ts'
import { idOf, transactionStream } from '../domain/streams.ts'
import { millisecondsOf, plusSeconds } from '../domain/time.ts'
import type { LiveRow } from '../projections/live.ts'
import type { Recorded } from '../projections/projection.ts'
import type { Runnable } from '../projections/runnable.ts'
import { tablesOf } from '../projections/tell.ts'
import type { TransactionEvent } from '../schemas/generated.ts'

/**
 * Why something is taken to be stuck (audit-and-operations 4.3):
 * - `projection_behind`: what it has not told is older than 30 s;
 * - `end_without_record`: a login is over, and the audit log does not know it;
 * - `effect_without_end`: the ID system was asked, and nothing says how it went;
 * - `silent`: nothing happened for longer than one such step in a thousand takes;
 * - `consent_without_token`: consent is stored, and no token came of it in 10 minutes;
 * - `not_ended`: its time ran out over a minute ago, and nobody ended it (rule 15);
 * - `unreadable`: its events cannot be trusted.
 */
export type StuckRule =
  'projection_behind' | 'end_without_record' | 'effect_without_end' | 'silent' | 'consent_without_token' | 'not_ended' | 'unreadable'

export type Stuck = {
  /** The most telling first. */
  readonly rules: readonly [StuckRule, ...StuckRule[]]
  readonly transaction: string | null
  readonly projection: string | null
  readonly client: string | null
  readonly stage: string | null
  readonly step: StepName | null
  readonly since: Instant
  readonly forS: number
  /** What it may take, seconds. */
  readonly limitS: number
}

const LAG_S = 30
const CONSENT_S = 600
/** Rule 15: what ran out is ended within this time. */
const ENDING_S = 60
const PAGE_ROWS = 500

const STAGES = ['started', 'opened', 'authenticated', 'consented', 'code_issued'] as const
const TERMINAL: EventFilter = { types: ['AuthorizationFailed', 'AuthorizationExpired', 'TransactionClosed'] }
const AUDIT_LOG = 'audit-log'

const NOBODY = { transaction: null, projection: null, client: null, stage: null, step: null } as const

const forS = (since: Instant, now: Instant): number => Math.max(0, Math.floor((millisecondsOf(now) - millisecondsOf(since)) / 1000))

/** Events after a position, page by page. */
async function* eventsAfter(
  store: EventStore,
  position: Position | undefined,
  filter: EventFilter | undefined,
): AsyncGenerator<StoredEvent> {
  for (let after = position; ;) {
    const page = await store.readAll({ max: PAGE_ROWS, ...(after !== undefined && { after }), ...(filter && { filter }) })
    yield* page.events
    if (page.end || page.next === undefined) return
    after = page.next
  }
}

/** When an event was recorded; nothing where it cannot be read. */
const atOf = (event: StoredEvent): Instant | undefined => {
  try {
    return decode(event).at
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return undefined
  }
}

const firstAfter = async (
  store: EventStore,
  position: Position | undefined,
  filter: EventFilter | undefined,
): Promise<Instant | undefined> => {
  for await (const event of eventsAfter(store, position, filter)) return atOf(event)
  return undefined
}

export type ProjectionTools = { readonly journal: Journal; readonly views: ReadModel; readonly projections: readonly Runnable[] }

/** Projections that do not tell, and ends of logins that are in no record of the audit log. Asked before anything is told for the asker. */
export async function* stuckProjections({ journal, views, projections }: ProjectionTools, now: Instant): AsyncGenerator<Stuck> {
  for (const projection of projections) {
    const { name, version, filter } = projection
    await views.open(name, version, tablesOf(projection))
    const position = await views.position(name)
    const since = await firstAfter(journal.store, position, filter)
    if (since === undefined || forS(since, now) <= LAG_S) continue
    yield { ...NOBODY, rules: ['projection_behind'], projection: name, since, forS: forS(since, now), limitS: LAG_S }
    if (name !== AUDIT_LOG) continue
    for await (const event of eventsAfter(journal.store, position, TERMINAL)) {
      const at = atOf(event)
      if (at === undefined || forS(at, now) <= LAG_S) continue
      const transaction = idOf(event.stream)
      yield { ...NOBODY, rules: ['end_without_record'], transaction, since: at, forS: forS(at, now), limitS: LAG_S }
    }
  }
}

type Sign = Pick<Stuck, 'step' | 'since' | 'limitS'> & { readonly rule: StuckRule }

/** Of the same rule, what lasts longest is told. */
const stepSigns = (steps: readonly Step[], limits: Limits, now: Instant): readonly Sign[] => {
  const late = steps.filter(({ step, from, to }) => to === null && forS(from, now) > limits[step])
  const sign = ({ step, from }: Step, rule: StuckRule): Sign => ({ rule, step, since: from, limitS: limits[step] })
  const [effect] = late.filter(({ step }) => isEffect(step))
  const [wait] = late.filter(({ step }) => !isEffect(step))
  return [...(effect ? [sign(effect, 'effect_without_end')] : []), ...(wait ? [sign(wait, 'silent')] : [])]
}

const consentSign = (events: readonly Recorded[], steps: readonly Step[], now: Instant): readonly Sign[] => {
  const agreed = steps.find(({ step }) => step === 'release')
  if (agreed === undefined || events.some(({ type }) => type === 'TokenExchanged') || forS(agreed.from, now) <= CONSENT_S) return []
  return [
    { rule: 'consent_without_token', step: steps.findLast(({ to }) => to === null)?.step ?? null, since: agreed.from, limitS: CONSENT_S },
  ]
}

const endingSign = (deadline: Instant | undefined, now: Instant): readonly Sign[] =>
  deadline === undefined || forS(deadline, now) <= ENDING_S ? [] : [{ rule: 'not_ended', step: null, since: deadline, limitS: ENDING_S }]

const stuckOf = ({ transaction, client, stage }: LiveRow, signs: readonly Sign[], now: Instant): Stuck | undefined => {
  const [first, ...others] = signs
  if (first === undefined) return undefined
  const { rule, step, since, limitS } = first
  return {
    ...NOBODY,
    rules: [rule, ...others.map((other) => other.rule)],
    transaction,
    client,
    stage,
    step,
    since,
    forS: forS(since, now),
    limitS,
  }
}

/** What the register says of a login is where to look; its own events decide. */
const judged = async (journal: Journal, row: LiveRow, limits: Limits, now: Instant): Promise<Stuck | undefined> => {
  let events: readonly Recorded[]
  try {
    events = await journal.read(transactionStream(row.transaction))
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'corrupt') throw error
    return stuckOf(row, [{ rule: 'unreadable', step: null, since: row.updated_at, limitS: 0 }], now)
  }
  // They were checked against their schemas, from which the type is generated.
  const { stage, deadline } = fold(transactions.decider, events as unknown as readonly TransactionEvent[])
  if (stage === 'failed' || stage === 'expired' || stage === 'closed') return undefined
  const steps = stepsOf(events)
  const due = stage === 'revoked' ? events.at(-1)?.at : deadline
  return stuckOf(row, [...endingSign(due, now), ...consentSign(events, steps, now), ...stepSigns(steps, limits, now)], now)
}

/** Rows of one stage, the oldest first. */
async function* rowsOf(views: ReadModel, stage: string): AsyncGenerator<LiveRow> {
  for (let after: string | undefined; ;) {
    const query = { where: { stage }, orderBy: 'started', limit: PAGE_ROWS, ...(after !== undefined && { after }) }
    const rows = (await views.list('live', 'transactions', query)) as unknown as readonly LiveRow[]
    yield* rows
    after = rows.at(-1)?.started
    if (rows.length < PAGE_ROWS) return
  }
}

/** Logins whose tokens ran out long ago. Of several that ran out in one millisecond some may be left out: it is a sign, and no register. */
async function* overdue(views: ReadModel, before: Instant): AsyncGenerator<LiveRow> {
  for (let after = ''; ;) {
    const rows = (await views.list('live', 'transactions', {
      orderBy: 'deadline',
      after,
      limit: PAGE_ROWS,
    })) as unknown as readonly LiveRow[]
    const due = rows.filter(({ deadline }) => deadline < before)
    yield* due.filter(({ stage }) => stage === 'exchanged' || stage === 'revoked')
    after = due.at(-1)?.deadline ?? ''
    if (due.length < PAGE_ROWS) return
  }
}

/** Logins that wait for longer than they should, stage by stage, the oldest first: a page of rows and one login are in memory. */
export async function* stuckLogins(
  { journal, views }: Pick<ProjectionTools, 'journal' | 'views'>,
  limits: Limits,
  now: Instant,
  progress: (logins: number) => void = () => undefined,
): AsyncGenerator<Stuck> {
  let looked = 0
  const shortest = plusSeconds(now, -Math.min(...Object.values(limits)))
  const found = async (row: LiveRow): Promise<Stuck | undefined> => {
    looked += 1
    if (looked % 100 === 0) progress(looked)
    return judged(journal, row, limits, now)
  }
  for (const stage of STAGES)
    for await (const row of rowsOf(views, stage)) {
      if (row.started_at > shortest) break
      const stuck = await found(row)
      if (stuck !== undefined) yield stuck
    }
  for await (const row of overdue(views, plusSeconds(now, -ENDING_S))) {
    const stuck = await found(row)
    if (stuck !== undefined) yield stuck
  }
}
