import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { choose, expectAccessible, expectNarrow, launchChromium, personOf, prove, transactionOf, type Habits } from '../support/browser.ts'
import { causedEvents, typesOf, until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  accept,
  begin,
  callbackOf,
  form,
  newParty,
  PERSON,
  proveByPin,
  redeem,
  register,
  requestOf,
  signIn,
  type Party,
} from '../support/rp.ts'
import { pairsOf, send } from '../support/scripted-browser.ts'

const listening = async (listener: RequestListener): Promise<Server> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port
const endOf = (server: Server): void => {
  server.close()
  server.closeAllConnections()
}

describe('Section D of the rules: the browser', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let chromium: Browser
  let shop: Party

  before(async () => {
    ;[here, chromium] = await Promise.all([brokerHere(), launchChromium()])
    shop = await register(here, await newParty('shop'))
  })

  after(async () => {
    await chromium.close()
    await here.end()
  })

  const count = (): number => causedEvents(here.data).length
  const addressOf = async (party = shop, more: Readonly<Record<string, string | undefined>> = {}) => {
    const request = await requestOf(party, { with: more })
    return { ...request, url: `${here.issuer}/authorize?${form(request.members)}` }
  }

  /** Chromium, with relying parties elsewhere in the web that exist for this test only. */
  const withPerson = async (
    habits: Habits,
    act: (page: Page, came: { readonly url: URL; readonly post: string | null }[]) => Promise<void>,
  ): Promise<void> => {
    const page = await personOf(chromium, habits)
    const came: { readonly url: URL; readonly post: string | null }[] = []
    await page.context().route(/^https:\/\//, async (route) => {
      const request = route.request()
      const url = new URL(request.url())
      if (request.isNavigationRequest()) came.push({ url, post: request.postData() })
      // This relying party leads on to its app, as many do.
      if (url.hostname === 'shop.example' && url.pathname === '/cb')
        return route.fulfill({ status: 302, headers: { location: `https://app.example/done${url.search}` } })
      return route.fulfill({
        contentType: 'text/html',
        body: '<!doctype html><html lang="en"><title>Elsewhere</title><h1 id="elsewhere">Elsewhere</h1></html>',
      })
    })
    try {
      await act(page, came)
    } finally {
      await page.context().close()
    }
  }

  const signInHere = async (page: Page, url: string): Promise<void> => {
    await page.goto(url)
    await choose(page, 'pin')
    await prove(page, 'pin', PERSON.pin)
    await page.waitForSelector('#form-consent, #elsewhere, #form-post')
    if ((await page.locator('#form-consent').count()) > 0) await page.click('#accept')
  }

  describe('rule 23: what is recorded, and when', () => {
    it('page GETs never record, however often they are loaded', async () => {
      const begun = await begin(here, shop)
      const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
      const before = count()
      for (const path of [
        begun.base,
        `${begun.base}/choose`,
        `${begun.base}/pin`,
        `${begun.base}/consent`,
        `${begun.base}?ui_locales=fr`,
        '/help',
        '/',
      ])
        for (let number = 0; number < 3; number += 1) expect((await begun.browser.get(path)).status).to.be.below(500)
      expect((await send(here.issuer, { method: 'HEAD', path: begun.path })).status, 'HEAD would record').to.equal(405)
      expect(count()).to.equal(before)
      await begun.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
      const consent = count()
      for (let number = 0; number < 3; number += 1) await begun.browser.get(begun.base)
      expect(count()).to.equal(consent)
    })

    it('Chromium that is told to prefetch the address records nothing', () =>
      withPerson({}, async (page) => {
        const { url } = await addressOf()
        const before = count()
        const html = `<!doctype html><title>A shop</title><link rel="prefetch" href="${url.replaceAll('&', '&amp;')}">`
        const server = await listening((_request, response) => {
          response.writeHead(200, { 'content-type': 'text/html' })
          response.end(html)
        })
        try {
          await page.goto(`http://127.0.0.1:${portOf(server)}/`)
          await until('Chromium looked ahead', () => here.log().includes('"route":"/authorize","status":204'))
          expect(count()).to.equal(before)
        } finally {
          endOf(server)
        }
        await page.goto(url)
        await page.waitForSelector('#form-choose')
        expect(count()).to.equal(before + 2)
      }))
  })

  describe('rule 24: cookies', () => {
    it('one for each login: HttpOnly, Lax, for 480 s, and the newest 8 are kept', () =>
      withPerson({}, async (page) => {
        const names: string[] = []
        for (let number = 0; number < 10; number += 1) {
          await page.goto((await addressOf()).url)
          names.push(`tx-${transactionOf(page).slice(3, 11)}`)
        }
        const kept = (await page.context().cookies(here.issuer)).filter(({ name }) => name.startsWith('tx-'))
        for (const cookie of kept) {
          expect(cookie).to.include({ httpOnly: true, sameSite: 'Lax', path: '/' })
          expect(cookie.expires - Date.now() / 1000).to.be.within(420, 481)
        }
        expect(kept).to.have.length(8)
        expect(kept.map(({ name }) => name)).to.include(names.at(-1))
        // The newest one goes on.
        await choose(page, 'pin')
      }))

    it('is renewed when the person authenticates', async () => {
      const begun = await begin(here, shop)
      const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
      const cookie = [...begun.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const body = new URLSearchParams(
        pairsOf(asked.form('form-pin'), { values: { pin: PERSON.pin } }).map(([name, value]) => [name, value]),
      ).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: here.issuer, cookie }
      const got = await send(here.issuer, { method: 'POST', path: asked.form('form-pin').action, headers, body })
      expect(got.status, 'attack 19: 303, never 307').to.equal(303)
      expect(got.cookies.join()).to.match(/^tx-[0-9a-z]{8}=\d+\.[A-Za-z0-9_-]{43}; Path=\/; Max-Age=480; HttpOnly; SameSite=Lax/)
    })

    it('behind https it has the prefix __Host- and Secure', async () => {
      const secure = await brokerHere({ env: { ESIGNET_ISSUER: 'https://id.example' } })
      try {
        const party = await register(secure, await newParty('shop'))
        const { members } = await requestOf(party)
        const local = `http://localhost:${secure.broker.port}`
        const got = await send(local, { path: `/authorize?${form(members)}` })
        expect(got.status).to.equal(303)
        expect(got.cookies.join()).to.match(/^__Host-tx-[0-9a-z]{8}=[^;]+; Path=\/; Max-Age=480; HttpOnly; SameSite=Lax; Secure$/)
        expect(got.headers['strict-transport-security']).not.to.be.undefined
      } finally {
        await secure.end()
      }
    })
  })

  describe('rule 25: posts come from our own pages', () => {
    it('headers of every page of the person', async () => {
      const begun = await begin(here, shop)
      const { headers } = begun.page
      expect(headers['referrer-policy']).to.equal('same-origin')
      expect(headers['x-content-type-options']).to.equal('nosniff')
      expect(headers['x-frame-options']).to.equal('DENY')
      expect(headers['cross-origin-opener-policy']).to.equal('same-origin')
      expect(headers['cache-control']).to.equal('no-store')
      expect(headers['content-security-policy'])
        .to.include("default-src 'none'")
        .and.include("frame-ancestors 'none'")
        .and.include("script-src 'self'")
      expect(headers['content-security-policy']).not.to.include('unsafe').and.not.include('connect-src')
    })

    it('a form of another site, with a stolen form token, is refused in Chromium', () =>
      withPerson({}, async (page) => {
        await page.goto((await addressOf()).url)
        await choose(page, 'pin')
        const csrf = await page.inputValue('#form-pin input[name=csrf]')
        const action = page.url()
        const before = count()
        const evil = await page.context().newPage()
        await evil.goto('https://evil.example/')
        await evil.setContent(
          `<form id="f" method="post" action="${action}/pin"><input name="csrf" value="${csrf}"><input name="pin" value="${PERSON.pin}"><button>x</button></form>`,
        )
        const [reply] = await Promise.all([evil.waitForResponse((response) => response.url().startsWith(action)), evil.click('button')])
        expect(reply.status()).to.equal(403)
        expect(count()).to.equal(before)
        // The person's own tab is not disturbed.
        await prove(page, 'pin', PERSON.pin)
        await page.waitForSelector('#form-consent, #elsewhere')
      }))

    it('without Origin and Sec-Fetch-Site the form token decides; Origin null counts with Sec-Fetch-Site: same-origin', async () => {
      for (const headers of [{ origin: 'null', 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'same-origin' }, {}]) {
        const begun = await begin(here, shop)
        const pairs = pairsOf(begun.page.form('form-choose'), { values: { individual_id: PERSON.id, factor: 'pin' } })
        const cookie = [...begun.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const body = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()
        const got = await send(here.issuer, {
          method: 'POST',
          path: `${begun.base}/choose`,
          headers: { 'content-type': 'application/x-www-form-urlencoded', cookie, ...headers },
          body,
        })
        expect(got.status, JSON.stringify(headers)).to.equal(303)
      }
    })
  })

  describe('rule 26: the way back', () => {
    it('Chromium follows it to https, and from a relying party on to another origin', async () => {
      // A relying party on this machine that leads on to its app elsewhere, as many do.
      const server = await listening((request, response) => {
        response.writeHead(302, { location: `https://app.example/done${new URL(request.url ?? '/', 'http://x').search}` })
        response.end()
      })
      const port = portOf(server)
      const local = await register(here, await newParty('leading', 'ES256', { redirect_uris: [`http://127.0.0.1:${port}/cb`] }))
      try {
        for (const [party, end] of [
          [shop, 'https://shop.example/cb'],
          [local, 'https://app.example/done'],
        ] as const)
          await withPerson({}, async (page) => {
            const refused: string[] = []
            page.on('console', (message) => {
              if (/content security policy/i.test(message.text())) refused.push(message.text())
            })
            const { url, state } = await addressOf(party, { prompt: 'consent' })
            await page.goto(url)
            await choose(page, 'pin')
            await prove(page, 'pin', PERSON.pin)
            await page.waitForSelector('#form-consent')
            // Nobody is there by that name: that Chromium looked for it is what counts.
            const looked = page.waitForEvent('requestfailed', (request) => request.url().startsWith(end))
            await page.click('#accept', { noWaitAfter: true })
            const { searchParams } = new URL((await looked).url())
            expect(refused).to.deep.equal([])
            expect(searchParams.get('state')).to.equal(state)
            expect(searchParams.get('iss')).to.equal(here.issuer)
            expect(searchParams.get('code')).to.be.a('string')
          })
      } finally {
        endOf(server)
      }
    })

    for (const javaScript of [true, false])
      it(`by form_post, with JavaScript ${javaScript ? 'on' : 'off'}`, () =>
        withPerson({ javaScript }, async (page, came) => {
          const { url, state, verifier } = await addressOf(shop, { response_mode: 'form_post' })
          await signInHere(page, url)
          if (!javaScript) {
            await page.waitForSelector('#form-post')
            await expectNarrow(page)
            await page.click('#go-on')
          }
          await page.waitForURL(/^https:\/\/(shop|app)\.example\//)
          const posted = new URLSearchParams(came.find(({ post }) => post !== null)?.post ?? '')
          expect(posted.get('state')).to.equal(state)
          expect((await redeem(here, shop, { code: posted.get('code') ?? '', verifier })).status).to.equal(200)
        }))

    it('the policy names the scheme of loopback only for a relying party on loopback', async () => {
      const local = await register(here, await newParty('local', 'ES256', { redirect_uris: ['http://127.0.0.1:1/cb'] }))
      const policyOf = async (party: Party): Promise<string> =>
        /form-action[^;]*/.exec((await begin(here, party)).page.headers['content-security-policy'] ?? '')?.[0] ?? ''
      expect(await policyOf(shop)).to.equal("form-action 'self' https:")
      expect(await policyOf(local)).to.include("form-action 'self' https: http://127.0.0.1:*")
    })

    it('state comes back letter by letter', async () => {
      const state = `a b&c=d#é"<>'%20+;/?漢`
      const signedIn = await signIn(here, shop, { with: { state } })
      expect(signedIn.callback.searchParams.get('state')).to.equal(state)
    })
  })

  describe('rule 27: no session beyond one login', () => {
    it('the same browser is asked again at once, and every login has its own auth_time', async () => {
      const first = await signIn(here, shop)
      here.clock.pass(2)
      const again = await begin(here, shop, { browser: first.browser, with: { max_age: '0' } })
      expect(again.page.has('form-choose')).to.be.true
      const callback = callbackOf(await accept(again.browser, await proveByPin(again)))
      const timeOf = async (login: { readonly code: string; readonly verifier: string }): Promise<number> =>
        Number(decodeJwt(String((await redeem(here, shop, login)).json['id_token']))['auth_time'])
      const [one, other] = [await timeOf(first), await timeOf({ ...again, code: callback.searchParams.get('code') ?? '' })]
      expect(other).to.be.greaterThan(one)
    })

    it('prompt=none is login_required, also right after a login', async () => {
      const { browser } = await signIn(here, shop)
      const { page } = await begin(here, shop, { browser, with: { prompt: 'none' } })
      expect(callbackOf(page).searchParams.get('error')).to.equal('login_required')
    })
  })

  describe('texts of strangers (attack 23)', () => {
    it('names and purposes of relying parties are text, whatever they hold', () =>
      withPerson({}, async (page) => {
        const name = `<img src=x onerror="document.title='owned'"> "quoted" & co.`
        const bad = await register(
          here,
          await newParty('bad', 'ES256', { client_name: name, purpose: `</main><script>document.title='owned'</script>` }),
        )
        let dialogs = 0
        page.on('dialog', async (dialog) => {
          dialogs += 1
          await dialog.dismiss()
        })
        await page.goto((await addressOf(bad)).url)
        expect(await page.innerText('body')).to.include('onerror=')
        expect(await page.locator('img[src=x]').count()).to.equal(0)
        await choose(page, 'pin')
        await prove(page, 'pin', PERSON.pin)
        await page.waitForSelector('#form-consent')
        expect(await page.innerText('body')).to.include('</main>')
        expect(await page.title()).not.to.equal('owned')
        expect(dialogs).to.equal(0)
        await expectAccessible(page)
      }))
  })

  // These move the clock.
  describe('time runs out (WCAG 2.2, 2.2.1)', () => {
    it('the page says so, is accessible at 320 px, and leads back to the relying party', () =>
      withPerson({ width: 320 }, async (page, came) => {
        const { url, state } = await addressOf()
        await page.goto(url)
        const transaction = transactionOf(page)
        await choose(page, 'pin')
        here.clock.pass(301)
        await page.fill('#pin', PERSON.pin)
        const [reply] = await Promise.all([
          page.waitForResponse((response) => response.request().method() === 'POST'),
          page.click('#form-pin #continue'),
        ])
        expect(reply.status()).to.equal(410)
        await page.waitForSelector('a#cancel')
        await expectAccessible(page)
        await expectNarrow(page)
        expect(typesOf(here.data, transaction).at(-1)).to.equal('AuthorizationExpired')
        await page.click('a#cancel')
        await page.waitForURL(/^https:\/\/app\.example\/done/)
        expect(Object.fromEntries(came[0]?.url.searchParams ?? [])).to.include({ error: 'access_denied', state, iss: here.issuer })
      }))

    it('who asks for more time has it', () =>
      withPerson({}, async (page) => {
        await page.goto((await addressOf(shop, { prompt: 'consent' })).url)
        const transaction = transactionOf(page)
        here.clock.pass(250)
        await page.click('#extend')
        await page.waitForSelector('#form-choose')
        here.clock.pass(200)
        await choose(page, 'pin')
        await prove(page, 'pin', PERSON.pin)
        await page.waitForSelector('#form-consent')
        expect(typesOf(here.data, transaction)).to.include('TimeExtended').and.include('Authenticated')
      }))

    it('who waits on the consent page for more than 120 s begins again', () =>
      withPerson({}, async (page) => {
        await page.goto((await addressOf(shop, { prompt: 'consent' })).url)
        await choose(page, 'pin')
        await prove(page, 'pin', PERSON.pin)
        await page.waitForSelector('#form-consent')
        here.clock.pass(121)
        await page.click('#accept')
        await page.waitForSelector('a#cancel')
        expect(await page.locator('#form-consent').count()).to.equal(0)
      }))
  })
})
