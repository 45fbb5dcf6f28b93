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
  'transaction/ConsentDenied': 'person',
  'transaction/AccessRevoked': 'person',
  'transaction/TokenExchanged': 'relying party',
  'transaction/CodeRefused': 'relying party',
  'transaction/CodeReplayed': 'relying party',
  'transaction/UserinfoReleased': 'relying party',
  'look/RecordsViewed': 'operator',
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
  return events.map((event) => ({
    number: event.revision,
    at: event.at,
    offsetMs: millisecondsOf(event.at) - start,
    type: event.type,
    text: wordingOf(describe, event),
    who: whoOf(event),
    claims: namesOf(event.data['claims'] ?? event.data['released']),
  }))
}
