import type { Change, Row } from '../domain/ports.ts'
import type { StandingConsent } from '../domain/consent/consent.ts'
import { idOf } from '../domain/streams.ts'
import type { ConsentEvent } from '../schemas/generated.ts'
import type { Recorded } from './projection.ts'
import type { Runnable, Rows } from './runnable.ts'

/** A person's agreement with a relying party. The person is not in it: `consent` is an HMAC under their key (rule 20). */
export type ConsentRow = {
  readonly consent: string
  readonly client: string
  readonly status: 'given' | 'withdrawing' | 'withdrawn'
  /** Claims that may be released, those left out, and the scopes. */
  readonly claims: readonly string[]
  readonly refused: readonly string[]
  readonly scopes: readonly string[]
  readonly purpose: string | null
  readonly notice: { readonly digest: string; readonly version: string; readonly language: string }
  readonly by: string
  readonly given_at: string
  /** Compared with the clock by who reads: nothing is recorded when an agreement runs out. */
  readonly expires_at: string
  readonly withdrawn_at: string | null
  readonly used_at: string
  /** Sign-ins since it was given, that one included. */
  readonly uses: number
  readonly revision: number
}

/** What of a stream changes its row: a refusal leaves what stood as it stood. */
const STATUS: Readonly<Record<Exclude<ConsentEvent['type'], 'ConsentRefused'>, ConsentRow['status']>> = {
  ConsentGiven: 'given',
  ConsentReused: 'given',
  WithdrawalRequested: 'withdrawing',
  ConsentWithdrawn: 'withdrawn',
}

const isKnown = (type: string): type is keyof typeof STATUS => Object.hasOwn(STATUS, type)

const project = (event: Recorded, rows: Rows): readonly Change[] => {
  const { type, at } = event
  if (!isKnown(type)) return []
  const consent = idOf(event.stream)
  const before = rows('consents', consent)
  // The event was checked against its schema, from which the type is generated.
  const standing = event.data['standing'] as unknown as StandingConsent
  const used = type === 'ConsentGiven' || type === 'ConsentReused'
  const uses = type === 'ConsentGiven' ? 0 : Number(before?.['uses'] ?? 0)
  const row: Row = {
    consent,
    client: standing.client,
    status: STATUS[type],
    claims: [...standing.essential, ...standing.accepted],
    refused: standing.refused,
    scopes: standing.scopes,
    purpose: standing.purpose ?? null,
    notice: standing.notice,
    by: standing.by,
    given_at: standing.givenAt,
    expires_at: standing.expiresAt,
    withdrawn_at: type === 'ConsentWithdrawn' ? at : null,
    used_at: used ? at : (before?.['used_at'] ?? standing.givenAt),
    uses: used ? uses + 1 : uses,
    revision: event.revision,
  }
  return [{ kind: 'put', table: 'consents', row }]
}

/** The register of consents. */
export const consents: Runnable = {
  name: 'consents',
  version: 1,
  tables: { consents: { key: 'consent', indexes: ['client', 'status', 'given_at'] } },
  filter: { streamPrefixes: ['consent-'] },
  reads: (event) => [{ table: 'consents', key: idOf(event.stream) }],
  project,
}
