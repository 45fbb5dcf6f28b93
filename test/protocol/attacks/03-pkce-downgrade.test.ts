// The attacker wants PKCE out of the way so that a stolen code is enough; `domain/authorization-request.ts` demands S256 and `domain/transaction/grant.ts` compares both ways.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, call, callbackOf, grantOf, newParty, PAR, redeem, register, requestOf, signIn, TOKEN } from '../../support/rp.ts'

describe('attack 3: PKCE downgrade (RFC 9700 §4.8.2)', () => {
  const { here, party } = attacked(['shop'])
  const weak: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
    ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with a plain challenge', { code_challenge_method: 'plain' }],
    ['without a method, which means plain', { code_challenge_method: undefined }],
    ['with a method of another case', { code_challenge_method: 's256' }],
    ['with a challenge too short', { code_challenge: 'abc' }],
  ]
  for (const [what, more] of weak)
    it(`a request ${what} is refused, direct and pushed`, async () => {
      const { page } = await begin(here(), party('shop'), { with: more })
      expect(callbackOf(page).searchParams.get('error')).to.equal('invalid_request')
      const { status, json } = await call(here(), party('shop'), PAR, (await requestOf(party('shop'), { with: more })).members)
      expect([status, json['error']]).to.deep.equal([400, 'invalid_request'])
    })

  it('a verifier for a code that was issued without a challenge is refused', async () => {
    const old = await register(here(), await newParty('old', 'ES256', { profile: 'compatible', require_pkce: false }))
    const without = { code_challenge: undefined, code_challenge_method: undefined }
    const signedIn = await signIn(here(), old, { with: without })
    expect((await redeem(here(), old, signedIn)).json['error']).to.equal('invalid_grant')
    const honest = await signIn(here(), old, { with: without })
    const { code_verifier: _none, ...grant } = grantOf(old, honest)
    expect((await call(here(), old, TOKEN, grant)).status).to.equal(200)
  })

  it('a code that was issued with a challenge is not redeemed without a verifier, or with the challenge itself', async () => {
    const signedIn = await signIn(here(), party('shop'))
    const { code_verifier: _none, ...grant } = grantOf(party('shop'), signedIn)
    expect((await call(here(), party('shop'), TOKEN, grant)).json['error']).to.equal('invalid_grant')
    const asked = await signIn(here(), party('shop'))
    const challenge = new URL(asked.path, here().issuer).searchParams.get('code_challenge') ?? ''
    expect((await redeem(here(), party('shop'), { ...asked, verifier: challenge })).json['error']).to.equal('invalid_grant')
  })
})
