// The attacker wants the victim's login to hang on a cookie that the attacker knows; `src/http/cookies.ts` makes its own secret, and two of one name are none.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, form, requestOf } from '../../support/rp.ts'
import { scriptedBrowser, send } from '../../support/scripted-browser.ts'
import { bindBrowser, readBinding, readCookies } from '../../../src/http/cookies.ts'

describe('attack 22: session fixation and cookie tossing (rule 24)', () => {
  const { here, party } = attacked(['shop'])
  const planted = 'A'.repeat(43)

  it('a cookie that was planted before the login does not become its secret', async () => {
    const { members } = await requestOf(party('shop'))
    const names = ['tx-00000000', 'tx-aaaaaaaa']
    const browser = scriptedBrowser(here().issuer, new Map(names.map((name) => [name, `1.${planted}`])))
    const page = await browser.get(`/authorize?${form(members)}`)
    expect(page.has('form-choose')).to.be.true
    const own = [...browser.cookies].filter(([name]) => name.startsWith('tx-') && !names.includes(name))
    expect(own).to.have.length(1)
    expect(own[0]?.[1]).not.to.include(planted)
  })

  it('a second cookie of the same name, from a sibling domain, closes the login instead of taking it over', async () => {
    const { browser, base } = await begin(here(), party('shop'))
    const [[name = '', value = ''] = []] = browser.cookies
    for (const cookie of [`${name}=1.${planted}; ${name}=${value}`, `${name}=${value}; ${name}=1.${planted}`])
      expect((await send(here().issuer, { path: base, headers: { cookie } })).status).to.equal(403)
    expect((await browser.get(base)).status).to.equal(200)
  })

  it('on https the cookie is a __Host- cookie, and one without the prefix is not read', () => {
    const transaction = `tx_${'a'.repeat(24)}`
    const [line = ''] = bindBrowser(new Map(), transaction, planted, '2026-01-01T00:00:00.000Z', true)
    expect(line)
      .to.match(/^__Host-tx-aaaaaaaa=/)
      .and.include('; Path=/')
      .and.include('; Secure')
      .and.include('; HttpOnly')
    expect(line)
      .to.include('; SameSite=Lax')
      .and.not.match(/domain/i)
    expect(readBinding(readCookies(`tx-aaaaaaaa=1.${planted}`), transaction, true)).to.be.undefined
  })

  it('each login has a secret of its own', async () => {
    const values = new Set<string>()
    for (let number = 0; number < 3; number += 1) values.add([...(await begin(here(), party('shop'))).browser.cookies.values()][0] ?? '')
    expect(values.size).to.equal(3)
  })
})
