// The attacker wants a page of theirs to act in the person's login; the bound form token (`src/http/csrf.ts`) and `Origin` (`src/http/origin.ts`) stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { typesOf } from '../../support/broker.ts'
import { attacked } from '../../support/attacked.ts'
import { begin, PERSON, proveByPin } from '../../support/rp.ts'
import { pairsOf, type Page } from '../../support/scripted-browser.ts'

describe('attack 17: CSRF (RFC 9700 §4.7, rule 25)', () => {
  const { here, party } = attacked(['shop'])
  const cross = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }

  const without = (page: Page, id: string, button?: string) =>
    pairsOf(page.form(id), { values: { pin: PERSON.pin }, ...(button !== undefined && { button }) }).filter(([name]) => name !== 'csrf')

  it('login: without the token, with that of another login, and from another origin', async () => {
    const mine = await begin(here(), party('shop'))
    const theirs = await begin(here(), party('shop'))
    const asked = await mine.browser.submit(mine.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    const foreign = theirs.page.form('form-choose').fields.find(({ name }) => name === 'csrf')?.value ?? ''
    const action = `${mine.base}/pin`
    expect((await mine.browser.post(action, without(asked, 'form-pin'))).status).to.equal(403)
    expect((await mine.browser.post(action, [...without(asked, 'form-pin'), ['csrf', foreign]])).status).to.equal(403)
    expect((await mine.browser.post(action, pairsOf(asked.form('form-pin'), { values: { pin: PERSON.pin } }), cross)).status).to.equal(403)
    expect(typesOf(here().data, mine.transaction)).not.to.include('FactorAttempted')
  })

  it('consent and refusal: the same', async () => {
    const begun = await begin(here(), party('shop'))
    const page = await proveByPin(begun)
    for (const button of ['accept', 'cancel']) {
      expect((await begun.browser.post(`${begun.base}/consent`, without(page, 'form-consent', button))).status).to.equal(403)
      expect((await begun.browser.post(`${begun.base}/consent`, pairsOf(page.form('form-consent'), { button }), cross)).status).to.equal(
        403,
      )
    }
    expect(typesOf(here().data, begun.transaction).at(-1)).to.equal('Authenticated')
  })

  it('the language is changed by a page load, which records nothing and leads nowhere else', async () => {
    const begun = await begin(here(), party('shop'))
    const before1 = typesOf(here().data, begun.transaction)
    const page = await begun.browser.get(`${begun.base}?ui_locales=fr&next=https://evil.example`, { 'sec-fetch-site': 'cross-site' })
    expect(page.url.origin).to.equal(here().issuer)
    expect(typesOf(here().data, begun.transaction)).to.deep.equal(before1)
  })
})
