// The attacker wants a token to be taken where another kind belongs; the stored digest of the one token that is honoured (`domain/transaction/grant.ts`) and its type (`domain/tokens.ts`) stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { attacked, present, signedAssertion } from '../../support/attacked.ts'
import { PAR, redeem, requestOf, signIn, userinfo } from '../../support/rp.ts'

describe('attack 31: one token for another (RFC 8725 §3.11 and §3.12)', () => {
  const { here, party } = attacked()

  it('an ID token, userinfo and an assertion are no access tokens', async () => {
    const { json } = await redeem(here(), party('shop'), await signIn(here(), party('shop')))
    const access = String(json['access_token'])
    const info = await userinfo(here(), access)
    expect(info.status).to.equal(200)
    for (const token of [String(json['id_token']), info.body, await signedAssertion(here(), party('shop'))]) {
      const got = await userinfo(here(), token)
      expect(got.status).to.equal(401)
      expect(got.headers['www-authenticate']).to.include('error="invalid_token"')
    }
  })

  it('an assertion that bears the jti of an access token is none', async () => {
    const { json } = await redeem(here(), party('shop'), await signIn(here(), party('shop')))
    const { jti } = decodeJwt(String(json['access_token']))
    const forged = await signedAssertion(here(), party('shop'), {
      header: { typ: 'at+jwt' },
      claims: { ...decodeJwt(String(json['access_token'])), jti },
    })
    expect((await userinfo(here(), forged)).status).to.equal(401)
  })

  it('an access token or ID token is no client assertion', async () => {
    const { json } = await redeem(here(), party('shop'), await signIn(here(), party('shop')))
    for (const name of ['access_token', 'id_token'])
      expect((await present(here(), PAR, String(json[name]), (await requestOf(party('shop'))).members)).status).to.equal(401)
  })

  it('each says what it is and for whom', async () => {
    const { json } = await redeem(here(), party('shop'), await signIn(here(), party('shop')))
    const [access, id] = [String(json['access_token']), String(json['id_token'])]
    expect([decodeProtectedHeader(access).typ, decodeJwt(access).aud]).to.deep.equal(['at+jwt', here().issuer])
    expect([decodeProtectedHeader(id).typ, decodeJwt(id).aud]).to.deep.equal(['JWT', 'shop'])
  })
})
