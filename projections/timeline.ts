import { isObject } from '../domain/json.ts'
import type { Instant, Json } from '../domain/ports.ts'
import { millisecondsOf } from '../domain/time.ts'
import type { Recorded } from './projection.ts'
import { wordingOf, type Describe } from './wording.ts'

export type Actor = 'person' | 'relying party' | 'ID system' | 'broker' | 'operator'

export type TimelineRow = {
  /** The event's revision in its stream. */
  readonly number: number
  readonly at: Instant
  /** Since the first event of the stream. */
  readonly offsetMs: number
  /** Since the event before it. */
  readonly tookMs: number
  /** Whom everybody waited for meanwhile; nobody where it is over and only time passed. */
  readonly waitedFor: Actor | null
  readonly type: string
  readonly text: string
  readonly who: Actor
  /** Names of the claims that it is about, never a value. */
  readonly claims: readonly string[]
}

/** Who moved; what is not named here, the broker did. */
const ACTORS: Readonly<Record<string, Actor>> = {
  'transaction/AuthorizationStarted': 'relying party',
  'transaction/AuthorizationOpened': 'person',
  'transaction/TimeExtended': 'person',
  'transaction/FactorRequested': 'person',
  'transaction/FactorSent': 'ID system',
  'transaction/FactorFailed': 'ID system',
  'transaction/FactorAttempted': 'person',
  'transaction/FactorRejected': 'ID system',
  'transaction/FactorConfirmed': 'ID system',
  'transaction/Authenticated': 'ID system',
  'transaction/ConsentGiven': 'person',
  'transaction/PageOpened': 'person',
  'transaction/ConsentDenied': 'person',
  'transaction/AccessRevoked': 'person',
  'transaction/TokenExchanged': 'relying party',
  'transaction/CodeRefused': 'relying party',
  'transaction/ClientClockDiffered': 'relying party',
  'transaction/CodeReplayed': 'relying party',
  'transaction/UserinfoReleased': 'relying party',
  'look/RecordsViewed': 'operator',
  'parked/ParkedRetried': 'operator',
  'parked/ParkedDropped': 'operator',
  'consent/ConsentGiven': 'person',
  'person/DeviceTrusted': 'person',
  'client/ClientRegistered': 'operator',
  'client/ClientUpdated': 'operator',
  'client/ClientActivated': 'operator',
  'client/ClientDeactivated': 'operator',
}

const whoOf = ({ kind, type, data }: Recorded): Actor => {
  if (type === 'WithdrawalRequested') return data['by'] === 'operator' ? 'operator' : 'person'
  if (type === 'AuthorizationFailed') return data['reason'] === 'cancelled' || data['reason'] === 'consent_denied' ? 'person' : 'broker'
  // An attempt beyond the limits is refused before the ID system is asked (rule 11).
  if (type === 'FactorRejected' && data['reason'] === 'limited') return 'broker'
  return ACTORS[`${kind}/${type}`] ?? 'broker'
}

/** Whose move was awaited when time ran out. */
const AWAITED: Readonly<Record<string, Actor>> = {
  before_opening: 'person',
  before_authentication: 'person',
  before_consent: 'person',
  before_code: 'ID system',
  before_redemption: 'relying party',
}

const waitedFor = (event: Recorded): Actor | null => {
  if (event.type === 'TransactionClosed') return null
  const { phase } = event.data
  return (typeof phase === 'string' ? AWAITED[phase] : undefined) ?? whoOf(event)
}

const namesOf = (value: Json | undefined): readonly string[] => {
  if (!Array.isArray(value)) return []
  return (value as readonly Json[]).flatMap((claim) => {
    const name = isObject(claim) ? claim['name'] : claim
    return typeof name === 'string' ? [name] : []
  })
}

/** One stream told in order, for who wants to understand what happened. */
export const timeline = (describe: Describe, events: readonly Recorded[]): readonly TimelineRow[] => {
  const start = events[0] === undefined ? 0 : millisecondsOf(events[0].at)
  return events.map((event, index) => ({
    number: event.revision,
    at: event.at,
    offsetMs: millisecondsOf(event.at) - start,
    // Nodes may disagree about a few milliseconds.
    tookMs: Math.max(0, millisecondsOf(event.at) - millisecondsOf(events[index - 1]?.at ?? event.at)),
    waitedFor: index === 0 ? null : waitedFor(event),
    type: event.type,
    text: wordingOf(describe, event),
    who: whoOf(event),
    claims: namesOf(event.data['claims'] ?? event.data['released']),
  }))
}

/** For how long everybody waited for whom, the longest first. */
export const waits = (rows: readonly TimelineRow[]): readonly { readonly who: Actor; readonly ms: number }[] => {
  const sums = new Map<Actor, number>()
  for (const { waitedFor: who, tookMs } of rows) if (who !== null && tookMs > 0) sums.set(who, (sums.get(who) ?? 0) + tookMs)
  return [...sums].map(([who, ms]) => ({ who, ms })).sort((a, b) => b.ms - a.ms)
}
