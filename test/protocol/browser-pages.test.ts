import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { begin, callbackOf, newParty, PERSON, register, type Party } from '../support/rp.ts'
import { scriptedBrowser, type Page } from '../support/scripted-browser.ts'

/** Right-to-left override and its like: what follows would be read in another order. */
const OVERRIDES = /[\u202a-\u202e\u2066\u2067]/

describe('browser checklist: what every page of a login carries', () => {
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

  /** The first page, the proof, the consent and a page that says no. */
  const pagesOf = async (party: Party): Promise<readonly Page[]> => {
    const begun = await begin(here, party, { with: { prompt: 'consent' } })
    const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    const consent = await begun.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
    expect(consent.has('form-consent')).to.be.true
    return [begun.page, asked, consent, await scriptedBrowser(here.issuer).get(begun.base)]
  }

  it('the content policy lets in nothing from elsewhere, the other headers keep pages apart', async () => {
    for (const { headers, url } of await pagesOf(shop)) {
      const policy = headers['content-security-policy'] ?? ''
      for (const directive of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ])
        expect(policy.split('; '), url.pathname).to.include(directive)
      expect(policy).to.match(/form-action 'self' https:(;|$)/)
      expect(headers, url.pathname).to.include({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'x-frame-options': 'DENY',
      })
      expect(headers['permissions-policy']).to.include('camera=()').and.include('geolocation=()')
    }
  })

  it('a name that would turn the sentence around stands apart and turns nothing', async () => {
    const party = await register(here, await newParty('turned', 'ES256', { client_name: `Good \u202eknaB${'y'.repeat(60)}` }))
    for (const { html, status } of await pagesOf(party)) {
      expect(html).not.to.match(OVERRIDES)
      if (status !== 200) continue
      expect(html).to.match(/<bdi[^>]*>[^<]*Good|\u2068[^<]*Good/)
    }
  })

  it('names of relying parties have 100 characters at most', async () => {
    const refused = await register(here, await newParty('long', 'ES256', { client_name: 'y'.repeat(101) })).catch(String)
    expect(refused).to.include('client_name')
  })

  it('the host that the person goes back to is shown as the network knows it, not as it looks', async () => {
    const party = await register(here, await newParty('looks-alike', 'ES256', { redirect_uris: ['https://xn--bnk-7cd.example/cb'] }))
    const [first] = await pagesOf(party)
    expect(first?.html).to.include('xn--bnk-7cd.example')
  })

  it('no picture of a relying party is loaded: none is taken at registration', async () => {
    const refused = await register(here, await newParty('pictured', 'ES256', { logo_uri: 'https://pictured.example/logo.svg' })).catch(
      String,
    )
    expect(refused).to.include('logo_uri')
  })

  it('what a request says in words is bounded', async () => {
    for (const name of ['ui_locales', 'login_hint', 'claims_locales', 'display', 'state', 'nonce']) {
      const { page } = await begin(here, shop, { with: { [name]: 'x'.repeat(3000) } })
      expect(callbackOf(page).searchParams.get('error'), name).to.equal('invalid_request')
    }
  })
})
