import { describe, it } from 'mocha'
import { at, configuration, CONSENT, digest, policy } from '../samples.ts'
import { givenLogin, histories, standingAt, wish } from './samples.ts'

const given = { client: 'clinic', consent: CONSENT, revision: 4, claims: ['name', 'email'], scopes: ['openid', 'profile'] } as const

describe('RecordConsent', () => {
  it('rule 12: cites the revision of the consent stream, which was written first', () => {
    standingAt('authenticated').when(wish('RecordConsent')).records({ type: 'ConsentGiven', data: given })
  })

  it('rule 28: a standing consent that covers the request is recorded as reused', () => {
    standingAt('authenticated')
      .when(wish('RecordConsent', { how: 'reused' }))
      .records({ type: 'ConsentReused', data: given })
  })

  it('nothing is consented that was not asked for', () => {
    standingAt('authenticated')
      .when(wish('RecordConsent', { claims: ['name', 'birthdate'] }))
      .refuses('form_invalid')
    standingAt('authenticated')
      .when(wish('RecordConsent', { scopes: ['openid', 'email'] }))
      .refuses('form_invalid')
  })

  it('rule 28: essential claims are accepted with accept; refusing them is no consent', () => {
    standingAt('authenticated')
      .when(wish('RecordConsent', { claims: ['email'] }))
      .refuses('consent_pending')
    standingAt('authenticated')
      .when(wish('RecordConsent', { claims: ['name'] }))
      .records({ type: 'ConsentGiven', data: { ...given, claims: ['name'] } })
  })

  it('no consent before the proof, and no second one', () => {
    standingAt('opened').when(wish('RecordConsent')).refuses('step_out_of_order')
    standingAt('attempted').when(wish('RecordConsent')).refuses('step_out_of_order')
    standingAt('consented').when(wish('RecordConsent')).refuses('step_out_of_order')
    standingAt('code_issued').when(wish('RecordConsent')).refuses('step_out_of_order')
  })

  it('rule 13: a withdrawal between the two streams leads nowhere', () => {
    givenLogin([...histories.authenticated, { type: 'AccessRevoked', data: { consent: CONSENT } }])
      .when(wish('RecordConsent'))
      .refuses('consent_withdrawn')
  })

  it('rule 14: at 130.999 s it counts, at 131 s the time to decide is over', () => {
    standingAt('authenticated')
      .when(wish('RecordConsent', { at: at(130.999) }))
      .records({ type: 'ConsentGiven', data: given })
    standingAt('authenticated')
      .when(wish('RecordConsent', { at: at(131) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_consent' } })
  })
})

describe('DenyConsent', () => {
  it('is recorded, and ends the login', () => {
    standingAt('authenticated')
      .when(wish('DenyConsent'))
      .records({ type: 'ConsentDenied', data: {} }, { type: 'AuthorizationFailed', data: { reason: 'consent_denied' } })
  })

  it('double click: the second is told that it is over', () => {
    givenLogin([...histories.authenticated, ...standingAt('authenticated').when(wish('DenyConsent')).decision.events])
      .when(wish('DenyConsent'))
      .refuses('transaction_ended')
  })

  it('two tabs: who agreed in one cannot refuse in the other', () => {
    standingAt('consented').when(wish('DenyConsent')).refuses('step_out_of_order')
    standingAt('code_issued').when(wish('DenyConsent')).refuses('step_out_of_order')
  })
})

describe('IssueCode', () => {
  const issued = { codeDigest: digest('code'), issue: 1, released: ['name'], expiresAt: at(81) }

  it('rule 29: after consent and release; the code lives 60 s', () => {
    standingAt('consented').when(wish('IssueCode')).records({ type: 'CodeIssued', data: issued })
  })

  it('rule 29: nothing is released that was not consented', () => {
    standingAt('consented')
      .when(wish('IssueCode', { released: ['name', 'birthdate'] }))
      .refuses('form_invalid')
    givenLogin([...histories.authenticated, { type: 'ConsentGiven', data: { ...given, claims: ['name'] } }])
      .when(wish('IssueCode', { released: ['name', 'email'] }))
      .refuses('form_invalid')
  })

  it('an ID system may have less than was consented', () => {
    standingAt('consented')
      .when(wish('IssueCode', { released: [] }))
      .records({ type: 'CodeIssued', data: { ...issued, released: [] } })
  })

  it('rule 30: a reload, double click or restart within its 60 s records no second code', () => {
    standingAt('code_issued').when(wish('IssueCode')).records()
    standingAt('code_issued')
      .when(wish('IssueCode', { at: at(80.999) }))
      .records()
    standingAt('code_issued')
      .when(wish('IssueCode', { at: at(81) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_redemption' } })
  })

  it('rule 30: there is no second code beside the first', () => {
    standingAt('code_issued')
      .when(wish('IssueCode', { codeDigest: digest('another'), issue: 2 }))
      .refuses('step_out_of_order')
  })

  it('no code without consent, and none without a proof', () => {
    standingAt('authenticated').when(wish('IssueCode')).refuses('consent_pending')
    standingAt('opened').when(wish('IssueCode')).refuses('step_out_of_order')
    standingAt('none').when(wish('IssueCode')).refuses('transaction_unknown')
  })

  it('rule 13: no code after a withdrawal', () => {
    givenLogin([...histories.consented, { type: 'AccessRevoked', data: { consent: CONSENT } }])
      .when(wish('IssueCode'))
      .refuses('consent_withdrawn')
  })

  it('rule 16: no code for a client that was deactivated meanwhile', () => {
    standingAt('consented', { policy, client: { configuration, active: false } })
      .when(wish('IssueCode'))
      .refuses('client_inactive')
    standingAt('consented', { policy }).when(wish('IssueCode')).refuses('client_inactive')
  })

  it('rule 14: a release that took too long', () => {
    standingAt('consented')
      .when(wish('IssueCode', { at: at(131) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_code' } })
  })
})

describe('FailAuthorization', () => {
  it('the person gives up, or the ID system releases nothing', () => {
    for (const stage of ['opened', 'attempted', 'authenticated', 'consented'] as const)
      for (const reason of ['cancelled', 'login_required', 'release_unavailable'] as const)
        standingAt(stage).when(wish('FailAuthorization', { reason })).records({ type: 'AuthorizationFailed', data: { reason } })
  })

  it('what is over cannot fail again; a code cannot be taken back', () => {
    standingAt('failed').when(wish('FailAuthorization')).refuses('transaction_ended')
    standingAt('closed').when(wish('FailAuthorization')).refuses('transaction_ended')
    standingAt('expired').when(wish('FailAuthorization')).refuses('transaction_expired')
    standingAt('code_issued').when(wish('FailAuthorization')).refuses('step_out_of_order')
    standingAt('exchanged').when(wish('FailAuthorization')).refuses('step_out_of_order')
  })

  it('rule 14: giving up at the deadline is an expiry', () => {
    standingAt('opened')
      .when(wish('FailAuthorization', { at: at(301) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })
})
