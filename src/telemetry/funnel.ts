import type { BrokerMetrics } from './metrics.ts'
import { textOf } from '../text-of.ts'
import type { Recorded } from '../../projections/projection.ts'

/** How far a login came by an event, and how. */
const STAGES: Readonly<Record<string, readonly [stage: string, outcome: string]>> = {
  AuthorizationStarted: ['started', 'ok'],
  AuthorizationOpened: ['opened', 'ok'],
  Authenticated: ['authenticated', 'ok'],
  ConsentGiven: ['consented', 'given'],
  ConsentReused: ['consented', 'reused'],
  ConsentDenied: ['consented', 'denied'],
  CodeIssued: ['code_issued', 'ok'],
  CodeRefused: ['exchanged', 'refused'],
  TokenExchanged: ['exchanged', 'ok'],
  CodeReplayed: ['exchanged', 'replayed'],
  AuthorizationFailed: ['ended', 'failed'],
  AuthorizationExpired: ['ended', 'expired'],
}

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [])

const countProof = ({ proofs, attempts }: BrokerMetrics, { type, data }: Recorded): void => {
  switch (type) {
    case 'FactorAttempted':
      return proofs.add({ factor: textOf(data['factor']), path: textOf(data['path']) })
    case 'FactorRejected':
      return attempts.add({ factor: textOf(data['factor']), result: textOf(data['reason']) })
    case 'FactorConfirmed':
    case 'Authenticated':
      // Of several factors the last is the one that was proven now.
      return attempts.add({ factor: listOf(data['factors']).at(-1) ?? '', result: 'right' })
  }
}

const countMessage = ({ messages }: BrokerMetrics, { type, data }: Recorded): void => {
  if (type === 'FactorFailed') messages.add({ channel: '', result: textOf(data['reason']) })
  if (type === 'FactorSent') for (const channel of listOf(data['channels'])) messages.add({ channel, result: 'sent' })
}

/** Counts what a decision on a login recorded. */
export const countLogin = (metrics: BrokerMetrics, client: string, events: readonly Recorded[]): void => {
  for (const event of events) {
    const stage = STAGES[event.type]
    if (stage !== undefined) metrics.funnel.add({ client_id: client, stage: stage[0], outcome: stage[1] })
    if (event.type === 'AuthorizationFailed') metrics.ends.add({ reason: textOf(event.data['reason']) })
    if (event.type === 'AuthorizationExpired') metrics.ends.add({ reason: `expired_${textOf(event.data['phase'])}` })
    countProof(metrics, event)
    countMessage(metrics, event)
  }
}
