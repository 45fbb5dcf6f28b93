// The attacker wants a relying party to send the code of one provider to another; `iss` in every answer (`src/http/authorization-response.ts`) stops it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { accept, begin, callbackOf, proveByPin, signIn } from '../../support/rp.ts'

describe('attack 1: mix-up (RFC 9207 §2, RFC 9700 §4.4.2)', () => {
  const { here, party } = attacked(['shop'])

  it('a success names its issuer, once and exactly', async () => {
    const { callback } = await signIn(here(), party('shop'))
    expect(callback.searchParams.getAll('iss')).to.deep.equal([here().issuer])
  })

  it('an error that no page was shown for names it', async () => {
    const { page, state } = await begin(here(), party('shop'), { with: { prompt: 'none' } })
    expect(callbackOf(page).searchParams.getAll('iss')).to.deep.equal([here().issuer])
    expect(page.url.searchParams.get('state')).to.equal(state)
  })

  it('a refusal of the person names it', async () => {
    const { browser, page } = await begin(here(), party('shop'))
    const back = callbackOf(await browser.submit(page, 'form-cancel'))
    expect(back.searchParams.getAll('iss')).to.deep.equal([here().issuer])
  })

  it('form_post names it too', async () => {
    const begun = await begin(here(), party('shop'), { with: { response_mode: 'form_post' } })
    const page = await accept(begun.browser, await proveByPin(begun))
    expect(page.html).to.match(new RegExp(`name="?iss"? value="?${here().issuer}`))
  })
})
