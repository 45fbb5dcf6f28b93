import type { ConsentCommand, ConsentEvent } from '../../schemas/generated.ts'
import { recorded, refused, type Decider, type Decision } from '../decider.ts'
import type { Digest, Instant } from '../ports.ts'

type Given = Extract<ConsentEvent, { type: 'ConsentGiven' }>['data']
export type StandingConsent = Given['standing']

/** A person's consent towards one client: stream `consent-<HMAC(person key, client)>` (rule 20). Each event restates it (rule 8). */
export type ConsentState = {
  readonly status: 'none' | 'given' | 'withdrawing' | 'withdrawn'
  readonly standing?: StandingConsent
}

/** A standing consent covers a request when exactly the same was shown, and it still stands (rule 28). */
export const covers = (state: ConsentState, requestDigest: Digest, at: Instant): boolean =>
  state.status === 'given' && state.standing?.requestDigest === requestDigest && at < state.standing.expiresAt

const decide = (command: ConsentCommand, state: ConsentState): Decision<ConsentEvent> => {
  const { standing: before } = state
  switch (command.type) {
    case 'GiveConsent': {
      if (state.status === 'withdrawing') return refused('consent_withdrawn')
      const { standing, transaction, liveUntil } = command
      // A login decides once: of a double click, or of two tabs at once, the first stands (rule 12).
      if (state.status === 'given' && before?.transaction === transaction) return recorded()
      return recorded({ type: 'ConsentGiven', data: { client: standing.client, transaction, standing, liveUntil } })
    }
    case 'ReuseConsent': {
      if (before === undefined || !covers(state, command.requestDigest, command.at)) return refused('consent_pending')
      const { transaction, liveUntil } = command
      return recorded({ type: 'ConsentReused', data: { client: before.client, transaction, standing: before, liveUntil } })
    }
    case 'RefuseConsent': {
      const { client, transaction } = command
      const stood = { before: state.status, ...(before !== undefined && { standing: before }) }
      return recorded({ type: 'ConsentRefused', data: { client, transaction, ...stood } })
    }
    case 'RequestWithdrawal': {
      const { type: _type, at: _at, ...who } = command
      if (before === undefined) return refused('consent_unknown')
      if (state.status === 'withdrawn') return refused('consent_withdrawn')
      if (state.status === 'withdrawing') return recorded()
      return recorded({ type: 'WithdrawalRequested', data: { client: before.client, ...who, standing: before } })
    }
    case 'CompleteWithdrawal':
      if (state.status !== 'withdrawing' || before === undefined) return recorded()
      return recorded({ type: 'ConsentWithdrawn', data: { client: before.client, standing: before } })
  }
}

const evolve = (_state: ConsentState, event: ConsentEvent): ConsentState => {
  switch (event.type) {
    case 'ConsentGiven':
    case 'ConsentReused':
      return { status: 'given', standing: event.data.standing }
    case 'ConsentRefused': {
      const { before, standing } = event.data
      return { status: before, ...(standing !== undefined && { standing }) }
    }
    case 'WithdrawalRequested':
      return { status: 'withdrawing', standing: event.data.standing }
    case 'ConsentWithdrawn':
      return { status: 'withdrawn', standing: event.data.standing }
  }
}

export const consent: Decider<ConsentState, ConsentCommand, unknown, ConsentEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}
