import { describe, it } from 'mocha'
import type { TransactionRules } from '../../../domain/transaction/rules.ts'
import type { ClientConfiguration } from '../../../schemas/generated.ts'
import { at, configuration, digest, policy } from '../samples.ts'
import { givenLogin, histories, rules, standingAt, walk, wish, without } from './samples.ts'

const { type: _type, at: _at, ...request } = wish('StartAuthorization')
const under = (
  changes: Partial<Pick<ClientConfiguration, 'require_pkce' | 'require_pushed_authorization_requests'>>,
  active = true,
): TransactionRules => ({
  policy,
  client: { configuration: { ...configuration, ...changes }, active },
})
const nothing = givenLogin([])

describe('StartAuthorization', () => {
  it('rule 23: a pushed request is recorded, to be opened within 60 s', () => {
    nothing.when(wish('StartAuthorization')).records({ type: 'AuthorizationStarted', data: { ...request, openBy: at(60) } })
  })

  it('rule 23: a direct request is recorded and opened by the browser that brought it, in one decision', () => {
    const { requestUriDigest: _none, ...direct } = { ...request, via: 'direct' as const }
    const start = without(wish('StartAuthorization', { via: 'direct', browser: digest('browser') }), 'requestUriDigest')
    nothing
      .when(start)
      .records(
        { type: 'AuthorizationStarted', data: direct },
        { type: 'AuthorizationOpened', data: { browser: digest('browser'), deadline: at(300) } },
      )
  })

  it('rule 3: policy decides the lifetimes', () => {
    const short = { ...rules, policy: { ...policy, lifetimes: { ...policy.lifetimes, requestUriS: 5 } } }
    givenLogin([], short)
      .when(wish('StartAuthorization'))
      .records({ type: 'AuthorizationStarted', data: { ...request, openBy: at(5) } })
  })

  it('a transaction starts once', () => {
    standingAt('started').when(wish('StartAuthorization')).refuses('transaction_exists')
    standingAt('expired').when(wish('StartAuthorization')).refuses('transaction_exists')
  })

  it('refuses a client that nobody registered', () => {
    givenLogin([], { policy }).when(wish('StartAuthorization')).refuses('client_unknown')
  })

  it('rule 16: refuses a deactivated client at once', () => {
    givenLogin([], under({}, false)).when(wish('StartAuthorization')).refuses('client_inactive')
  })

  it('RFC 9700 §4.1.3: a redirect URI is matched exactly', () => {
    for (const redirectUri of [
      'https://clinic.example/callback/',
      'https://clinic.example/callback?x=1',
      'https://clinic.example/CALLBACK',
      'https://clinic.example/call',
      'https://evil.example/callback',
    ])
      nothing.when(wish('StartAuthorization', { redirectUri })).refuses('redirect_uri_not_registered')
  })

  it('a bad redirect URI is told before anything else about the request: nothing may be sent there', () => {
    const wrong = wish('StartAuthorization', { redirectUri: 'https://evil.example/', scopes: [], prompt: ['none'], via: 'direct' })
    givenLogin([], under({ require_pushed_authorization_requests: true }))
      .when(wrong)
      .refuses('redirect_uri_not_registered')
  })

  it('RFC 9126 §6: a client that must push may not ask directly', () => {
    givenLogin([], under({ require_pushed_authorization_requests: true }))
      .when(wish('StartAuthorization', { via: 'direct' }))
      .refuses('par_required')
  })

  it('refuses scopes without openid, and scopes that the client may not ask for', () => {
    nothing.when(wish('StartAuthorization', { scopes: ['profile'] })).refuses('scope_invalid')
    nothing.when(wish('StartAuthorization', { scopes: ['openid', 'address'] })).refuses('scope_invalid')
    nothing.when(wish('StartAuthorization', { scopes: [] })).refuses('scope_invalid')
  })

  it('refuses claims that the client may not ask for', () => {
    nothing.when(wish('StartAuthorization', { claims: [{ name: 'phone_number', essential: false }] })).refuses('claims_invalid')
  })

  it('RFC 7636: refuses a request without a challenge where the client must send one', () => {
    givenLogin([], under({ require_pkce: true }))
      .when(without(wish('StartAuthorization'), 'codeChallenge'))
      .refuses('pkce_missing')
  })

  it('rule 27: prompt=none is login_required, with other values prompt_invalid', () => {
    nothing.when(wish('StartAuthorization', { prompt: ['none'] })).refuses('login_required')
    nothing.when(wish('StartAuthorization', { prompt: ['none', 'login'] })).refuses('prompt_invalid')
  })
})

