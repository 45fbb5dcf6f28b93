// The attacker wants a JWT that was signed for one purpose to count for another; the list of types in `src/crypto/client-assertion.ts` stops it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked, present, signedAssertion, told } from '../../support/attacked.ts'
import { begin, call, callbackOf, PAR, requestOf } from '../../support/rp.ts'

describe('attack 8: one kind of JWT for another (RFC 8725 §3.11)', () => {
  const { here, party } = attacked(['shop'])
  const push = async (assertion: string) => present(here(), PAR, assertion, (await requestOf(party('shop'))).members)

  for (const typ of ['oauth-authz-req+jwt', 'at+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'application/at+jwt', '', 7])
    it(`typ ${JSON.stringify(typ)} is no client assertion`, async () => {
      expect(told(await push(await signedAssertion(here(), party('shop'), { header: { typ } })))).to.deep.equal([401, 'invalid_client'])
    })

  it('a request object has no sub, so it is no assertion', async () => {
    expect((await push(await signedAssertion(here(), party('shop'), { claims: { sub: undefined, client_id: 'shop' } }))).status).to.equal(
      401,
    )
  })

  it('an assertion is no request object: those are refused by name, direct and pushed (OpenID Connect Core §3.1.2.6)', async () => {
    const request = await signedAssertion(here(), party('shop'))
    const { page } = await begin(here(), party('shop'), { with: { request } })
    expect(callbackOf(page).searchParams.get('error')).to.equal('request_not_supported')
    const { json } = await call(here(), party('shop'), PAR, { ...(await requestOf(party('shop'))).members, request })
    expect(json['error']).to.equal('request_not_supported')
  })
})
