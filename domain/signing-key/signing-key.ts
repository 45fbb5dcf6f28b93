import type { SigningKeyCommand, SigningKeyEvent, SigningKeySigningKeyRevoked } from '../../schemas/generated.ts'
import { recorded, refused, type Decider, type Decision } from '../decider.ts'
import type { Instant, SigningAlgorithm } from '../ports.ts'
import { plusSeconds } from '../time.ts'

/** Seconds for which anybody may keep the JWKS: a new key is published as long before it signs (rule 45). */
export const JWKS_MAX_AGE_S = 600

/** Seconds more, for answers under way, and for caches and clocks that are not exact. */
const NOTICE_S = 60

/** The longest that a policy lets a token live: a shorter one of today does not shorten the tokens of yesterday. */
const TOKENS_LIVE_S_MAX = 3600

export type SigningKeyStatus = 'unknown' | 'made' | 'active' | 'retired' | 'revoked'

/** A key that signs tokens: stream `signingKey-<kid>`. Each event restates it (rule 8); the key itself is in the key store. */
export type SigningKeyState = {
  readonly status: SigningKeyStatus
  readonly kid?: string
  readonly alg?: SigningAlgorithm
  /** Absent: it signs tokens. */
  readonly purpose?: 'audit'
  readonly signsFrom?: Instant
  readonly publishedUntil?: Instant
  readonly reason?: SigningKeySigningKeyRevoked['reason']
}

const decide = (command: SigningKeyCommand, state: SigningKeyState): Decision<SigningKeyEvent> => {
  const { kid, at } = command
  if (command.type === 'MakeSigningKey') {
    // Of several processes that find a new key in the store each records it.
    if (state.status !== 'unknown') return recorded()
    const { alg, by, noOtherSigns, purpose } = command
    const signsFrom = noOtherSigns ? at : plusSeconds(at, JWKS_MAX_AGE_S + NOTICE_S)
    return recorded({ type: 'SigningKeyMade', data: { kid, alg, signsFrom, by, ...(purpose && { purpose }) } })
  }
  const { alg, signsFrom, status, purpose } = state
  if (alg === undefined || signsFrom === undefined) return refused('not_found')
  const key = { kid, alg, ...(purpose && { purpose }) }
  switch (command.type) {
    case 'ActivateSigningKey':
      if (status === 'active') return recorded()
      if (status !== 'made' || (at < signsFrom && !command.noOtherSigns)) return refused('step_out_of_order')
      return recorded({ type: 'SigningKeyActivated', data: { ...key, signsFrom: at } })
    case 'RetireSigningKey':
      if (status === 'retired' || status === 'revoked') return recorded()
      return recorded({
        type: 'SigningKeyRetired',
        // What never signed has no token that somebody might look at.
        data: { ...key, signsFrom, publishedUntil: status === 'made' ? at : plusSeconds(at, TOKENS_LIVE_S_MAX + NOTICE_S) },
      })
    case 'RevokeSigningKey':
      if (status === 'revoked') return recorded()
      return recorded({ type: 'SigningKeyRevoked', data: { ...key, signsFrom, reason: command.reason } })
  }
}

const STATUS = {
  SigningKeyMade: 'made',
  SigningKeyActivated: 'active',
  SigningKeyRetired: 'retired',
  SigningKeyRevoked: 'revoked',
} as const satisfies Record<SigningKeyEvent['type'], SigningKeyStatus>

export const signingKey: Decider<SigningKeyState, SigningKeyCommand, unknown, SigningKeyEvent> = {
  initialState: { status: 'unknown' },
  decide,
  evolve: (state, event) => (Object.hasOwn(STATUS, event.type) ? { ...event.data, status: STATUS[event.type] } : state),
}

/** Whether the JWKS shows it, and what it signed is taken. */
export const isPublished = ({ status, publishedUntil = '' }: SigningKeyState, now: Instant): boolean =>
  status === 'made' || status === 'active' || (status === 'retired' && now < publishedUntil)

/** Whether it is over for good: nothing changes it back. */
export const isOver = (state: SigningKeyState, now: Instant): boolean => state.status !== 'unknown' && !isPublished(state, now)
