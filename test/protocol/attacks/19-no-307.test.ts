// The attacker's relying party wants the PIN posted to it; `redirect` of `src/http/reply.ts` answers 303 and never 307.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, callbackOf, PERSON } from '../../support/rp.ts'
import { pairsOf, send } from '../../support/scripted-browser.ts'

describe('attack 19: credentials sent on by a 307 (RFC 9700 §4.12)', () => {
  const { here, party } = attacked(['shop'])

  it('each post of a login is answered by a page or a 303', async () => {
    const { browser, page, base } = await begin(here(), party('shop'))
    const origin = here().issuer
    const step = async (path: string, pairs: readonly (readonly [string, string])[]): Promise<number> => {
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const body = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()
      const headers = { cookie, origin, 'content-type': 'application/x-www-form-urlencoded' }
      return (await send(origin, { method: 'POST', path, headers, body })).status
    }
    expect(
      await step(`${base}/choose`, pairsOf(page.form('form-choose'), { values: { individual_id: PERSON.id, factor: 'pin' } })),
    ).to.equal(303)
    const asked = await browser.get(base)
    expect(await step(`${base}/pin`, pairsOf(asked.form('form-pin'), { values: { pin: PERSON.pin } }))).to.equal(303)
    const consent = await browser.get(base)
    expect(await step(`${base}/consent`, pairsOf(consent.form('form-consent'), { button: 'accept' }))).to.equal(303)
    const last = await browser.get(base)
    callbackOf(last)
    expect(last.status).to.equal(303)
  })
})
