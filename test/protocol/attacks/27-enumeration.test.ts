// The attacker wants to learn who is known, or to guess a proof; pages that do not differ (`src/http/login-views.ts`) and counters written before the ID system is asked (`src/steps/prove.ts`, `domain/person/attempts.ts`) stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { join } from 'node:path'
import { setFaults } from '../../../adapters/id-system/mock/faults.ts'
import { attacked } from '../../support/attacked.ts'
import { readEvents } from '../../support/broker.ts'
import { begin, PERSON, type Begun } from '../../support/rp.ts'
import { type Page } from '../../support/scripted-browser.ts'

describe('attack 27: who is known, and guessing (rules 21 and 22)', () => {
  const { here, party } = attacked(['shop'])
  const NOBODY = '9999999999'
  const folder = (): string => join(here().data, 'plugin')

  /** A page without what differs in every login. */
  const shape = ({ status, html, headers }: Page, id: string, { transaction }: Begun): unknown => ({
    status,
    names: Object.keys(headers).sort(),
    html: html
      .replaceAll(transaction, 'TX')
      .replaceAll(id, 'ID')
      .replaceAll(id.slice(-4), 'ID4')
      .replace(/name="?csrf"? value="?[^">\s]+/g, 'CSRF')
      .replace(/value="?[A-Za-z0-9_-]{43}"?/g, 'CSRF')
      .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'AT')
      .replace(/\d{2}:\d{2}(:\d{2})?/g, 'AT')
      .replace(/data-seconds="?\d+/g, 'SECONDS')
      .replace(/(class="ref num"[^>]*>)[0-9A-Z]{4}</g, '$1REF<')
      .replace(/[0-9A-Z]{4}-[0-9A-Z]{4}|[0-9a-f]{8}-[0-9a-f-]{27}/g, 'REF'),
  })
  const walk = async (id: string, factor: 'pin' | 'otp'): Promise<readonly unknown[]> => {
    const begun = await begin(here(), party('shop'))
    const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: id, factor } })
    if (factor === 'otp') return [shape(asked, id, begun), asked.has('form-otp')]
    const wrong = await begun.browser.submit(asked, 'form-pin', { values: { pin: '000000' } })
    return [shape(asked, id, begun), shape(wrong, id, begun)]
  }

  it('a known and an unknown id are told the same, word for word', async () => {
    const [known, unknown] = [await walk('1774231323', 'pin'), await walk(NOBODY, 'pin')]
    expect(unknown).to.deep.equal(known)
  })

  it('a code is said to be sent to both, on the same page', async () => {
    const known = await walk('1774231323', 'otp')
    expect(known.at(-1), 'a page for the code').to.be.true
    expect(await walk(NOBODY, 'otp')).to.deep.equal(known)
  })

  it('somebody who is blocked is told what somebody unknown is told', async () => {
    setFaults(folder(), { blocked: ['6148230579'] })
    try {
      expect(await walk('6148230579', 'pin')).to.deep.equal(await walk(NOBODY, 'pin'))
      expect(await walk('6148230579', 'otp')).to.deep.equal(await walk(NOBODY, 'otp'))
    } finally {
      setFaults(folder(), {})
    }
  })

  it('each waits for the ID system alike, so that time tells nobody apart: known, unknown and blocked', async () => {
    // Only how short it may be is looked at, which no slow machine breaks.
    const slowMs = 400
    setFaults(folder(), { slowMs, blocked: ['6148230579'] })
    try {
      for (const id of ['1774231323', NOBODY, '6148230579']) {
        const begun = await begin(here(), party('shop'))
        const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: id, factor: 'pin' } })
        const began = performance.now()
        await begun.browser.submit(asked, 'form-pin', { values: { pin: '000000' } })
        expect(performance.now() - began, id).to.be.at.least(slowMs - 20)
      }
    } finally {
      setFaults(folder(), {})
    }
  })

  it('what an answer weighs is the same to the byte, headers included', async () => {
    const weights = await Promise.all(
      ['1774231323', NOBODY].map(async (id) => {
        const begun = await begin(here(), party('shop'))
        const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: id, factor: 'pin' } })
        const wrong = await begun.browser.submit(asked, 'form-pin', { values: { pin: '000000' } })
        return [asked, wrong].map(({ status, headers }) => [status, headers['content-length'], Object.keys(headers).sort().join()])
      }),
    )
    expect(weights[1]).to.deep.equal(weights[0])
  })

  it('guesses end within a login, and the right PIN after them opens nothing', async () => {
    const begun = await begin(here(), party('shop'))
    let page = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    let guesses = 0
    while (page.has('form-pin') && guesses < 20) {
      guesses += 1
      page = await begun.browser.submit(page, 'form-pin', { values: { pin: String(100_000 + guesses) } })
    }
    expect(guesses).to.be.at.most(here().broker.world.policy.value.limits.attemptsMax)
    const late = await begun.browser.get(begun.base)
    expect(late.has('form-pin')).to.be.false
  })

  it('guesses in many logins close the path of the person: the ID system is not asked any more', async () => {
    let limited = false
    for (let login = 0; login < 12 && !limited; login += 1) {
      const begun = await begin(here(), party('shop'))
      let page = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
      for (let guess = 0; guess < 10 && page.has('form-pin'); guess += 1)
        page = await begun.browser.submit(page, 'form-pin', { values: { pin: String(200_000 + guess) } })
      limited = readEvents(here().data, "e.type = 'FactorRejected'").some(({ data }) => data.includes('limited'))
    }
    expect(limited).to.be.true
  })

  it('a path that is closed and an allowance of messages that is used up look like nobody (decision 0050)', async () => {
    const nobody = [await walk(NOBODY, 'pin'), await walk(NOBODY, 'otp')]
    // The test before has closed this one's path.
    expect([await walk(PERSON.id, 'pin'), await walk(PERSON.id, 'otp')]).to.deep.equal(nobody)
    const { sendsPerHour } = here().broker.world.policy.value.limits
    for (let send = 0; send < sendsPerHour; send += 1) await walk('1774231323', 'otp')
    expect(await walk('1774231323', 'otp')).to.deep.equal(nobody[1])
    const last = readEvents(here().data, "e.type = 'FactorFailed'").map(({ data }) => data)
    expect(last.slice(-1)[0]).to.include('rate_limited')
  })
})
