// The attacker wants two parts of the house to read two different values of one parameter; `src/http/parameters.ts` and `src/http/app.ts` refuse what comes twice.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ASSERTION_TYPE, attacked, post, signedAssertion } from '../../support/attacked.ts'
import { form, FORM, grantOf, PAR, requestOf, signIn, TOKEN } from '../../support/rp.ts'
import { send } from '../../support/scripted-browser.ts'

describe('attack 15: parameter pollution (RFC 6749 §3.1)', () => {
  const { here, party } = attacked()
  const authenticated = async () =>
    form({ client_assertion: await signedAssertion(here(), party('shop')), client_assertion_type: ASSERTION_TYPE })

  it('a parameter that comes twice is refused at each door, whichever value is good', async () => {
    const { members } = await requestOf(party('shop'))
    for (const twice of [
      'client_id=other',
      'client_id=shop',
      'redirect_uri=https://evil.example',
      'scope=openid',
      'x=1&x=1',
      'client%5Fid=other',
    ]) {
      const got = await send(here().issuer, { path: `/authorize?${form(members)}&${twice}` })
      expect([got.status, got.headers['location']], twice).to.deep.equal([400, undefined])
      const pushed = await post(here(), PAR, `${form(members)}&${await authenticated()}&${twice}`)
      expect([pushed.status, pushed.json['error']], twice).to.deep.equal([400, 'invalid_request'])
    }
  })

  it('a code that comes twice is refused, and burns nothing', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const grant = form(grantOf(party('shop'), signedIn))
    expect((await post(here(), TOKEN, `${grant}&${await authenticated()}&code=x`)).json['error']).to.equal('invalid_request')
    expect((await post(here(), TOKEN, `${grant}&${await authenticated()}`)).status).to.equal(200)
  })

  it('query and body together are refused', async () => {
    const { members } = await requestOf(party('shop'))
    for (const path of [PAR, TOKEN]) {
      const got = await post(here(), `${path}?scope=openid`, `${form(members)}&${await authenticated()}`)
      expect([got.status, got.json['error']]).to.deep.equal([400, 'invalid_request'])
    }
  })

  it('other charsets, overlong UTF-8 and lone surrogates are refused', async () => {
    const body = `${form((await requestOf(party('shop'))).members)}&${await authenticated()}`
    for (const type of [
      'application/x-www-form-urlencoded; charset=utf-7',
      'application/x-www-form-urlencoded; charset=utf-16',
      'application/json',
      'text/plain',
    ])
      expect((await post(here(), PAR, body, { 'content-type': type })).status, type).to.be.within(400, 415)
    for (const odd of ['%c0%af', '%ed%a0%80', '%zz', '%00', '%'])
      expect((await post(here(), PAR, `${body}&y=${odd}`, FORM)).json['error'], odd).to.equal('invalid_request')
  })
})
