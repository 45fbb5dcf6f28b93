// The attacker wants a victim to finish a login that the attacker began; the bound cookie (`src/http/session.ts`, `domain/transaction/start.ts`) stops all but a whole browser.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, proveByPin, PERSON } from '../../support/rp.ts'
import { pairsOf, scriptedBrowser } from '../../support/scripted-browser.ts'

describe('attack 16: browser swapping (FAPI 2.0 §6.5)', () => {
  const { here, party } = attacked(['shop'])

  for (const via of ['direct', 'par'] as const)
    it(`a login that the attacker opened (${via}) is nobody else's to go on with`, async () => {
      const { browser, base, page, path } = await begin(here(), party('shop'), { via })
      const victim = scriptedBrowser(here().issuer)
      const shown = await victim.get(base)
      expect(shown.status).to.equal(403)
      const pairs = pairsOf(page.form('form-choose'), { values: { individual_id: PERSON.id } })
      expect((await victim.post(`${base}/choose`, pairs)).status).to.equal(403)
      if (via === 'par') expect((await victim.get(path)).status).to.equal(403)
      expect((await browser.get(base)).status, 'the first one goes on').to.equal(200)
    })

  it('the pages say for whom the person signs in', async () => {
    const begun = await begin(here(), party('shop'))
    expect(begun.page.html).to.include('The shop').and.include('shop.example')
    expect((await proveByPin(begun)).html).to.include('The shop')
  })
})
