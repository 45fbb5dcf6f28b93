// The attacker wants one request to keep the broker busy; the bounds of `src/http/app.ts`, `src/http/parameters.ts` and `src/crypto/client-assertion.ts` stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked, post, present, signedAssertion } from '../../support/attacked.ts'
import { begin, form, PAR, requestOf, TOKEN, userinfo } from '../../support/rp.ts'
import { scriptedBrowser, send } from '../../support/scripted-browser.ts'

/** What grows faster than its input takes minutes; a slow machine takes a second. */
const SLOW_MS = 10_000

describe('attack 34: ReDoS and huge tokens', () => {
  const { here, party } = attacked(['shop'])
  const quickly = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    const result = await act()
    expect(performance.now() - began, what).to.be.below(SLOW_MS)
    return result
  }

  it('a JWT of a mebibyte is refused by size, as assertion and as token', async () => {
    const huge = `${'A'.repeat(1024 * 1024)}.A.A`
    for (const path of [PAR, TOKEN]) expect((await quickly(path, () => present(here(), path, huge))).status).to.be.oneOf([401, 413])
    const got = await quickly('userinfo', () => userinfo(here(), huge).catch(() => undefined))
    expect(got?.status ?? 431).to.be.oneOf([400, 401, 431])
  })

  it('zip is refused (RFC 8725 §3.6)', async () => {
    const assertion = await signedAssertion(here(), party('shop'), { header: { zip: 'DEF' } })
    expect((await present(here(), PAR, assertion, (await requestOf(party('shop'))).members)).status).to.equal(401)
  })

  it('text that is hard for patterns is not hard', async () => {
    const hard = [`${'a'.repeat(15_000)}!`, '-'.repeat(15_000), `${'a-'.repeat(7000)}#`, `${' '.repeat(15_000)}x`, '%20'.repeat(4000)]
    for (const name of [
      'ui_locales',
      'acr_values',
      'scope',
      'prompt',
      'client_id',
      'redirect_uri',
      'code_challenge',
      'claims_locales',
      'request_uri',
      'id_token_hint',
    ])
      for (const text of hard) {
        const { members } = await requestOf(party('shop'), { with: { [name]: text } })
        const got = await quickly(`${name} ${text.slice(0, 10)}`, () => post(here(), '/authorize', members))
        expect(got.status).to.be.below(500)
      }
    for (const text of hard)
      expect((await quickly('code', () => post(here(), TOKEN, { code: text, code_verifier: text }))).status).to.be.oneOf([401, 413])
    for (const text of hard)
      await quickly('cookie', () => send(here().issuer, { path: '/login/x', headers: { cookie: `a="${text.slice(0, 7000)}` } }))
  })

  it('an identifier that is hard for patterns is not hard', async () => {
    const begun = await begin(here(), party('shop'))
    for (const text of [`${'a'.repeat(200)}@${'a.'.repeat(3000)}`, '1'.repeat(10_000), `+${'1'.repeat(10_000)}x`]) {
      const page = await quickly(text.slice(0, 10), () =>
        begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: text, factor: 'pin' } }),
      )
      expect(page.status).to.be.within(200, 499)
    }
    expect((await scriptedBrowser(here().issuer).get(`/authorize?${form({ client_id: 'x' })}`)).status).to.equal(400)
  })
})
