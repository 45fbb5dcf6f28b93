// The attacker wants the person to click on our page without seeing it; the headers of `src/http/headers.ts` stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, proveByPin } from '../../support/rp.ts'
import { send } from '../../support/scripted-browser.ts'

describe('attack 18: clickjacking, tabnabbing, window handles (RFC 9700 §4.16)', () => {
  const { here, party } = attacked(['shop'])

  const expectClosed = (headers: Readonly<Record<string, string | undefined>>, what: string): void => {
    expect(headers['content-security-policy'], what).to.include("frame-ancestors 'none'")
    expect(headers['x-frame-options'], what).to.equal('DENY')
    expect(headers['cross-origin-opener-policy'], what).to.equal('same-origin')
  }

  it('no page of a login stands in a frame or is held by its opener', async () => {
    const begun = await begin(here(), party('shop'))
    expectClosed(begun.page.headers, 'choose')
    expectClosed((await proveByPin(begun)).headers, 'consent')
    expectClosed((await send(here().issuer, { path: '/authorize?client_id=nobody' })).headers, 'error')
    expectClosed((await send(here().issuer, { path: '/nowhere', headers: { accept: 'text/html' } })).headers, 'no page')
  })

  it('no link of a page hands its window over', async () => {
    const { page } = await begin(here(), party('shop'))
    for (const [link] of page.html.matchAll(/<a\b[^>]*target=[^>]*>/g)) expect(link).to.include('noopener')
  })
})
