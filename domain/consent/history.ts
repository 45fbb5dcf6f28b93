import type { ConsentEvent } from '../../schemas/generated.ts'
import type { Instant } from '../ports.ts'
import type { StandingConsent } from './consent.ts'

/** An event of a consent's stream, and when and where it was recorded. */
export type ConsentFact = { readonly at: Instant; readonly revision: number; readonly event: ConsentEvent }

/**
 * Where a consent stands, in the words of ISO/IEC TS 27560 and the Data Privacy Vocabulary. Only `given` and `renewed` let anything be
 * released (REG-03). `withdrawn`: by the person; `revoked`: by somebody else.
 */
export type ConsentStatus = 'unknown' | 'refused' | 'given' | 'renewed' | 'expired' | 'withdrawn' | 'revoked'

export const permitsRelease = (status: ConsentStatus): boolean => status === 'given' || status === 'renewed'

/** What happened to a consent at an instant. Compared with what stood: the same again, less, more, or otherwise different. */
export type ConsentMove =
  'given' | 'renewed' | 'narrowed' | 'widened' | 'changed' | 'refused' | 'withdrawal_requested' | 'withdrawn' | 'expired'

type Withdrawal = Omit<Extract<ConsentEvent, { type: 'WithdrawalRequested' }>['data'], 'client' | 'standing'>

export type ConsentMoment = {
  /** From then on. */
  readonly at: Instant
  readonly move: ConsentMove
  readonly status: ConsentStatus
  /** Of the event that says so; of an end by time, the event that set it. */
  readonly revision: number
  /** What stands from here, or stood last. */
  readonly standing?: StandingConsent
  /** Where something stands: when that ends by itself. */
  readonly until?: Instant
  /** The login in which it was given or refused. */
  readonly transaction?: string
  readonly withdrawal?: Withdrawal
}

/** A login that rested on it, and by when the last of its tokens was dead: a withdrawal kills them at once. */
export type ConsentUse = { readonly at: Instant; readonly until: Instant; readonly transaction: string; readonly how: 'given' | 'reused' }

export type ConsentHistory = { readonly moments: readonly ConsentMoment[]; readonly uses: readonly ConsentUse[] }

/** Everything that was allowed: claims, and scopes that are more than names for claims. */
const allowed = ({ essential, accepted, scopes }: StandingConsent): readonly string[] => [
  ...[...essential, ...accepted].map((claim) => `claim ${claim}`),
  ...scopes.map((scope) => `scope ${scope}`),
]

const lacks = (one: readonly string[], other: readonly string[]): boolean => one.some((name) => !other.includes(name))

const moveTo = (now: StandingConsent, before: StandingConsent | undefined): ConsentMove => {
  if (before === undefined) return 'given'
  const [isLess, isMore] = [lacks(allowed(before), allowed(now)), lacks(allowed(now), allowed(before))]
  if (isLess) return isMore ? 'changed' : 'narrowed'
  return isMore ? 'widened' : 'renewed'
}

/** One that is asked for each time stands as long as the login in which it was given. */
const endOf = ({ givenAt, expiresAt }: StandingConsent, liveUntil: Instant): Instant => (expiresAt > givenAt ? expiresAt : liveUntil)

const later = (one: Instant, other: Instant): Instant => (one > other ? one : other)

/** The end by time of what stands, where it comes by then. */
const expiryBy = (last: ConsentMoment | undefined, then: Instant | undefined): readonly ConsentMoment[] => {
  if (last?.until === undefined || last.standing === undefined || (then !== undefined && then < last.until)) return []
  const { revision, standing, until } = last
  return [{ at: until, move: 'expired', status: 'expired', revision, standing }]
}

