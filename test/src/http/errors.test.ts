import { expect } from 'chai'
import { describe, it } from 'mocha'
import { REFUSALS } from '../../../domain/refusals.ts'
import { userinfoError, ERRORS, oauthError, tokenError } from '../../../src/http/errors.ts'

/** RFC 6749 §4.1.2.1, §5.2; OpenID Connect Core §3.1.2.6; RFC 9126; RFC 6750; RFC 7591; Unmet Authentication Requirements 1.0. */
const REGISTERED = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'invalid_scope',
  'access_denied',
  'temporarily_unavailable',
  'login_required',
  'invalid_request_uri',
  'request_not_supported',
  'invalid_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'invalid_client_metadata',
  'unmet_authentication_requirements',
]

/** Nothing may be sent to a redirect URI that is not known to be good, nor for a sign-in that is not this browser's. */
const NEVER_BACK = [
  'client_unknown',
  'client_inactive',
  'redirect_uri_not_registered',
  'wrong_browser',
  'transaction_unknown',
  'origin_refused',
  'parameter_repeated',
]

describe('errors: one row for each refusal', () => {
  for (const refusal of REFUSALS) {
    it(refusal, () => {
      const { oauth, status, description, redirectable } = ERRORS[refusal]
      expect(REGISTERED).to.include(oauth)
      expect(status).to.be.within(400, 503)
      // RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
      expect(description).to.match(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{10,120}\.$/)
      if (NEVER_BACK.includes(refusal)) expect(redirectable).to.equal(false)
    })
  }

  it('what tells clients, codes and assertions apart is not told', () => {
    expect(oauthError('code_of_other_client')).to.deep.equal(oauthError('code_unknown'))
    expect(oauthError('assertion_replayed')).to.deep.equal(oauthError('client_authentication_failed'))
    for (const refusal of ['client_unknown', 'client_inactive', 'assertion_replayed'] as const)
      expect(tokenError(refusal)).to.deep.equal(tokenError('client_authentication_failed'))
    expect(oauthError('factor_limited')).to.deep.equal(oauthError('factor_wrong'))
  })
})

describe('error replies', () => {
  it('token and PAR: JSON of RFC 6749 §5.2', () => {
    expect(tokenError('code_expired')).to.deep.equal({
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"error":"invalid_grant","error_description":"The code has expired."}',
    })
    expect(tokenError('client_authentication_failed').status).to.equal(401)
    expect(tokenError('client_authentication_failed').headers['www-authenticate']).to.equal(undefined)
    const basic = tokenError('client_authentication_failed', { headers: { authorization: 'Basic abc' } })
    expect(basic.headers['www-authenticate']).to.equal('Basic realm="token"')
    expect(tokenError('too_many_requests').headers).to.include({ 'retry-after': '60' })
  })

  it('userinfo: WWW-Authenticate of RFC 6750 §3', () => {
    expect(userinfoError('token_missing').headers['www-authenticate']).to.deep.equal([
      'Bearer realm="userinfo"',
      'DPoP realm="userinfo", algs="ES256 PS256 EdDSA RS256"',
    ])
    expect(userinfoError('token_expired').headers['www-authenticate']).to.equal(
      'Bearer realm="userinfo", error="invalid_token", error_description="The access token has expired."',
    )
    const limited = userinfoError('userinfo_limited')
    expect(limited.status).to.equal(429)
    expect(limited.headers).to.have.keys('content-type', 'retry-after')
    expect(userinfoError('client_inactive').status).to.equal(401)
  })
})
