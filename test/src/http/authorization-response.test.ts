import { expect } from 'chai'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { authorizationResponse, type AuthorizationAnswer, type ResponseTarget } from '../../../src/http/authorization-response.ts'
import { ERRORS } from '../../../src/http/errors.ts'
import { frameOf } from '../../../src/http/frame.ts'
import type { Reply, Request } from '../../../src/http/reply.ts'
import { house, ISSUER, type House } from './house.ts'

const REQUEST: Request = {
  method: 'GET',
  path: '/authorize',
  params: {},
  query: new Map(),
  form: new Map(),
  headers: {},
  cookies: new Map(),
  network: 'unknown',
  requestId: '00000000-0000-4000-8000-000000000000',
  at: '2026-11-24T12:00:00.000Z',
}

describe('the way back to the relying party (RFC 6749 §4.1.2, RFC 9207)', () => {
  let place: House
  before(async () => {
    place = await house()
  })
  after(() => place.close())

  const reply = (target: Partial<ResponseTarget>, answer: AuthorizationAnswer = { code: 'the.code' }): Reply =>
    authorizationResponse(
      { redirectUri: 'https://rp.example/cb', responseMode: 'query', issuer: ISSUER, ...target },
      answer,
      frameOf(place.world, REQUEST, 'en'),
    )
  const location = (...by: Parameters<typeof reply>): string => String(reply(...by).headers['location'])

  it('code, state and iss, by 303', () => {
    expect(reply({ state: 'a b&c=d' }).status).to.equal(303)
    expect(location({ state: 'a b&c=d' })).to.equal('https://rp.example/cb?code=the.code&state=a+b%26c%3Dd&iss=https%3A%2F%2Fid.example')
  })

  it('iss and state in errors too: against mix-up (attack 1)', () => {
    expect(location({ state: 's' }, { refusal: 'consent_denied' })).to.equal(
      'https://rp.example/cb?error=access_denied&error_description=The+person+did+not+consent.&state=s&iss=https%3A%2F%2Fid.example',
    )
    const own = { error: 'request_uri_not_supported', error_description: 'Not here.' }
    expect(location({}, { error: own }))
      .to.include('error=request_uri_not_supported')
      .and.not.include('state')
  })

  it('keeps the query that the redirect URI was registered with', () => {
    expect(location({ redirectUri: 'https://rp.example/cb?a=1' })).to.match(/^https:\/\/rp\.example\/cb\?a=1&code=/)
    expect(location({ redirectUri: 'https://rp.example/cb?' })).to.match(/^https:\/\/rp\.example\/cb\?code=/)
    expect(location({ redirectUri: 'com.example.app:/cb' })).to.match(/^com\.example\.app:\/cb\?code=/)
    expect(location({ redirectUri: 'https://rp.example/ü' })).to.match(/^https:\/\/rp\.example\/%C3%BC\?code=/)
  })

  it('form_post: a page that posts the same', () => {
    const { status, headers, body } = reply({ responseMode: 'form_post', state: '"><script>' })
    expect(status).to.equal(200)
    expect(headers['location']).to.equal(undefined)
    expect(headers['content-security-policy']).to.include("form-action 'self' https:;")
    expect(body).to.include('action="https://rp.example/cb"').and.include('name="code"').and.include('name="iss"')
    expect(body).not.to.include('"><script>')
  })

  it('state comes back as it was sent, and can split no header (attack 24)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (state) => {
        const to = location({ state })
        expect(to).to.match(/^[\x21-\x7e]+$/)
        expect(new URL(to).searchParams.get('state')).to.equal(state.toWellFormed())
      }),
      { numRuns: 100 },
    )
  })

  it('before client and redirect URI are known to be good nothing goes back', () => {
    for (const refusal of ['client_unknown', 'client_inactive', 'redirect_uri_not_registered', 'wrong_browser'] as const)
      expect(ERRORS[refusal].redirectable).to.equal(false)
    expect(ERRORS.login_required.redirectable).to.equal(true)
  })
})
