import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  accept,
  begin,
  call,
  callbackOf,
  newParty,
  PAR,
  PERSON,
  proveByPin,
  redeem,
  register,
  requestOf,
  signIn,
  userinfo,
  type Party,
} from '../support/rp.ts'

const LEO = { id: '1774231323', pin: '111111' }

describe('OpenID Connect Core 1.0 §3.1.2.1 and §5.5.1: parameters of a request that a login follows', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

  const told = async (claims: unknown, tick: readonly string[] = []): Promise<Readonly<Record<string, unknown>>> => {
    const signedIn = await signIn(here, shop, { with: { scope: 'openid', claims: JSON.stringify(claims), prompt: 'consent' }, tick })
    const { json } = await redeem(here, shop, signedIn)
    return decodeJwt((await userinfo(here, String(json['access_token']))).body)
  }

  const error = async (change: Readonly<Record<string, string>>): Promise<unknown> =>
    (await call(here, shop, PAR, (await requestOf(shop, { with: change })).members)).json['error'] ?? 'none'

  describe('§5.5.1: value and values', () => {
    it('a claim that is what was asked for is told, one that is something else is left out, and the login goes on', async () => {
      const both = { gender: { value: 'female', essential: true }, birthdate: { value: '2000-01-01', essential: true } }
      expect(await told({ userinfo: both }))
        .to.include({ gender: 'female' })
        .and.not.have.property('birthdate')
      const one = { gender: { values: ['other', 'female'], essential: true }, birthdate: { values: ['2000-01-01'], essential: true } }
      expect(await told({ userinfo: one }))
        .to.include({ gender: 'female' })
        .and.not.have.property('birthdate')
    })

    it('in whichever language the value is', async () => {
      expect(await told({ userinfo: { name: { value: 'مايا رحيمي', essential: true } } })).to.include({ name: 'Maya Rahimi' })
      expect(await told({ userinfo: { name: { value: 'Somebody Else', essential: true } } })).to.not.have.property('name')
    })

    it('sub with a value: only this person will do (§5.5.1)', async () => {
      const { json } = await redeem(here, shop, await signIn(here, shop))
      const { sub } = decodeJwt(String(json['id_token']))
      const claims = JSON.stringify({ id_token: { sub: { value: sub } } })
      expect((await signIn(here, shop, { with: { claims } })).code).to.have.length.above(20)
      const begun = await begin(here, shop, { with: { claims } })
      const page = await proveByPin(begun, LEO.id, LEO.pin)
      expect(page.html).to.include('error=login_required')
    })

    it('a member of the wrong type is refused', async () => {
      for (const entry of [
        { values: 'female' },
        { essential: 'yes' },
        { purpose: 7 },
        { purpose: 'x'.repeat(301) },
        { max_age: 'old' },
        'yes',
        [],
      ])
        expect(await error({ claims: JSON.stringify({ userinfo: { gender: entry } }) }), JSON.stringify(entry)).to.equal('invalid_request')
    })
  })

  describe('login_hint', () => {
    it('is offered by its end, on no page as a whole, and taken when the field is left empty', async () => {
      const begun = await begin(here, shop, { with: { login_hint: PERSON.id, prompt: 'consent' } })
      expect(begun.page.html).to.include('1571').and.to.not.include(PERSON.id)
      const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { factor: 'pin' } })
      const proven = await begun.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
      expect(callbackOf(await accept(begun.browser, proven)).searchParams.get('code')).to.have.length.above(20)
      for (const html of begun.browser.seen) expect(html).to.not.include(PERSON.id)
    })

    it('binds nobody: who types another identifier signs in with that', async () => {
      const { code } = await signIn(here, shop, { with: { login_hint: LEO.id, prompt: 'consent' } })
      expect(code).to.have.length.above(20)
    })

    it('says nothing of whether it is known, and what can be no identifier is no hint', async () => {
      const unknown = await begin(here, shop, { with: { login_hint: '1000000009' } })
      expect(unknown.page.html).to.include('0009')
      const none = await begin(here, shop, { with: { login_hint: 'somebody' } })
      expect(none.page.html).to.not.include('somebody')
      const asked = await none.browser.submit(none.page, 'form-choose', { values: { factor: 'pin' } })
      expect(asked.has('form-choose')).to.equal(true)
    })
  })

  it('max_age: every login meets it, by a proof of now, and auth_time says when', async () => {
    for (const max_age of ['0', '1', '100000000']) {
      const signedIn = await signIn(here, shop, { with: { max_age } })
      const { json } = await redeem(here, shop, signedIn)
      const { auth_time: at, iat = 0 } = decodeJwt(String(json['id_token']))
      expect(at)
        .to.be.a('number')
        .within(iat - 30, iat)
    }
    for (const max_age of ['-1', '1.5', 'never', '1'.repeat(10)]) expect(await error({ max_age }), max_age).to.equal('invalid_request')
  })

  it('prompt: login and select_account ask the person as always, unknown words and none beside another are refused', async () => {
    for (const prompt of ['login', 'select_account', 'login consent']) {
      const { page } = await begin(here, shop, { with: { prompt } })
      expect(page.has('form-choose'), prompt).to.equal(true)
    }
    for (const prompt of ['none login', 'create', 'LOGIN']) expect(await error({ prompt }), prompt).to.equal('invalid_request')
  })

  it('display: one page suits all of them, and no other word is one', async () => {
    for (const display of ['page', 'popup', 'touch', 'wap']) {
      const { page } = await begin(here, shop, { with: { display } })
      expect(page.has('form-choose'), display).to.equal(true)
    }
    expect(await error({ display: 'Page' })).to.equal('invalid_request')
  })

  it('ui_locales: best first, none required; what the person chooses on a page wins', async () => {
    for (const [uiLocales, language] of [
      ['fr', 'fr'],
      ['xx fr-CA en', 'fr'],
      ['ar-EG', 'ar'],
      ['xx', 'en'],
    ] as const) {
      const { page } = await begin(here, shop, { with: { ui_locales: uiLocales } })
      expect(page.html, uiLocales).to.match(new RegExp(`<html[^>]*lang="?${language}`))
    }
  })

  it('essential acr with values: the factors that lead to one of them are on offer, and it is stated (§5.5.1.1, rule 33)', async () => {
    const acr = { essential: true, values: ['urn:of:nobody', 'mosip:idp:acr:static-code'] }
    const claims = JSON.stringify({ id_token: { acr } })
    const begun = await begin(here, shop, { with: { claims, prompt: 'consent' } })
    expect(begun.page.html).to.not.include('factor-otp')
    const callback = callbackOf(await accept(begun.browser, await proveByPin(begun)))
    const { json } = await redeem(here, shop, { ...begun, code: callback.searchParams.get('code') ?? '' })
    expect(decodeJwt(String(json['id_token']))).to.include({ acr: 'mosip:idp:acr:static-code' })
  })

  it('parameters that nobody knows are ignored, and one that comes twice is refused (RFC 6749 §3.1)', async () => {
    expect(await error({ unheard_of: 'x', 'claims#fr': '{' })).to.equal('none')
    const { browser } = await begin(here, shop)
    const { members } = await requestOf(shop)
    const twice = await browser.get(`/authorize?${new URLSearchParams(members).toString()}&scope=openid`)
    expect(twice.status).to.equal(400)
  })
})
