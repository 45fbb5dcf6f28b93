import { describe, it } from 'mocha'
import type { TransactionEvent } from '../../../schemas/generated.ts'
import { at } from '../samples.ts'
import { givenLogin, histories, standingAt, TYPES, wish } from './samples.ts'

type Phase = Extract<TransactionEvent, { type: 'AuthorizationExpired' }>['data']['phase']

const WAITING: readonly (readonly [stage: keyof typeof histories, deadline: number, phase: Phase])[] = [
  ['started', 60, 'before_opening'],
  ['opened', 301, 'before_authentication'],
  ['sent', 301, 'before_authentication'],
  ['attempted', 301, 'before_authentication'],
  ['authenticated', 131, 'before_consent'],
  ['consented', 131, 'before_code'],
  ['code_issued', 81, 'before_redemption'],
]

describe('ExpireAuthorization', () => {
  for (const [stage, deadline, phase] of WAITING)
    it(`rule 14: ${stage} waits to the millisecond before ${deadline} s, and not at it`, () => {
      standingAt(stage)
        .when(wish('ExpireAuthorization', { at: at(deadline - 0.001) }))
        .records()
      standingAt(stage)
        .when(wish('ExpireAuthorization', { at: at(deadline) }))
        .records({ type: 'AuthorizationExpired', data: { phase } })
      standingAt(stage)
        .when(wish('ExpireAuthorization', { at: at(deadline + 86_400) }))
        .records({ type: 'AuthorizationExpired', data: { phase } })
    })

  it('rule 14: a transaction ends when its tokens expire', () => {
    standingAt('exchanged')
      .when(wish('ExpireAuthorization', { at: at(621.999) }))
      .records()
    standingAt('exchanged')
      .when(wish('ExpireAuthorization', { at: at(622) }))
      .records({ type: 'TransactionClosed', data: { reason: 'tokens_expired' } })
  })

  it('rule 14: what was withdrawn is closed at once', () => {
    standingAt('revoked')
      .when(wish('ExpireAuthorization'))
      .records({ type: 'TransactionClosed', data: { reason: 'tokens_revoked' } })
  })

  it('rule 31: tokens that a replay killed are closed as revoked', () => {
    givenLogin([...histories.exchanged, { type: 'CodeReplayed', data: { client: 'clinic' } }])
      .when(wish('ExpireAuthorization', { at: at(622) }))
      .records({ type: 'TransactionClosed', data: { reason: 'tokens_revoked' } })
  })

  it('rule 15: is idempotent: what is over, or never was, stays as it is', () => {
    for (const stage of ['none', 'failed', 'expired', 'closed'] as const)
      standingAt(stage)
        .when(wish('ExpireAuthorization', { at: at(100_000) }))
        .records()
  })
})

describe('rule 14: a wish at or after the deadline', () => {
  const OWN = new Set(['StartAuthorization', 'ExpireAuthorization', 'ExchangeToken', 'ReleaseUserinfo', 'RevokeAccess'])

  for (const [stage, deadline, phase] of WAITING)
    it(`at ${stage} records the expiry with its refusal, whatever was wished`, () => {
      for (const type of TYPES.filter((one) => !OWN.has(one)))
        standingAt(stage)
          .when(wish(type, { at: at(deadline) }))
          .refuses(stage === 'started' ? 'request_uri_expired' : 'transaction_expired', {
            type: 'AuthorizationExpired',
            data: { phase },
          })
    })

  it('leaves tokens to the sweeper', () => {
    standingAt('exchanged')
      .when(wish('ExtendTime', { at: at(700) }))
      .refuses('step_out_of_order')
    standingAt('revoked')
      .when(wish('ExtendTime', { at: at(700) }))
      .refuses('consent_withdrawn')
  })
})
