import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { TransactionEvent } from '../../../schemas/generated.ts'
import { at, configuration, CONSENT, digest, policy } from '../samples.ts'
import { givenLogin, histories, standingAt, walk, wish, without } from './samples.ts'

const exchange = wish('ExchangeToken')
const burnt = (reason: 'redirect_uri' | 'verifier'): readonly TransactionEvent[] => [
  { type: 'CodeRefused', data: { client: 'clinic', reason, burnt: true } },
  { type: 'AuthorizationFailed', data: { reason: 'code_refused' } },
]
const noPkce = walk(
  without(wish('StartAuthorization'), 'codeChallenge'),
  wish('OpenAuthorization'),
  wish('RequestFactor', { factor: 'pin' }),
  wish('AttemptFactor', { factor: 'pin' }),
  wish('ConfirmFactor'),
  wish('RecordConsent'),
  wish('IssueCode'),
)

describe('ExchangeToken', () => {
  it('rule 31: the right client, redirect URI and verifier exchange the code', () => {
    standingAt('code_issued')
      .when(exchange)
      .records({ type: 'TokenExchanged', data: { client: 'clinic', accessTokenDigest: digest('token'), tokensUntil: at(622) } })
  })

  it('rule 17: the secret of the code is asked before anything else', () => {
    for (const stage of ['code_issued', 'exchanged', 'expired', 'revoked'] as const)
      standingAt(stage)
        .when(wish('ExchangeToken', { codeDigest: digest('guess'), client: 'bank' }))
        .refuses('code_unknown')
    standingAt('consented').when(exchange).refuses('code_unknown')
  })

  it('rule 31: another client is refused and recorded, and nothing is burnt', () => {
    const other = wish('ExchangeToken', { client: 'bank' })
    const note = { type: 'CodeRefused', data: { client: 'bank', reason: 'other_client', burnt: false } } as const
    standingAt('code_issued').when(other).refuses('code_of_other_client', note)
    givenLogin([...histories.code_issued, note])
      .when(exchange)
      .records({
        type: 'TokenExchanged',
        data: { client: 'clinic', accessTokenDigest: digest('token'), tokensUntil: at(622) },
      })
  })

  it('rule 31: another client learns nothing of the redirect URI or the verifier, and burns nothing by them', () => {
    standingAt('code_issued')
      .when(wish('ExchangeToken', { client: 'bank', redirectUri: 'https://bank.example/', challenge: digest('guess') }))
      .refuses('code_of_other_client', { type: 'CodeRefused', data: { client: 'bank', reason: 'other_client', burnt: false } })
  })

  it('an authenticated client cannot make a stream grow for ever: five refusals are recorded', () => {
    const note = { type: 'CodeRefused', data: { client: 'bank', reason: 'other_client', burnt: false } } as const
    const five = Array.from({ length: 5 }, () => note)
    givenLogin([...histories.code_issued, ...five.slice(1)])
      .when(wish('ExchangeToken', { client: 'bank' }))
      .refuses('code_of_other_client', note)
    givenLogin([...histories.code_issued, ...five])
      .when(wish('ExchangeToken', { client: 'bank' }))
      .refuses('code_of_other_client')
  })

  it('rule 31: the right client with a wrong redirect URI burns the code', () => {
    // Registered for the client, yet not the one of this request.
    const wrong = standingAt('code_issued').when(wish('ExchangeToken', { redirectUri: 'https://clinic.example/other' }))
    wrong.refuses('redirect_uri_mismatch', ...burnt('redirect_uri'))
    givenLogin([...histories.code_issued, ...wrong.decision.events])
      .when(exchange)
      .refuses('code_spent')
  })

  it('rule 31: the right client with a wrong verifier burns the code', () => {
    const wrong = standingAt('code_issued').when(wish('ExchangeToken', { challenge: digest('guess') }))
    wrong.refuses('verifier_mismatch', ...burnt('verifier'))
    givenLogin([...histories.code_issued, ...wrong.decision.events])
      .when(exchange)
      .refuses('code_spent')
  })

  it('oidc-security 2.9 case 3: a challenge without a verifier, and a verifier without a challenge, are wrong', () => {
    standingAt('code_issued')
      .when(without(exchange, 'challenge'))
      .refuses('verifier_mismatch', ...burnt('verifier'))
    givenLogin(noPkce)
      .when(exchange)
      .refuses('verifier_unexpected', ...burnt('verifier'))
    expect(givenLogin(noPkce).when(without(exchange, 'challenge')).state.stage).to.equal('exchanged')
  })

  it('the redirect URI is looked at before the verifier', () => {
    standingAt('code_issued')
      .when(wish('ExchangeToken', { redirectUri: 'https://clinic.example/other', challenge: digest('guess') }))
      .refuses('redirect_uri_mismatch', ...burnt('redirect_uri'))
  })

  it('oidc-security 2.9 case 5: a code lives 60 s: at 59.999 s it works, at 60 s it does not', () => {
    expect(standingAt('code_issued').when(wish('ExchangeToken', { at: at(80.999) })).state.stage).to.equal('exchanged')
    standingAt('code_issued')
      .when(wish('ExchangeToken', { at: at(81) }))
      .refuses('code_expired', { type: 'AuthorizationExpired', data: { phase: 'before_redemption' } })
    givenLogin([...histories.code_issued, { type: 'AuthorizationExpired', data: { phase: 'before_redemption' } }])
      .when(wish('ExchangeToken', { at: at(82) }))
      .refuses('code_expired')
  })

  it('rule 16: a deactivated client is refused at once, and its code is not burnt', () => {
    standingAt('code_issued', { policy, client: { configuration, active: false } })
      .when(exchange)
      .refuses('client_inactive')
  })

  it('rule 13: no token after a withdrawal', () => {
    givenLogin([...histories.code_issued, { type: 'AccessRevoked', data: { consent: CONSENT } }])
      .when(exchange)
      .refuses('code_spent')
  })

  it('rule 31: who began before TokenExchanged lost the race, and records nothing', () => {
    standingAt('exchanged').when(exchange).refuses('code_spent')
    standingAt('exchanged')
      .when(wish('ExchangeToken', { seen: -1 }))
      .refuses('code_spent')
  })

  it('rule 31: a whole, valid presentation that begins after TokenExchanged is a replay: recorded once, and the tokens die', () => {
    const revision = histories.exchanged.length - 1
    const replay = wish('ExchangeToken', { seen: revision })
    const first = standingAt('exchanged').when(replay)
    first.refuses('code_spent', { type: 'CodeReplayed', data: { client: 'clinic' } })
    const after = [...histories.exchanged, ...first.decision.events]
    givenLogin(after)
      .when(wish('ExchangeToken', { seen: revision + 1 }))
      .refuses('code_spent')
    givenLogin(after).when(wish('ReleaseUserinfo')).refuses('token_revoked')
  })

  it('rule 31: a presentation that is not whole and valid kills nothing: a stolen code is no weapon', () => {
    for (const wrong of [
      wish('ExchangeToken', { seen: 100, client: 'bank' }),
      wish('ExchangeToken', { seen: 100, redirectUri: 'https://clinic.example/other' }),
      wish('ExchangeToken', { seen: 100, challenge: digest('guess') }),
      without(wish('ExchangeToken', { seen: 100 }), 'challenge'),
    ])
      standingAt('exchanged').when(wrong).refuses('code_spent')
  })

  it('what is over records no replay', () => {
    for (const stage of ['revoked', 'closed'] as const)
      standingAt(stage)
        .when(wish('ExchangeToken', { seen: 100 }))
        .refuses('code_spent')
  })

  it('rule 3: policy decides how long tokens live', () => {
    const long = { ...policy, lifetimes: { ...policy.lifetimes, accessTokenS: 30 } }
    standingAt('code_issued', { policy: long, client: { configuration, active: true } })
      .when(exchange)
      .records({ type: 'TokenExchanged', data: { client: 'clinic', accessTokenDigest: digest('token'), tokensUntil: at(52) } })
  })
})

