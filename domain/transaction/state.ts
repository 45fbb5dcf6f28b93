import type { TransactionEvent } from '../../schemas/generated.ts'
import type { Digest, Factor, Instant } from '../ports.ts'
import type { Path } from '../streams.ts'

type Data<Type extends TransactionEvent['type']> = Extract<TransactionEvent, { type: Type }>['data']

/**
 * Where a login stands. `started` waits for a browser, `opened` for a proof, `authenticated` for consent, `consented` for the
 * claims, `code_issued` for the relying party, `exchanged` for its tokens to expire. The others are ends.
 */
export type Stage =
  'none' | 'started' | 'opened' | 'authenticated' | 'consented' | 'code_issued' | 'exchanged' | 'revoked' | 'failed' | 'expired' | 'closed'

/** A message on its way to the person. */
export type Delivery = {
  readonly send: number
  readonly status: 'pending' | 'sent' | 'failed'
  readonly sendBy: Instant
  readonly resendFrom: Instant
  readonly validUntil?: Instant
  readonly reason?: Data<'FactorFailed'>['reason']
}

export type Attempt = { readonly attempt: number; readonly factor: Factor; readonly person: string; readonly path: Path }

/** What one person proved while the context that is aimed at wants more. */
export type Confirmed = {
  readonly person: string
  readonly factors: readonly Factor[]
  /** How often: these were no guesses. */
  readonly times: number
}

export type Exchange = {
  readonly client: string
  readonly accessTokenDigest: Digest
  readonly tokensUntil: Instant
  /** Absent where the token is a bearer token. */
  readonly dpopKey?: Digest
  /** The revision of TokenExchanged: what began after it is a replay, what began before it lost a race (rule 31). */
  readonly revision: number
  readonly replayed: boolean
  readonly releases: number
}

export type TransactionState = {
  /** Of the last event, -1 before the first. */
  readonly revision: number
  readonly stage: Stage
  readonly request?: Data<'AuthorizationStarted'>
  readonly browser?: Digest
  /** What runs out next. */
  readonly deadline?: Instant
  /** Of the present limit: the time to prove who one is, and then the time to decide. */
  readonly extensions: number
  readonly chosen?: Data<'FactorRequested'>
  readonly requests: number
  readonly sends: number
  readonly delivery?: Delivery
  /** Every proof handed in, and those of them whose verdict is not recorded yet. */
  readonly attempts: number
  readonly pending: readonly Attempt[]
  /** Attempts that the ID system could not answer: they were no guesses. One on a closed path counts, so that it shows no difference. */
  readonly unchecked: number
  readonly lastRejection?: Data<'FactorRejected'>
  readonly confirmed?: Confirmed
  readonly authenticated?: Data<'Authenticated'>
  readonly consent?: Data<'ConsentGiven'>
  readonly code?: Data<'CodeIssued'>
  readonly refusals: number
  readonly exchange?: Exchange
  readonly failure?: Data<'AuthorizationFailed'>['reason']
}

export const initialState: TransactionState = {
  revision: -1,
  stage: 'none',
  extensions: 0,
  requests: 0,
  sends: 0,
  attempts: 0,
  pending: [],
  unchecked: 0,
  refusals: 0,
}

/** Guesses made or under way: what the limit of attempts counts. */
export const guesses = (state: TransactionState): number => state.attempts - state.unchecked - (state.confirmed?.times ?? 0)

/** What is proven so far. */
export const provenFactors = ({ confirmed }: Pick<TransactionState, 'confirmed'>): readonly Factor[] => confirmed?.factors ?? []

const FACTOR_EVENTS = ['FactorRequested', 'FactorSent', 'FactorFailed', 'FactorAttempted', 'FactorRejected', 'FactorConfirmed'] as const
type FactorEvent = Extract<TransactionEvent, { type: (typeof FACTOR_EVENTS)[number] }>

const isFactorEvent = (event: TransactionEvent): event is FactorEvent => FACTOR_EVENTS.some((type) => type === event.type)

const without = (pending: readonly Attempt[], attempt: number): readonly Attempt[] => pending.filter((other) => other.attempt !== attempt)

