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

const givenEvent: ConsentEvent = {
  type: 'ConsentGiven',
  data: { client: 'clinic', transaction: TRANSACTION, standing, liveUntil: at(1000) },
}
const requested: ConsentEvent = { type: 'WithdrawalRequested', data: { client: 'clinic', by: 'self', standing } }
const withdrawn: ConsentEvent = { type: 'ConsentWithdrawn', data: { client: 'clinic', standing } }

describe('GiveConsent', () => {
  it('rule 12: names the transaction, which a withdrawal must reach', () => {
    givenConsent([]).when(give).records(givenEvent)
  })

  it('replaces what stood before', () => {
    const less: StandingConsent = { ...standing, transaction: OTHER, accepted: [], refused: ['email', 'birthdate'], givenAt: at(5) }
    givenConsent([givenEvent])
      .when({ type: 'GiveConsent', at: at(5), standing: less, transaction: OTHER, liveUntil: at(1005) })
      .records({
        type: 'ConsentGiven',
        data: { client: 'clinic', transaction: OTHER, standing: less, liveUntil: at(1005) },
      })
  })

  it('rule 12: a login decides once, so the second click records nothing and the first choice stands', () => {
    const more: StandingConsent = { ...standing, accepted: ['email', 'birthdate'], refused: [], givenAt: at(1) }
    const second = givenConsent([givenEvent]).when({
      type: 'GiveConsent',
      at: at(1),
      standing: more,
      transaction: TRANSACTION,
      liveUntil: at(1001),
    })
    second.records()
    expect(second.state.standing).to.deep.equal(standing)
  })

  it('rule 13: no new use while a withdrawal is under way; afterwards there is', () => {
    givenConsent([givenEvent, requested]).when(give).refuses('consent_withdrawn')
    givenConsent([givenEvent, requested, withdrawn]).when(give).records(givenEvent)
  })
})

describe('ReuseConsent', () => {
  it('rule 28: exactly the same request is covered', () => {
    givenConsent([givenEvent])
      .when(reuse(10))
      .records({
        type: 'ConsentReused',
        data: { client: 'clinic', transaction: OTHER, standing, liveUntil: at(1010) },
      })
  })

  it('rule 28: another request is not', () => {
    givenConsent([givenEvent])
      .when(reuse(10, { requestDigest: digest('more') }))
      .refuses('consent_pending')
  })

  it('rule 28: nothing stands before it was given, while it is withdrawn, or after', () => {
    givenConsent([]).when(reuse(10)).refuses('consent_pending')
    givenConsent([givenEvent, requested]).when(reuse(10)).refuses('consent_pending')
    givenConsent([givenEvent, requested, withdrawn]).when(reuse(10)).refuses('consent_pending')
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
  it('rule 13: says who took it back, and keeps what stood', () => {
    givenConsent([givenEvent]).when(withdraw(10)).records(requested)
  })

  it('rule 13: an expired consent is withdrawn too: its tokens may live', () => {
    const once = { ...givenEvent, data: { ...givenEvent.data, standing: { ...standing, expiresAt: at(0) } } } as ConsentEvent
    expect(givenConsent([once]).when(withdraw(1)).state.status).to.equal('withdrawing')
  })

  it('rule 13: is done in two steps, each once', () => {
    const under = [givenEvent, requested]
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
