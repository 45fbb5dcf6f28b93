import type { ConsentCommand, ConsentEvent } from '../../schemas/generated.ts'
import { recorded, refused, type Decider, type Decision } from '../decider.ts'
import type { Digest, Instant } from '../ports.ts'

type Given = Extract<ConsentEvent, { type: 'ConsentGiven' }>['data']
export type StandingConsent = Given['standing']
type LiveUse = Given['live'][number]

/** A person's consent towards one client: stream `consent-<HMAC(person key, client)>` (rule 20). Each event restates it (rule 8). */
export type ConsentState = {
  readonly status: 'none' | 'given' | 'withdrawing' | 'withdrawn'
  readonly standing?: StandingConsent
  /** Transactions that a withdrawal must reach (rule 13). */
  readonly live: readonly LiveUse[]
}

/** More logins of one person at one client than this at once are refused: a withdrawal must reach every one of them. */
const LIVE_MAX = 100

/** A standing consent covers a request when exactly the same was shown, and it still stands (rule 28). */
export const covers = (state: ConsentState, requestDigest: Digest, at: Instant): boolean =>
  state.status === 'given' && state.standing?.requestDigest === requestDigest && at < state.standing.expiresAt

const withUse = (state: ConsentState, transaction: string, until: Instant, at: Instant): readonly LiveUse[] => [
  ...state.live.filter((use) => at < use.until && use.transaction !== transaction),
  { transaction, until },
]

const decide = (command: ConsentCommand, state: ConsentState): Decision<ConsentEvent> => {
  const { at } = command
  switch (command.type) {
    case 'GiveConsent': {
      const live = withUse(state, command.transaction, command.liveUntil, at)
      if (state.status === 'withdrawing') return refused('consent_withdrawn')
      if (live.length > LIVE_MAX) return refused('too_many_requests')
      const { standing, transaction } = command
      return recorded({ type: 'ConsentGiven', data: { client: standing.client, transaction, standing, live } })
    }
    case 'ReuseConsent': {
      const { standing } = state
      if (standing === undefined || !covers(state, command.requestDigest, at)) return refused('consent_pending')
      const live = withUse(state, command.transaction, command.liveUntil, at)
      if (live.length > LIVE_MAX) return refused('too_many_requests')
      return recorded({ type: 'ConsentReused', data: { client: standing.client, transaction: command.transaction, standing, live } })
    }
    case 'RequestWithdrawal': {
      const { standing } = state
      if (standing === undefined) return refused('consent_unknown')
      if (state.status === 'withdrawn') return refused('consent_withdrawn')
      if (state.status === 'withdrawing') return recorded()
      const live = state.live.filter((use) => at < use.until)
      return recorded({ type: 'WithdrawalRequested', data: { client: standing.client, by: command.by, standing, live } })
    }
    case 'CompleteWithdrawal':
      if (state.status !== 'withdrawing' || state.standing === undefined) return recorded()
      return recorded({ type: 'ConsentWithdrawn', data: { client: state.standing.client, standing: state.standing } })
  }
}

const evolve = (_state: ConsentState, event: ConsentEvent): ConsentState => {
  switch (event.type) {
    case 'ConsentGiven':
    case 'ConsentReused':
      return { status: 'given', standing: event.data.standing, live: event.data.live }
    case 'WithdrawalRequested':
      return { status: 'withdrawing', standing: event.data.standing, live: event.data.live }
    case 'ConsentWithdrawn':
      return { status: 'withdrawn', standing: event.data.standing, live: [] }
  }
}

export const consent: Decider<ConsentState, ConsentCommand, unknown, ConsentEvent> = {
  initialState: { status: 'none', live: [] },
  decide,
  evolve,
}
