// The attacker wants to speak as a client with an assertion that was seen or forged; `src/http/guards/client-authentication.ts` (single use) and `src/crypto/client-assertion.ts` stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked, present, secondsOf, signedAssertion, told } from '../../support/attacked.ts'
import { readEvents, sealedRows, typesOf } from '../../support/broker.ts'
import { grantOf, newParty, PAR, requestOf, signIn, TOKEN, userinfo } from '../../support/rp.ts'

describe('attack 7: client assertions used again or badly made (RFC 7523 §3, rule 32)', () => {
  const { here, party } = attacked()
  const push = async (assertion: string) => present(here(), PAR, assertion, (await requestOf(party('shop'))).members)
  const refused = [401, 'invalid_client']

  it('is taken once, and of 20 at once once', async () => {
    const assertion = await signedAssertion(here(), party('shop'))
    expect((await push(assertion)).status).to.equal(201)
    const kept = sealedRows(here().data)
    expect(told(await push(assertion))).to.deep.equal(refused)
    const raced = await signedAssertion(here(), party('shop'))
    const replies = await Promise.all(Array.from({ length: 20 }, () => push(raced)))
    expect(replies.filter(({ status }) => status === 201)).to.have.length(1)
    expect(sealedRows(here().data), 'what the others pushed fills no vault').to.equal(kept + 1)
    expect(readEvents(here().data, `type = 'AuthorizationStarted'`)).to.have.length(2)
  })

  it('used again at the token endpoint it burns no code, and kills no tokens', async () => {
    const shop = party('shop')
    const signedIn = await signIn(here(), shop)
    const used = await signedAssertion(here(), shop)
    expect((await push(used)).status).to.equal(201)
    const redeemed = async (assertion: string) => present(here(), TOKEN, assertion, grantOf(shop, signedIn))
    expect(told(await redeemed(used))).to.deep.equal(refused)
    const types = typesOf(here().data, signedIn.transaction)
    expect(types.at(-1)).to.equal('CodeIssued')
    const { status, json } = await redeemed(await signedAssertion(here(), shop))
    expect(status).to.equal(200)
    expect(told(await redeemed(used)), 'a replay of both').to.deep.equal(refused)
    expect(typesOf(here().data, signedIn.transaction)).to.deep.equal([...types, 'TokenExchanged'])
    expect((await userinfo(here(), String(json['access_token']))).status).to.equal(200)
  })

  const wrong: readonly (readonly [string, (now: number) => Readonly<Record<string, unknown>>])[] = [
    ['an exp far ahead', (now) => ({ exp: now + 301 + 60 })],
    ['no exp', () => ({ exp: undefined })],
    ['an exp that passed', (now) => ({ exp: now - 1 })],
    ['an iat 61 s ahead and more', (now) => ({ iat: now + 65 })],
    ['an nbf 61 s ahead and more', (now) => ({ nbf: now + 65 })],
    ['no sub', () => ({ sub: undefined })],
    ['an iss that is not the sub', () => ({ iss: 'other' })],
    ['no jti', () => ({ jti: undefined })],
    ['a jti that is too long', () => ({ jti: 'j'.repeat(129) })],
    ['a jti that is a number', () => ({ jti: 7 })],
  ]
  for (const [what, claims] of wrong)
    it(`with ${what} it proves nothing`, async () => {
      expect(told(await push(await signedAssertion(here(), party('shop'), { claims: claims(secondsOf(here())) })))).to.deep.equal(refused)
    })

  it('by a wrong key, or the key of another client, it proves nothing', async () => {
    expect(told(await push(await signedAssertion(here(), await newParty('shop'))))).to.deep.equal(refused)
    expect(told(await push(await signedAssertion(here(), { ...party('other'), id: 'shop' })))).to.deep.equal(refused)
  })

  it('a clock that is 10 s ahead is no attack (FAPI 2.0 §5.3.2.1-13)', async () => {
    const now = secondsOf(here())
    expect((await push(await signedAssertion(here(), party('shop'), { claims: { iat: now + 10, nbf: now + 10 } }))).status).to.equal(201)
  })
})