/** The next factor is chosen anew. Another proof that is under way may still be right: it stays. */
const confirmedBy = (state: TransactionState, { attempt, person, factors }: Data<'FactorConfirmed'>): TransactionState => {
  const { chosen: _chosen, lastRejection: _rejection, ...rest } = state
  const proven = [...new Set([...provenFactors(state), ...factors])]
  const confirmed = { person, factors: proven, times: (state.confirmed?.times ?? 0) + 1 }
  return { ...rest, confirmed, pending: without(state.pending, attempt) }
}

const evolveFactor = (state: TransactionState, event: FactorEvent): TransactionState => {
  switch (event.type) {
    case 'FactorRequested': {
      const { send, sendBy, resendFrom } = event.data
      const requested = { ...state, chosen: event.data, requests: state.requests + 1 }
      if (send === undefined || sendBy === undefined || resendFrom === undefined) return requested
      return { ...requested, sends: send, delivery: { send, status: 'pending', sendBy, resendFrom } }
    }
    case 'FactorSent':
      if (state.delivery?.send !== event.data.send) return state
      return { ...state, delivery: { ...state.delivery, status: 'sent', validUntil: event.data.validUntil } }
    case 'FactorFailed':
      if (state.delivery?.send !== event.data.send) return state
      return { ...state, delivery: { ...state.delivery, status: 'failed', reason: event.data.reason } }
    case 'FactorAttempted':
      return { ...state, attempts: event.data.attempt, pending: [...state.pending, event.data] }
    case 'FactorRejected': {
      const unchecked = event.data.reason === 'unavailable' ? 1 : 0
      const pending = without(state.pending, event.data.attempt)
      return { ...state, pending, unchecked: state.unchecked + unchecked, lastRejection: event.data }
    }
    case 'FactorConfirmed':
      return confirmedBy(state, event.data)
  }
}

/** Nothing, where newer code recorded a type that this code does not know. */
const evolveStage = (state: TransactionState, event: Exclude<TransactionEvent, FactorEvent>): TransactionState | undefined => {
  switch (event.type) {
    case 'AuthorizationStarted':
      return { ...state, stage: 'started', request: event.data, ...(event.data.openBy && { deadline: event.data.openBy }) }
    case 'AuthorizationOpened':
      return { ...state, stage: 'opened', browser: event.data.browser, deadline: event.data.deadline }
    case 'TimeExtended':
      return { ...state, extensions: event.data.extension, deadline: event.data.deadline }
    case 'Authenticated':
      return { ...state, stage: 'authenticated', authenticated: event.data, deadline: event.data.deadline, extensions: 0, pending: [] }
    case 'ConsentGiven':
    case 'ConsentReused':
      return { ...state, stage: 'consented', consent: event.data }
    case 'ConsentDenied':
      return state
    case 'CodeIssued':
      return { ...state, stage: 'code_issued', code: event.data, deadline: event.data.expiresAt }
    case 'CodeRefused':
    case 'ClientClockDiffered':
      return { ...state, refusals: state.refusals + 1 }
    case 'TokenExchanged': {
      const exchange = { ...event.data, revision: state.revision + 1, replayed: false, releases: 0 }
      return { ...state, stage: 'exchanged', exchange, deadline: event.data.tokensUntil }
    }
    case 'CodeReplayed':
      return state.exchange ? { ...state, exchange: { ...state.exchange, replayed: true } } : state
    case 'UserinfoReleased':
      return state.exchange ? { ...state, exchange: { ...state.exchange, releases: event.data.release } } : state
    case 'AccessRevoked':
      return { ...state, stage: 'revoked' }
    case 'PageOpened':
      return { ...state, stage: 'closed' }
    case 'AuthorizationFailed':
      return { ...state, stage: 'failed', failure: event.data.reason }
    case 'AuthorizationExpired':
      return { ...state, stage: 'expired' }
    case 'TransactionClosed':
      return { ...state, stage: 'closed' }
  }
}

export const evolve = (state: TransactionState, event: TransactionEvent): TransactionState => ({
  ...((isFactorEvent(event) ? evolveFactor(state, event) : evolveStage(state, event)) ?? state),
  revision: state.revision + 1,
})
