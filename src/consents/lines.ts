import { decode } from '../codec.ts'
import { hmac } from '../crypto/hash.ts'
import { agreedOf } from './tell.ts'
import type { EventStore, Instant } from '../../domain/ports.ts'
import { idOf } from '../../domain/streams.ts'
import type { StandingConsent } from '../../domain/consent/consent.ts'
import { textOf } from '../text-of.ts'

const PAGE_EVENTS = 1024

/** Letters of an agreement's name in one answer. */
const NAME_CHARS = 16

export type Period = { readonly client: string; readonly from?: Instant; readonly to?: Instant }

/** Which events of a consent's stream mean what; others that may come are told by their type. */
const WHAT: Readonly<Record<string, string>> = {
  ConsentGiven: 'given',
  ConsentReused: 'reused',
  ConsentRefused: 'refused',
  WithdrawalRequested: 'withdrawal_requested',
  ConsentWithdrawn: 'withdrawn',
}

/** A login's name leads to its timeline, and from there to a reference of the person. */
const withoutLogin = ({ given_in: _login, ...agreed }: ReturnType<typeof agreedOf>) => agreed

/**
 * What happened to the consents towards a relying party in a period, in the order of the log. An agreement is named by a key that is
 * made for this answer: lines of one answer belong together, two answers cannot be joined, and no line leads to a person. One page is
 * in memory, however long the answer is.
 */
export async function* consentLines(store: EventStore, { client, from, to }: Period, key: Uint8Array) {
  for (let after: string | undefined; ;) {
    const page = await store.readAll({
      filter: { streamPrefixes: ['consent-'] },
      max: PAGE_EVENTS,
      ...(after !== undefined && { after }),
    })
    for (const stored of page.events) {
      const { at, type, stream, data } = decode(stored)
      if (data['client'] !== client || (from !== undefined && at < from) || (to !== undefined && at > to)) continue
      const standing = data['standing'] as unknown as StandingConsent | undefined
      const agreed = standing && withoutLogin(agreedOf(standing))
      yield {
        at,
        agreement: hmac(key, idOf(stream)).slice(0, NAME_CHARS),
        what: WHAT[type] ?? type,
        ...(textOf(data['by']) !== '' && { by: textOf(data['by']) }),
        ...(standing && agreed && { until: standing.expiresAt, agreed }),
      }
    }
    if (page.end || page.next === undefined) return
    after = page.next
  }
}
