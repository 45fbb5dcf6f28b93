// A relying party wants more claims than it registered and the person agreed to; `domain/claims.ts` reads narrowly and `src/steps/agree.ts` takes only what was asked.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { decodeJwt } from 'jose'
import { attacked } from '../../support/attacked.ts'
import { begin, call, callbackOf, newParty, PAR, proveByPin, redeem, register, requestOf, signIn, userinfo } from '../../support/rp.ts'

describe('attack 26: more claims than were agreed to (OpenID Connect Core §5.5)', () => {
  const { here, party } = attacked(['shop'])
  const refusedBoth = async (claims: string): Promise<void> => {
    const { status, json } = await call(here(), party('shop'), PAR, (await requestOf(party('shop'), { with: { claims } })).members)
    expect([status, json['error']]).to.deep.equal([400, 'invalid_request'])
    const { page } = await begin(here(), party('shop'), { with: { claims } })
    if (page.headers['location'] === undefined) expect(page.status).to.be.within(400, 499)
    else expect(callbackOf(page).searchParams.get('error')).to.equal('invalid_request')
  }

  it('deep JSON is refused', () => refusedBoth(`{"userinfo":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`))
  it('a thousand keys are refused', () =>
    refusedBoth(JSON.stringify({ userinfo: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`c${index}`, null])) })))
  it('no JSON, lists and wrong shapes are refused', async () => {
    for (const claims of ['[]', '7', '{"userinfo":[]}', '{"userinfo":{"name":"yes"}}', '{"userinfo":{"name":{"essential":"true"}}}', '{'])
      await refusedBoth(claims)
  })
  it('ten thousand keys are refused by size', async () => {
    const claims = JSON.stringify({ userinfo: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`c${index}`, null])) })
    const { status } = await call(here(), party('shop'), PAR, (await requestOf(party('shop'), { with: { claims } })).members)
    expect(status).to.be.oneOf([400, 413])
  })

  it('__proto__ and its like change nothing', async () => {
    const claims =
      '{"__proto__":{"userinfo":{"gender":null}},"userinfo":{"__proto__":{"essential":true},"constructor":null,"name":{"essential":true,"__proto__":{"x":1}}}}'
    const signedIn = await signIn(here(), party('shop'), { with: { scope: 'openid', claims } })
    const { json } = await redeem(here(), party('shop'), signedIn)
    expect(Object.keys(decodeJwt((await userinfo(here(), String(json['access_token']))).body)).sort()).to.deep.equal([
      'aud',
      'iat',
      'iss',
      'name',
      'sub',
    ])
    expect(({} as Record<string, unknown>)['x']).to.be.undefined
    expect(({} as Record<string, unknown>)['essential']).to.be.undefined
  })

  it('what is not registered is not asked for and not released, whoever calls it essential', async () => {
    const small = await register(here(), await newParty('small', 'ES256', { claims: ['name'], scope: 'openid profile' }))
    const claims = JSON.stringify({
      userinfo: {
        name: null,
        birthdate: { essential: true },
        phone_number: { essential: true },
        verified_claims: { verification: { trust_framework: null }, claims: { birthdate: null } },
      },
    })
    const signedIn = await signIn(here(), small, { with: { claims }, tick: ['name'] })
    const { json } = await redeem(here(), small, signedIn)
    expect(decodeJwt((await userinfo(here(), String(json['access_token']))).body))
      .to.include.keys('name')
      .and.not.have.any.keys('birthdate', 'phone_number', 'verified_claims')
  })

  it('what the person refused is not released, and a forged form does not agree to it', async () => {
    const begun = await begin(here(), party('shop'))
    const page = await proveByPin(begun)
    const pairs = page
      .form('form-consent')
      .fields.filter(({ type }) => type === 'hidden')
      .map(({ name, value }) => [name, value] as const)
    const forged = await begun.browser.post(page.form('form-consent').action, [...pairs, ['claims', 'nickname'], ['action', 'accept']])
    expect(forged.status).to.be.within(400, 499)
    const signedIn = await signIn(here(), party('shop'))
    const { json } = await redeem(here(), party('shop'), signedIn)
    expect(decodeJwt((await userinfo(here(), String(json['access_token']))).body)).not.to.have.any.keys(
      'email',
      'phone_number',
      'picture',
      'nickname',
    )
  })
})
