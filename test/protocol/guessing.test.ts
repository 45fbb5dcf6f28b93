// Somebody tries one secret on many people, or much from one network: unknown devices work or wait, devices that people trust do not (6.3).
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../support/attacked.ts'
import { accept, begin, PERSON, type Begun } from '../support/rp.ts'
import { scriptedBrowser, type Page, type ScriptedBrowser } from '../support/scripted-browser.ts'
import { solve } from '../support/work.ts'

const VICTIM = { individual_id: '1774231323', factor: 'pin' }

const challengeIn = (page: Page): string => page.form('form-check').fields.find(({ name }) => name === 'challenge')?.value ?? ''

describe('what unknown devices must do while somebody guesses', () => {
  const { here, party } = attacked(['shop', 'bank'], {
    ESIGNET_TRUSTED_PROXIES: '127.0.0.1',
    ESIGNET_GUARD_WORK_BITS: '2',
    ESIGNET_GUARD_WAITS_PER_MINUTE: '2',
  })
  /** A browser in a network of its own. */
  const from = (address: string, jar?: ReadonlyMap<string, string>): ScriptedBrowser => {
    const { cookies, ...browser } = scriptedBrowser(here().issuer, jar)
    const headers = { 'x-forwarded-for': address }
    const post: ScriptedBrowser['post'] = (path, pairs, more) => browser.post(path, pairs, { ...headers, ...more })
    return {
      ...browser,
      cookies,
      get: (path, more) => browser.get(path, { ...headers, ...more }),
      post,
      submit: (page, formId, fill) => {
        const form = page.form(formId)
        const values = new Map(form.fields.map(({ name, value }) => [name, value]))
        for (const [name, value] of Object.entries(fill?.values ?? {})) values.set(name, value)
        if (fill?.tick === undefined) values.delete('own_device')
        return post(form.action, [...values])
      },
    }
  }
  const choosing = async (address: string, values = VICTIM, client = 'shop', browser = from(address)): Promise<Begun & { asked: Page }> => {
    const begun = await begin(here(), party(client), { browser })
    return { ...begun, asked: await browser.submit(begun.page, 'form-choose', { values }) }
  }
  /** One wrong PIN on one person each, from one network. */
  const spray = async (address: string, from = 0, to = 40): Promise<number> => {
    for (let guess = from; guess < to; guess += 1) {
      const { browser, asked } = await choosing(address, { individual_id: String(9_000_000_000 + guess), factor: 'pin' })
      if (!asked.has('form-pin')) return guess
      await browser.submit(asked, 'form-pin', { values: { pin: '111111' } })
    }
    return to
  }

  it('thirty guesses go through from one network; then it works or waits, and others do not notice', async () => {
    // The relying party has ordinary days besides.
    for (let index = 0; index < 3; index += 1) {
      const { browser, asked } = await choosing(`10.9.${index}.1`, { individual_id: PERSON.id, factor: 'pin' })
      await accept(browser, await browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } }))
    }
    const network = (index: number) => ({ network: `10.8.${index}.0/24`, client: 'shop' })
    for (let index = 0; index < 200; index += 1) await here().broker.world.guesses.proof(network(index), true)
    expect(await spray('192.0.2.7')).to.equal(30)
    here().clock.pass(6)
    expect((await choosing('192.0.2.99')).asked.has('form-check'), 'its neighbour').to.be.true
    expect((await choosing('198.51.100.1')).asked.has('form-pin'), 'another network').to.be.true
    expect(here().log()).to.include('"event":"guessing_seen","of":"network","attempts":30,"failures":30')
    expect(here().log()).not.to.include('192.0.2')
  })

  it('work lets it in, once, for this login, and nobody types twice', async () => {
    const { browser, asked } = await choosing('192.0.2.7')
    expect(asked.html).to.include('data-bits="2"').and.to.include('value="1774231323"')
    const solution = solve(challengeIn(asked))
    const other = await choosing('192.0.2.7')
    const stolen = await other.browser.submit(other.asked, 'form-check', { values: { challenge: challengeIn(asked), solution } })
    expect(stolen.has('form-check'), 'not in another login').to.be.true
    expect((await browser.submit(asked, 'form-check', { values: { solution: '0.0.0.0.0.0.0.0' } })).has('form-check'), 'guessed').to.be.true
    expect((await browser.submit(asked, 'form-check', { values: { solution } })).has('form-pin')).to.be.true
    expect((await browser.submit(asked, 'form-check', { values: { solution } })).has('form-check'), 'not twice').to.be.true
  })

  it('whoever cannot compute waits, and keeps the place; so many a minute from one network', async () => {
    const waiting = await Promise.all([1, 2, 3].map(() => choosing('192.0.2.7')))
    const [first] = waiting
    here().clock.pass(10)
    const early = await first!.browser.submit(first!.asked, 'form-check')
    expect(challengeIn(early), 'the same ticket').to.equal(challengeIn(first!.asked))
    expect(early.html).to.match(/data-wait="?(19|20)/)
    here().clock.pass(21)
    const pages = []
    for (const { browser, asked } of waiting) pages.push(await browser.submit(asked, 'form-check'))
    expect(pages.map((page) => page.has('form-pin'))).to.deep.equal([true, true, false])
    here().clock.pass(61)
    const { browser } = waiting[2]!
    expect((await browser.submit(pages[2]!, 'form-check')).has('form-pin')).to.be.true
  })

  it('a device that the person trusts is never asked, and a cookie that nobody gave is worth nothing', async () => {
    const owner = from('198.51.100.2')
    const begun = await begin(here(), party('shop'), { browser: owner })
    const chosen = { individual_id: PERSON.id, factor: 'pin', own_device: 'yes' }
    const pin = await owner.submit(begun.page, 'form-choose', { values: chosen, tick: ['yes'] })
    await accept(owner, await owner.submit(pin, 'form-pin', { values: { pin: PERSON.pin } }))
    const device = new Map([['device', owner.cookies.get('device') ?? '']])
    const at = (jar: ReadonlyMap<string, string>, id: string) =>
      choosing('192.0.2.7', { individual_id: id, factor: 'pin' }, 'shop', from('192.0.2.7', jar))
    expect((await at(device, PERSON.id)).asked.has('form-pin')).to.be.true
    expect((await at(device, VICTIM.individual_id)).asked.has('form-check')).to.be.true
    expect((await at(new Map([['device', 'a'.repeat(43)]]), PERSON.id)).asked.has('form-check')).to.be.true
  })

  it('it ends by itself', async () => {
    here().clock.pass(7300)
    expect((await choosing('192.0.2.7')).asked.has('form-pin')).to.be.true
  })
})

describe('posts of one network', () => {
  const { here, party } = attacked(['shop'], { ESIGNET_POSTS_PER_MINUTE: '10', ESIGNET_GUARD_WHEN: 'never' })

  it('beyond its limit each is a page with 429 and a time, and the login goes on afterwards', async () => {
    const begun = await begin(here(), party('shop'))
    const page = async () => begun.browser.submit(begun.page, 'form-choose', { values: VICTIM })
    for (let post = 0; post < 10; post += 1) expect((await page()).status).not.to.equal(429)
    const limited = await page()
    expect(limited.status).to.equal(429)
    expect(Number(limited.headers['retry-after'])).to.be.within(1, 60)
    expect(limited.html).to.include('There were too many from your connection in a short time')
    here().clock.pass(125)
    expect((await page()).status).not.to.equal(429)
  })
})
