// The attacker wants a header of theirs in our answer; `src/http/parameters.ts` takes no control characters, and `src/http/authorization-response.ts` encodes the rest.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, form, requestOf } from '../../support/rp.ts'
import { send } from '../../support/scripted-browser.ts'
import { withQuery } from '../../../src/http/authorization-response.ts'

describe('attack 24: response splitting', () => {
  const { here, party } = attacked(['shop'])

  for (const name of ['state', 'nonce', 'redirect_uri', 'client_id', 'ui_locales', 'scope', 'error_description'])
    it(`a line break in ${name} is refused without a header of it`, async () => {
      for (const end of ['\r\nSet-Cookie: evil=1', '\nLocation: https://evil.example', '\u0000', '\r', '\u007f']) {
        const { members } = await requestOf(party('shop'), { with: { [name]: `a${end}` } })
        const got = await send(here().issuer, { path: `/authorize?${form(members)}` })
        expect([got.status, got.headers['location']]).to.deep.equal([400, undefined])
        expect(got.cookies.join()).not.to.include('evil')
      }
    })

  it('what looks like a line break after one more decoding stays text', async () => {
    const state = 'a%0d%0aSet-Cookie: evil=1\u560d\u560a'
    const { page } = await begin(here(), party('shop'), { with: { state, prompt: 'none' } })
    expect(page.url.searchParams.get('state')).to.equal(state)
    expect(page.headers['location']).to.match(/^[\x21-\x7e]+$/)
  })

  it('the way back is written without line breaks, whatever it is made of', () => {
    expect(withQuery('https://shop.example/cb', [['state', 'a\r\nb']])).to.match(/^[\x21-\x7e]+$/)
  })
})
