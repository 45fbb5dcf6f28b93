import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { accept, begin, callbackOf, newParty, proveByPin, redeem, register, signIn, tokensOf, userinfo, type Party } from '../support/rp.ts'
const LEO = { id: '1774231323', pin: '111111' }
const GENERATED_CODE = 'mosip:idp:acr:generated-code'
const STATIC_CODE = 'mosip:idp:acr:static-code'
const WALLET = 'mosip:idp:acr:linked-wallet'

describe('OpenID Connect Core 1.0 §3.1.2.1, §5.5: what a relying party asks for', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party
  let other: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
    other = await register(here, await newParty('other'))
  })

  after(() => here.end())

  const errorOf = async (more: Readonly<Record<string, string | undefined>>, party = shop): Promise<Readonly<Record<string, string>>> => {
    const begun = await begin(here, party, { with: more })
    const { searchParams } = callbackOf(begun.page)
    expect(searchParams.get('iss'), 'RFC 9207: iss in errors too').to.equal(here.issuer)
    expect(searchParams.get('state')).to.equal(begun.state)
    return Object.fromEntries(searchParams)
  }

  it('prompt=none is always login_required (rule 27)', async () => {
    expect(await errorOf({ prompt: 'none' })).to.include({ error: 'login_required' })
    expect(await errorOf({ prompt: 'none login' })).to.include({ error: 'invalid_request' })
  })

  it('wrong requests are told to the relying party, once it is known to be good', async () => {
    expect(await errorOf({ response_type: 'token' })).to.include({ error: 'unsupported_response_type' })
    expect(await errorOf({ scope: 'profile' })).to.include({ error: 'invalid_scope' })
    expect(await errorOf({ code_challenge: undefined, code_challenge_method: undefined })).to.include({ error: 'invalid_request' })
    expect(await errorOf({ code_challenge_method: 'plain' })).to.include({ error: 'invalid_request' })
    expect(await errorOf({ claims: '{"userinfo":' })).to.include({ error: 'invalid_request' })
    expect(await errorOf({ request: 'e30.e30.' })).to.include({ error: 'request_not_supported' })
  })

  it('prompt=consent asks again where a consent stands; without it, it is not asked (rule 28)', async () => {
    await signIn(here, shop)
    const standing = await begin(here, shop)
    callbackOf(await proveByPin(standing))
    const asked = await begin(here, shop, { with: { prompt: 'consent' } })
    expect((await proveByPin(asked)).has('form-consent')).to.be.true
  })

  it('a wider request asks again, and openid alone is asked once too (rule 28)', async () => {
    const claims = JSON.stringify({ userinfo: { name: { essential: true }, gender: { essential: true } } })
    const begun = await begin(here, shop, { with: { claims } })
    expect((await proveByPin(begun)).has('form-consent')).to.be.true
    const alone = { claims: undefined, scope: 'openid' }
    const first = await begin(here, other, { with: alone })
    const page = await proveByPin(first)
    expect(page.has('form-consent')).to.be.true
    callbackOf(await accept(first.browser, page))
    callbackOf(await proveByPin(await begin(here, other, { with: alone })))
  })

  it('acr_values choose the factors on offer, and acr says which was met', async () => {
    const begun = await begin(here, shop, { with: { acr_values: STATIC_CODE } })
    expect(begun.page.html).to.include('value="pin"').and.not.include('value="otp"')
    const proven = await proveByPin(begun)
    const callback = callbackOf(await accept(begun.browser, proven))
    const tokens = await tokensOf(here, { ...begun, callback, code: callback.searchParams.get('code') ?? '' }, shop)
    expect(tokens.claims()).to.include({ acr: STATIC_CODE })
  })

  it('an essential acr that cannot be met is unmet_authentication_requirements (rule 33)', async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [WALLET] } } })
    expect(await errorOf({ claims })).to.include({ error: 'unmet_authentication_requirements' })
    const either = JSON.stringify({ id_token: { acr: { essential: true, values: [WALLET, GENERATED_CODE] } } })
    const begun = await begin(here, shop, { with: { claims: either } })
    expect(begun.page.html).to.include('value="otp"').and.not.include('value="pin"')
  })

  it('an id_token_hint of somebody else ends in login_required after authentication (rule 27)', async () => {
    const { json } = await redeem(here, shop, await signIn(here, shop))
    const hint = { id_token_hint: String(json['id_token']) }
    callbackOf(
      await accept(
        ...(await (async () => {
          const mine = await begin(here, shop, { with: hint })
          return [mine.browser, await proveByPin(mine)] as const
        })()),
      ),
    )
    const begun = await begin(here, shop, { with: hint })
    const page = await proveByPin(begun, LEO.id, LEO.pin)
    expect(page.status).to.equal(403)
    expect(page.html.replaceAll('&amp;', '&')).to.include('error=login_required')
  })

  it('claims come in the languages that were asked for (OpenID Connect Core §5.2)', async () => {
    const signedIn = await signIn(here, shop, { with: { claims_locales: 'ar fr' } })
    const { json } = await redeem(here, shop, signedIn)
    const { body } = await userinfo(here, String(json['access_token']))
    const members = decodeJwt(body)
    expect(members).to.include.keys('name', 'name#ar', 'name#fr')
    expect(members['name']).to.equal(members['name#ar'])
  })

  it('§5.5: what nobody knows is left out, and an essential claim that the person has not got does not fail the login', async () => {
    // Ravi has no phone number.
    const claims = JSON.stringify({
      userinfo: { phone_number: { essential: true }, name: null, shoe_size: { essential: true }, 'weird"name': null },
      id_token: { sub: null, nickname_of_nobody: { essential: true } },
    })
    const begun = await begin(here, shop, { with: { claims, scope: 'openid phone' } })
    const back = callbackOf(await accept(begun.browser, await proveByPin(begun, '4417098235', '730215'), ['name']))
    const { json } = await redeem(here, shop, { ...begun, code: back.searchParams.get('code') ?? '' })
    const info = decodeJwt((await userinfo(here, String(json['access_token']))).body)
    expect(info).to.include({ name: 'Ravi Kumar' })
    expect(info).not.to.have.any.keys('phone_number', 'shoe_size', 'weird"name')
  })
})