const momentOf = (last: ConsentMoment | undefined, at: Instant, { revision, event }: ConsentFact): ConsentMoment | undefined => {
  const stands = last !== undefined && permitsRelease(last.status)
  switch (event.type) {
    case 'ConsentGiven': {
      const { standing, transaction, liveUntil } = event.data
      const move = moveTo(standing, stands ? last.standing : undefined)
      const status = move === 'renewed' ? 'renewed' : 'given'
      return { at, move, status, revision, standing, until: endOf(standing, liveUntil), transaction }
    }
    case 'ConsentRefused': {
      const { transaction } = event.data
      // What stands is not touched by it, and a withdrawal under way goes on.
      const { standing, until, withdrawal } = last ?? {}
      const isKept = stands || event.data.before === 'withdrawing'
      return {
        ...{ at, move: 'refused', status: isKept && last !== undefined ? last.status : 'refused', revision, transaction },
        ...(standing && { standing }),
        ...(until !== undefined && { until }),
        ...(isKept && withdrawal && { withdrawal }),
      }
    }
    case 'WithdrawalRequested': {
      const { client: _client, standing, ...withdrawal } = event.data
      const status = withdrawal.by === 'self' ? 'withdrawn' : 'revoked'
      return { at, move: 'withdrawal_requested', status, revision, standing, withdrawal }
    }
    case 'ConsentWithdrawn': {
      const who = last?.withdrawal && { withdrawal: last.withdrawal }
      return { at, move: 'withdrawn', status: last?.status ?? 'withdrawn', revision, standing: event.data.standing, ...who }
    }
    case 'ConsentReused':
      return undefined
  }
}

/**
 * What happened, in order, ends by time included: the last of them may lie ahead. The stream's order counts: what was recorded later
 * did not happen earlier, whatever the clocks of two machines said.
 */
export const historyOf = (facts: readonly ConsentFact[]): ConsentHistory => {
  const moments: ConsentMoment[] = []
  let uses: ConsentUse[] = []
  let now: Instant = ''
  for (const fact of facts) {
    now = later(now, fact.at)
    moments.push(...expiryBy(moments.at(-1), now))
    const moment = momentOf(moments.at(-1), now, fact)
    if (moment !== undefined) moments.push(moment)
    const { event } = fact
    const ended = now
    if (event.type === 'WithdrawalRequested') uses = uses.map((use) => (use.until > ended ? { ...use, until: ended } : use))
    if (event.type !== 'ConsentGiven' && event.type !== 'ConsentReused') continue
    const { transaction, liveUntil: until } = event.data
    uses.push({ at: now, until, transaction, how: event.type === 'ConsentGiven' ? 'given' : 'reused' })
  }
  return { moments: [...moments, ...expiryBy(moments.at(-1), undefined)], uses }
}

/** The answer to: was consent valid then, for what, on which notice, given how and by whom (REG-01). */
export type ConsentAnswer = {
  readonly at: Instant
  readonly status: ConsentStatus
  /** Whether a login could rest on it then. */
  readonly valid: boolean
  readonly standing?: StandingConsent
  readonly until?: Instant
  /** What had happened by then, oldest first. */
  readonly moments: readonly ConsentMoment[]
  /** Logins that had rested on it by then, and the last of them. */
  readonly uses: number
  readonly lastUse?: ConsentUse
  /** Tokens of logins that had rested on it by then may have lived until here. */
  readonly releasesUntil?: Instant
  /** What happened to it next. */
  readonly next?: ConsentMoment
}

export const answerAt = ({ moments, uses }: ConsentHistory, at: Instant): ConsentAnswer => {
  const past = moments.filter((moment) => moment.at <= at)
  const used = uses.filter((use) => use.at <= at)
  const [last, next, lastUse] = [past.at(-1), moments.find((moment) => moment.at > at), used.at(-1)]
  const releasesUntil = used
    .map(({ until }) => until)
    .filter((until) => until > at)
    .reduce(later, '')
  const status = last?.status ?? 'unknown'
  return {
    at,
    status,
    valid: permitsRelease(status),
    ...(last?.standing && { standing: last.standing }),
    ...(last?.until !== undefined && permitsRelease(status) && { until: last.until }),
    moments: past,
    uses: used.length,
    ...(lastUse && { lastUse }),
    ...(releasesUntil !== '' && { releasesUntil }),
    ...(next && { next }),
  }
}