describe('ReleaseUserinfo', () => {
  it('records the names of what was released, and which release it was', () => {
    standingAt('exchanged')
      .when(wish('ReleaseUserinfo'))
      .records({ type: 'UserinfoReleased', data: { client: 'clinic', claims: ['name'], release: 1 } })
  })

  it('rule 33: a token is honoured only with its stored hash', () => {
    standingAt('exchanged')
      .when(wish('ReleaseUserinfo', { accessTokenDigest: digest('guess') }))
      .refuses('token_invalid')
    standingAt('code_issued').when(wish('ReleaseUserinfo')).refuses('token_invalid')
    standingAt('none').when(wish('ReleaseUserinfo')).refuses('token_invalid')
  })

  it('rule 33: twenty releases for one token, then no more', () => {
    const releases = (count: number): readonly TransactionEvent[] =>
      Array.from({ length: count }, (_, index) => ({
        type: 'UserinfoReleased',
        data: { client: 'clinic', claims: ['name'], release: index + 1 },
      }))
    givenLogin([...histories.exchanged, ...releases(19)])
      .when(wish('ReleaseUserinfo'))
      .records({ type: 'UserinfoReleased', data: { client: 'clinic', claims: ['name'], release: 20 } })
    givenLogin([...histories.exchanged, ...releases(20)])
      .when(wish('ReleaseUserinfo'))
      .refuses('userinfo_limited')
  })

  it('nothing is given out that was not released', () => {
    standingAt('exchanged')
      .when(wish('ReleaseUserinfo', { claims: ['name', 'email'] }))
      .refuses('token_invalid')
    standingAt('exchanged')
      .when(wish('ReleaseUserinfo', { claims: [] }))
      .records({ type: 'UserinfoReleased', data: { client: 'clinic', claims: [], release: 1 } })
  })

  it('rule 14: at 621.999 s it works, at 622 s the token has expired', () => {
    standingAt('exchanged')
      .when(wish('ReleaseUserinfo', { at: at(621.999) }))
      .records({ type: 'UserinfoReleased', data: { client: 'clinic', claims: ['name'], release: 1 } })
    standingAt('exchanged')
      .when(wish('ReleaseUserinfo', { at: at(622) }))
      .refuses('token_expired')
    standingAt('closed').when(wish('ReleaseUserinfo')).refuses('token_expired')
  })

  it('rule 13: no release follows a withdrawal', () => {
    standingAt('revoked').when(wish('ReleaseUserinfo')).refuses('token_revoked')
  })

  it('rule 16: a deactivated client gets nothing at once', () => {
    standingAt('exchanged', { policy, client: { configuration, active: false } })
      .when(wish('ReleaseUserinfo'))
      .refuses('client_inactive')
  })
})

describe('RevokeAccess', () => {
  it('rule 13: reaches every stage from the proof on', () => {
    for (const stage of ['authenticated', 'consented', 'code_issued', 'exchanged'] as const)
      standingAt(stage)
        .when(wish('RevokeAccess'))
        .records({ type: 'AccessRevoked', data: { consent: CONSENT } })
  })

  it('rule 15: is idempotent, and leaves alone what is over or has no proof yet', () => {
    for (const stage of ['none', 'started', 'opened', 'attempted', 'revoked', 'failed', 'expired', 'closed'] as const)
      standingAt(stage).when(wish('RevokeAccess')).records()
  })

  it('rule 13: works after the deadline too, so that a withdrawal never waits for the sweeper', () => {
    standingAt('code_issued')
      .when(wish('RevokeAccess', { at: at(10_000) }))
      .records({ type: 'AccessRevoked', data: { consent: CONSENT } })
  })
})
