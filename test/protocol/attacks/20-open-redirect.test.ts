// The attacker wants our address to lead to theirs; the exact match before any redirect in `src/http/authorize.ts` stops it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, form, requestOf } from '../../support/rp.ts'
import { scriptedBrowser, send } from '../../support/scripted-browser.ts'

describe('attack 20: open redirects (RFC 9700 §4.11)', () => {
  const { here, party } = attacked(['shop'])

  for (const uri of [
    'https://evil.example/cb',
    'https://shop.example.evil.example/cb',
    'https://shop.example/cb/',
    'https://shop.example/cb?x=1',
    'https://shop.example/cb#x',
    'https://shop.example:443/cb',
    'https://SHOP.example/cb',
    'https://shop.example/%63b',
    'https://shop.example@evil.example/cb',
    'https://shop.example/x/../cb',
    '//evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
  ])
    it(`${uri} is nowhere to go, even for an error`, async () => {
      for (const more of [{}, { prompt: 'none' }, { scope: 'x' }, { response_mode: 'form_post' }]) {
        const { page } = await begin(here(), party('shop'), { with: { redirect_uri: uri, ...more } })
        expect([page.status, page.headers['location']]).to.deep.equal([400, undefined])
        expect(page.html).not.to.include(uri)
      }
    })

  it('state comes back as it was, and cannot add parameters', async () => {
    const state = 'a&code=stolen#x?y=1'
    const { page } = await begin(here(), party('shop'), { with: { prompt: 'none', state } })
    expect(page.url.searchParams.get('state')).to.equal(state)
    expect(page.url.searchParams.get('code')).to.be.null
    expect(page.url.hash).to.equal('')
  })

  it('paths with two slashes and the language menu stay with us', async () => {
    for (const path of ['//evil.example', '/\\evil.example', '//evil.example/login?ui_locales=fr', '/login/..//evil.example']) {
      const got = await send(here().issuer, { path, headers: { accept: 'text/html' } })
      expect([got.status, got.headers['location']], path).to.deep.equal([404, undefined])
      expect(got.body).not.to.match(/(?:href|action)="?(?:\/\/|https?:)[^" ]*evil/)
    }
  })

  it('an unknown client is not led anywhere', async () => {
    const { members } = await requestOf(party('shop'))
    const page = await scriptedBrowser(here().issuer).get(`/authorize?${form({ ...members, client_id: 'nobody' })}`)
    expect([page.status, page.headers['location']]).to.deep.equal([400, undefined])
  })
})
