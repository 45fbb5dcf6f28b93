import { describe, it } from 'mocha'
import type { ConsentCommand, ConsentEvent, StandingConsent } from '../../../schemas/generated.ts'
import { consent, covers } from '../../../domain/consent/consent.ts'
import { fold } from '../../../domain/decider.ts'
import { expect } from 'chai'
import { given } from '../../support/given-decider.ts'
import { at, digest, standing, TRANSACTION } from '../samples.ts'

const OTHER = 'tx_000000000000000000000000'
const givenConsent = given(consent, undefined)

const give: ConsentCommand = { type: 'GiveConsent', at: at(0), standing, transaction: TRANSACTION, liveUntil: at(1000) }
const reuse = (second: number, members: { requestDigest?: string; transaction?: string } = {}): ConsentCommand => ({
  type: 'ReuseConsent',
  at: at(second),
  transaction: OTHER,
  requestDigest: digest('request'),
  liveUntil: at(second + 1000),
  ...members,
})
const withdraw = (second: number): ConsentCommand => ({ type: 'RequestWithdrawal', at: at(second), by: 'self' })
const complete = (second: number): ConsentCommand => ({ type: 'CompleteWithdrawal', at: at(second) })

const use = (transaction: string, until: number) => ({ transaction, until: at(until) })
const givenEvent: ConsentEvent = {
  type: 'ConsentGiven',
  data: { client: 'clinic', transaction: TRANSACTION, standing, live: [use(TRANSACTION, 1000)] },
}
const requested = (...live: readonly { transaction: string; until: string }[]): ConsentEvent => ({
  type: 'WithdrawalRequested',
  data: { client: 'clinic', by: 'self', standing, live },
})
const withdrawn: ConsentEvent = { type: 'ConsentWithdrawn', data: { client: 'clinic', standing } }

describe('GiveConsent', () => {
  it('rule 12: names the transaction, which a withdrawal must reach', () => {
    givenConsent([]).when(give).records(givenEvent)
  })

  it('replaces what stood before, and keeps the uses that may live', () => {
    const less: StandingConsent = { ...standing, transaction: OTHER, accepted: [], refused: ['email', 'birthdate'], givenAt: at(5) }
    givenConsent([givenEvent])
      .when({ type: 'GiveConsent', at: at(5), standing: less, transaction: OTHER, liveUntil: at(1005) })
      .records({
        type: 'ConsentGiven',
        data: { client: 'clinic', transaction: OTHER, standing: less, live: [use(TRANSACTION, 1000), use(OTHER, 1005)] },
      })
  })

  it('double click: a transaction stands once among the uses, with its newest end', () => {
    givenConsent([givenEvent])
      .when({ ...give, at: at(1), liveUntil: at(1001) })
      .records({ ...givenEvent, data: { ...givenEvent.data, live: [use(TRANSACTION, 1001)] } })
  })

  it('rule 13: no new use while a withdrawal is under way; afterwards there is', () => {
    givenConsent([givenEvent, requested(use(TRANSACTION, 1000))])
      .when(give)
      .refuses('consent_withdrawn')
    givenConsent([givenEvent, requested(use(TRANSACTION, 1000)), withdrawn])
      .when(give)
      .records(givenEvent)
  })

  it('a withdrawal reaches at most a hundred logins at once', () => {
    const live = Array.from({ length: 100 }, (_, index) => use(`tx_${String(index).padStart(24, '0')}`, 1000))
    const full: ConsentEvent = { type: 'ConsentGiven', data: { client: 'clinic', transaction: OTHER, standing, live } }
    givenConsent([full]).when(give).refuses('too_many_requests')
    givenConsent([full])
      .when(reuse(1, { transaction: TRANSACTION }))
      .refuses('too_many_requests')
    // One that has a place keeps it.
    const again = live[0]?.transaction ?? ''
    expect(givenConsent([full]).when(reuse(1, { transaction: again })).state.live).to.have.length(100)
    // What is over makes room.
    expect(givenConsent([full]).when({ ...give, at: at(1000), liveUntil: at(2000) }).state.live).to.deep.equal([use(TRANSACTION, 2000)])
  })
})

describe('ReuseConsent', () => {
  it('rule 28: exactly the same request is covered', () => {
    givenConsent([givenEvent])
      .when(reuse(10))
      .records({
        type: 'ConsentReused',
        data: { client: 'clinic', transaction: OTHER, standing, live: [use(TRANSACTION, 1000), use(OTHER, 1010)] },
      })
  })

  it('rule 28: another request is not', () => {
    givenConsent([givenEvent])
      .when(reuse(10, { requestDigest: digest('more') }))
      .refuses('consent_pending')
  })

  it('rule 28: nothing stands before it was given, while it is withdrawn, or after', () => {
    givenConsent([]).when(reuse(10)).refuses('consent_pending')
    givenConsent([givenEvent, requested()]).when(reuse(10)).refuses('consent_pending')
    givenConsent([givenEvent, requested(), withdrawn]).when(reuse(10)).refuses('consent_pending')
  })

  it('a consent stands to the millisecond before its end', () => {
    const end = 90 * 86_400
    expect(givenConsent([givenEvent]).when(reuse(end - 0.001)).decision.events).to.have.length(1)
    givenConsent([givenEvent]).when(reuse(end)).refuses('consent_pending')
  })

  it('rule 28: refused voluntary claims stay refused', () => {
    const { state } = givenConsent([givenEvent]).when(reuse(10))
    expect(state.standing).to.deep.equal(standing)
  })

  it('a client that is asked each time has consents that cover nothing', () => {
    const once = { ...standing, expiresAt: standing.givenAt }
    const state = fold(consent, [{ ...givenEvent, data: { ...givenEvent.data, standing: once } }])
    expect(covers(state, digest('request'), at(0))).to.equal(false)
  })
})

describe('RequestWithdrawal and CompleteWithdrawal', () => {
  it('rule 13: names every transaction whose code or tokens may live', () => {
    givenConsent([givenEvent])
      .when(withdraw(999.999))
      .records(requested(use(TRANSACTION, 1000)))
    givenConsent([givenEvent]).when(withdraw(1000)).records(requested())
  })

  it('rule 13: an expired consent is withdrawn too: its tokens may live', () => {
    const once = { ...givenEvent, data: { ...givenEvent.data, standing: { ...standing, expiresAt: at(0) } } } as ConsentEvent
    expect(givenConsent([once]).when(withdraw(1)).state.live).to.have.length(1)
  })

  it('rule 13: is done in two steps, each once', () => {
    const under = [givenEvent, requested(use(TRANSACTION, 1000))]
    givenConsent(under).when(withdraw(5)).records()
    givenConsent(under).when(complete(6)).records(withdrawn)
    givenConsent([...under, withdrawn])
      .when(complete(7))
      .records()
    givenConsent([...under, withdrawn])
      .when(withdraw(8))
      .refuses('consent_withdrawn')
  })

  it('what was never given cannot be withdrawn; what nobody asked for is not completed', () => {
    givenConsent([]).when(withdraw(0)).refuses('consent_unknown')
    givenConsent([]).when(complete(0)).records()
    givenConsent([givenEvent]).when(complete(1)).records()
  })
})
