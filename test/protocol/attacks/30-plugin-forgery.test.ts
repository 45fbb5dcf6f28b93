// An ID system under somebody else's hand wants to name people, factors or claims that nobody asked for, or to hold us up; `adapters/id-system/answers.ts` and `adapters/id-system/guard.ts` stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { join } from 'node:path'
import { setFaults } from '../../../adapters/id-system/mock/faults.ts'
import { readAnswer, releaseFits, sendFits, verifyFits } from '../../../adapters/id-system/answers.ts'
import { attacked } from '../../support/attacked.ts'
import { typesOf } from '../../support/broker.ts'
import { accept, begin, PERSON, proveByPin } from '../../support/rp.ts'

describe('attack 30: an ID system that forges, lies or stays silent (rule 42)', () => {
  const { here, party } = attacked(['shop'])
  const folder = (): string => join(here().data, 'plugin')

  it('a yes without a person is no yes', async () => {
    const begun = await begin(here(), party('shop'))
    const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    setFaults(folder(), { wrongAnswers: true })
    try {
      const page = await begun.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
      expect(page.has('form-consent')).to.be.false
      expect(page.html).not.to.include(PERSON.pin)
      expect(typesOf(here().data, begun.transaction)).not.to.include('Authenticated')
    } finally {
      setFaults(folder(), {})
    }
  })

  it('an outage at the release issues no code', async () => {
    const begun = await begin(here(), party('shop'))
    const consent = await proveByPin(begun, PERSON.id)
    setFaults(folder(), { outage: true })
    try {
      const page = await accept(begun.browser, consent)
      expect(page.url.searchParams.get('code')).to.be.null
      // Rule 29: a page to try again, which a reload shows as well.
      expect([page.status, page.has('form-retry')]).to.deep.equal([503, true])
      expect((await begun.browser.get(begun.base)).has('form-retry')).to.be.true
      expect(typesOf(here().data, begun.transaction)).not.to.include('CodeIssued')
    } finally {
      setFaults(folder(), {})
    }
    const again = await begun.browser.submit(await begun.browser.get(begun.base), 'form-retry')
    expect(again.url.searchParams.get('code'), 'once it answers again').to.match(/^tx_/)
  })

  it('one that stays silent is waited for within bounds, and nobody is let in meanwhile (rule 42)', async () => {
    const begun = await begin(here(), party('shop'))
    const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    setFaults(folder(), { slowMs: 60_000 })
    try {
      const page = await begun.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
      expect(page.has('form-consent')).to.be.false
      expect(typesOf(here().data, begun.transaction)).not.to.include('Authenticated')
    } finally {
      setFaults(folder(), {})
    }
  }).timeout(60_000)

  const verified = { subjectKey: 'x', session: 's', sessionExpiresAt: '2026-11-24T12:00:00.000Z', factorsProven: ['pin'] }
  const forged: readonly (readonly [string, unknown])[] = [
    ['more members than the contract has', { ok: true, value: { ...verified, admin: true } }],
    ['no subject', { ok: true, value: { ...verified, subjectKey: '' } }],
    ['a factor that does not exist', { ok: true, value: { ...verified, factorsProven: ['trust-me'] } }],
    ['a pairwise subject with spaces', { ok: true, value: { ...verified, pairwiseSubject: 'a b' } }],
    ['a session without end', { ok: true, value: { ...verified, session: 's'.repeat(9000) } }],
    ['ok that is only true-ish', { ok: 1, value: verified }],
    ['two mebibytes', { ok: true, value: { ...verified, session: 's'.repeat(2 * 1024 * 1024) } }],
    ['an error in whole sentences', { ok: false, error: 'challenge_failed', code: 'the PIN of Maya is another one' }],
  ]
  for (const [what, answer] of forged)
    it(`an answer with ${what} is no answer`, () => {
      expect(readAnswer('verify', answer)).to.be.undefined
    })

  it('a factor that was not asked for, a channel it does not have, and claims beyond the request do not fit', () => {
    const { description } = here().broker.world.idSystem
    const request = { factor: 'pin' } as Parameters<typeof verifyFits>[1]
    expect(verifyFits({ ...verified, factorsProven: ['otp'] }, request, description)).to.be.false
    expect(verifyFits({ ...verified, factorsProven: ['pin', 'wallet'] }, request, description)).to.be.false
    expect(sendFits({ channels: ['app'], validForS: 60 }, { ...description, channels: ['sms'] })).to.be.false
    expect(releaseFits({ claims: { name: 'x', email: 'y' } }, { claims: ['name'] }, description)).to.be.false
  })
})