describe('OpenAuthorization', () => {
  it('rule 23: the first load binds the browser and starts the time to prove who one is', () => {
    standingAt('started')
      .when(wish('OpenAuthorization'))
      .records({ type: 'AuthorizationOpened', data: { browser: digest('browser'), deadline: at(301) } })
  })

  it('rule 23: the same browser may load again until the code is issued, and records nothing', () => {
    for (const stage of ['opened', 'sent', 'authenticated', 'consented'] as const)
      standingAt(stage)
        .when(wish('OpenAuthorization', { at: at(25) }))
        .records()
  })

  it('rule 23: another browser is refused', () => {
    for (const stage of ['opened', 'authenticated', 'consented'] as const)
      standingAt(stage)
        .when(wish('OpenAuthorization', { at: at(25), browser: digest('thief') }))
        .refuses('wrong_browser')
  })

  it('rule 23: the request URI is spent for good when the code is issued, for the same browser too', () => {
    for (const stage of ['code_issued', 'exchanged', 'revoked', 'closed'] as const)
      standingAt(stage)
        .when(wish('OpenAuthorization', { at: at(25) }))
        .refuses('request_uri_spent')
  })

  it('rule 17: a transaction id alone opens nothing', () => {
    standingAt('started')
      .when(without(wish('OpenAuthorization'), 'requestUriDigest'))
      .refuses('transaction_unknown')
    standingAt('started')
      .when(wish('OpenAuthorization', { requestUriDigest: digest('guess') }))
      .refuses('transaction_unknown')
  })

  it('rule 17: a direct request has no request URI that could open it', () => {
    const direct = walk(without(wish('StartAuthorization', { via: 'direct', browser: digest('browser') }), 'requestUriDigest'))
    givenLogin(direct)
      .when(without(wish('OpenAuthorization'), 'requestUriDigest'))
      .refuses('transaction_unknown')
    givenLogin(direct).when(wish('OpenAuthorization')).refuses('transaction_unknown')
  })

  it('oidc-security 2.9 case 14: the request URI of another client is refused', () => {
    standingAt('started')
      .when(wish('OpenAuthorization', { client: 'bank' }))
      .refuses('request_uri_of_other_client')
  })

  it('rule 16: a client deactivated after its request is refused at once', () => {
    standingAt('started', { policy, client: { configuration, active: false } })
      .when(wish('OpenAuthorization'))
      .refuses('client_inactive')
  })

  it('rule 23: the request URI lives 60 s: at 59.999 s it opens, at 60 s it does not', () => {
    standingAt('started')
      .when(wish('OpenAuthorization', { at: at(59.999) }))
      .records({ type: 'AuthorizationOpened', data: { browser: digest('browser'), deadline: at(359.999) } })
    standingAt('started')
      .when(wish('OpenAuthorization', { at: at(60) }))
      .refuses('request_uri_expired', { type: 'AuthorizationExpired', data: { phase: 'before_opening' } })
  })

  it('answers the same when the sweeper noticed the end first', () => {
    const swept = walk(wish('StartAuthorization'), wish('ExpireAuthorization', { at: at(61) }))
    givenLogin(swept)
      .when(wish('OpenAuthorization', { at: at(62) }))
      .refuses('request_uri_expired')
    standingAt('expired')
      .when(wish('OpenAuthorization', { at: at(500) }))
      .refuses('transaction_expired')
  })

  it('a login that failed is over', () => {
    standingAt('failed').when(wish('OpenAuthorization')).refuses('transaction_ended')
  })
})

describe('ExtendTime', () => {
  it("WCAG 2.2.1: gives the stage's whole time again", () => {
    standingAt('opened')
      .when(wish('ExtendTime', { at: at(200) }))
      .records({ type: 'TimeExtended', data: { extension: 1, deadline: at(500) } })
    for (const stage of ['authenticated', 'consented'] as const)
      standingAt(stage)
        .when(wish('ExtendTime', { at: at(100) }))
        .records({ type: 'TimeExtended', data: { extension: 1, deadline: at(220) } })
  })

  it('WCAG 2.2.1: ten times, and no eleventh', () => {
    const extensions = Array.from({ length: 10 }, () => wish('ExtendTime'))
    const ten = walk(wish('StartAuthorization'), wish('OpenAuthorization'), ...extensions)
    givenLogin(ten.slice(0, -1))
      .when(wish('ExtendTime'))
      .records({ type: 'TimeExtended', data: { extension: 10, deadline: at(302) } })
    givenLogin(ten).when(wish('ExtendTime')).refuses('extensions_exhausted')
  })

  it('WCAG 2.2.1: the time to decide may be extended as often again', () => {
    const extensions = Array.from({ length: 10 }, () => wish('ExtendTime'))
    const proof = [wish('RequestFactor', { factor: 'pin' }), wish('AttemptFactor', { factor: 'pin' }), wish('ConfirmFactor')]
    const authenticated = walk(wish('StartAuthorization'), wish('OpenAuthorization'), ...extensions, ...proof)
    givenLogin(authenticated)
      .when(wish('ExtendTime', { at: at(12) }))
      .records({ type: 'TimeExtended', data: { extension: 1, deadline: at(132) } })
  })

  it('what is over or not begun has no time to extend', () => {
    standingAt('none').when(wish('ExtendTime')).refuses('transaction_unknown')
    standingAt('started').when(wish('ExtendTime')).refuses('step_out_of_order')
    standingAt('code_issued').when(wish('ExtendTime')).refuses('step_out_of_order')
    standingAt('expired').when(wish('ExtendTime')).refuses('transaction_expired')
  })

  it('rule 14: an extension after the deadline comes too late', () => {
    standingAt('opened')
      .when(wish('ExtendTime', { at: at(301) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })

  it('an extended deadline is the one that counts', () => {
    const extended = [...histories.opened, ...standingAt('opened').when(wish('ExtendTime', { at: at(200) })).decision.events]
    givenLogin(extended)
      .when(wish('ExpireAuthorization', { at: at(499.999) }))
      .records()
    givenLogin(extended)
      .when(wish('ExpireAuthorization', { at: at(500) }))
      .records({ type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })
})
