// The attacker wants a script of theirs in our page; `src/ui/html.ts` escapes whatever is not markup of ours, and the content policy of `src/http/headers.ts` runs no inline script.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, form, newParty, proveByPin, register, requestOf } from '../../support/rp.ts'
import { scriptedBrowser, send, type Page } from '../../support/scripted-browser.ts'

const MARK = '<script>attack23</script>'
const BREAKS = ['"><script>attack23</script>', "' onfocus=attack23 autofocus='", '</title><script>attack23</script>', 'javascript:attack23']

describe('attack 23: XSS (browser checklist, 2.8)', () => {
  const { here, party } = attacked(['shop'])

  const expectHarmless = ({ html, headers }: Pick<Page, 'html' | 'headers'>, what: string): void => {
    expect(html, what).not.to.include(MARK)
    // What stands between double quotes is a value.
    expect(html.replace(/"[^"]*"/g, '""'), what).not.to.match(/<[^>]*\sonfocus=attack23/)
    expect(html, what).not.to.match(/(?:href|src|action)="?javascript:/)
    expect(headers['content-security-policy'], what).to.include("script-src 'self'").and.not.include('unsafe')
  }

  it('the name and the purpose of a relying party are text', async () => {
    for (const [index, text] of BREAKS.entries()) {
      const evil = await newParty(`evil${index}`, 'ES256', { client_name: text, purpose: text })
      const registered = await register(here(), evil).catch(() => undefined)
      if (registered === undefined) continue
      const begun = await begin(here(), registered)
      expectHarmless(begun.page, text)
      expectHarmless(await proveByPin(begun), text)
    }
  })

  for (const name of [
    'ui_locales',
    'login_hint',
    'scope',
    'state',
    'nonce',
    'acr_values',
    'display',
    'claims_locales',
    'prompt',
    'client_id',
    'redirect_uri',
    'error_description',
  ])
    it(`${name} is text or refused`, async () => {
      for (const text of BREAKS) {
        const { members } = await requestOf(party('shop'), { with: { [name]: text } })
        const page = await scriptedBrowser(here().issuer).get(`/authorize?${form(members)}`)
        expectHarmless(
          { ...page, headers: page.url.origin === here().issuer ? page.headers : { 'content-security-policy': "script-src 'self'" } },
          `${name} ${text}`,
        )
      }
    })

  it('names of claims are text or left out', async () => {
    for (const text of BREAKS) {
      const begun = await begin(here(), party('shop'), {
        with: { claims: JSON.stringify({ userinfo: { [text]: { essential: true }, name: null } }) },
      })
      expectHarmless(begun.page, text)
      expectHarmless(await proveByPin(begun), text)
    }
  })

  it('form_post carries state as text', async () => {
    for (const text of BREAKS) {
      const { page } = await begin(here(), party('shop'), { with: { state: text, response_mode: 'form_post', prompt: 'none' } })
      expectHarmless(page, text)
    }
  })

  it('an address is text', async () => {
    const got = await send(here().issuer, { path: `/${encodeURIComponent(MARK)}`, headers: { accept: 'text/html' } })
    expect(got.body).not.to.include(MARK)
  })
})
