import { expect } from 'chai'
import { describe, it } from 'mocha'
import { at, configuration, OTHER_PERSON, PERSON, policy } from '../samples.ts'
import { givenLogin, standingAt, walk, walkUnder, rules, wish } from './samples.ts'

const opened = [wish('StartAuthorization'), wish('OpenAuthorization')] as const
const pin = wish('RequestFactor', { factor: 'pin' })

describe('RequestFactor', () => {
  it('wishing a message is a fact with its number, the end of its window and when another may follow', () => {
    standingAt('opened')
      .when(wish('RequestFactor'))
      .records({
        type: 'FactorRequested',
        data: { factor: 'otp', person: PERSON, idType: 'uin', path: 'unknown', send: 1, sendBy: at(62), resendFrom: at(32) },
      })
  })

  it('a factor that needs no message sends none', () => {
    standingAt('opened')
      .when(pin)
      .records({ type: 'FactorRequested', data: { factor: 'pin', person: PERSON, idType: 'uin', path: 'unknown' } })
  })

  it('refuses a factor that this request does not offer', () => {
    standingAt('opened')
      .when(wish('RequestFactor', { factor: 'biometrics' }))
      .refuses('factor_not_offered')
  })

  it('rule 21: 30 s between two messages of one transaction: at 29.999 s too early, at 30 s not', () => {
    standingAt('sent')
      .when(wish('RequestFactor', { at: at(31.999) }))
      .refuses('send_too_early')
    standingAt('sent')
      .when(wish('RequestFactor', { at: at(32) }))
      .records({
        type: 'FactorRequested',
        data: { factor: 'otp', person: PERSON, idType: 'uin', path: 'unknown', send: 2, sendBy: at(92), resendFrom: at(62) },
      })
  })

  it('rule 21: the gap holds also after a failure, for another person, and around another factor', () => {
    const failed = walk(...opened, wish('RequestFactor'), wish('ReportSendFailed'))
    givenLogin(failed)
      .when(wish('RequestFactor', { at: at(10) }))
      .refuses('send_too_early')
    givenLogin(failed)
      .when(wish('RequestFactor', { at: at(10), person: OTHER_PERSON }))
      .refuses('send_too_early')
    givenLogin(walk(...opened, wish('RequestFactor'), pin))
      .when(wish('RequestFactor', { at: at(10) }))
      .refuses('send_too_early')
  })

  it('audit-and-operations 6.3: three messages in one transaction', () => {
    const sends = [2, 32, 62].map((second) => wish('RequestFactor', { at: at(second) }))
    givenLogin(walk(...opened, ...sends))
      .when(wish('RequestFactor', { at: at(200) }))
      .refuses('sends_exhausted')
    givenLogin(walk(...opened, ...sends))
      .when(wish('RequestFactor', { at: at(200), factor: 'pin' }))
      .records({ type: 'FactorRequested', data: { factor: 'pin', person: PERSON, idType: 'uin', path: 'unknown' } })
  })

  it('choices of a factor have an end', () => {
    const { requestsMax } = policy.limits
    const choices = Array.from({ length: requestsMax }, () => pin)
    givenLogin(walk(...opened, ...choices))
      .when(pin)
      .refuses('attempts_exhausted')
  })

  it('rule 16: nothing is sent in the name of a client that was deactivated meanwhile', () => {
    standingAt('opened', { policy, client: { configuration, active: false } })
      .when(wish('RequestFactor'))
      .refuses('client_inactive')
    standingAt('opened', { policy }).when(wish('RequestFactor')).refuses('client_inactive')
  })

  it('rule 14: a wish at the deadline comes too late', () => {
    standingAt('opened')
      .when(wish('RequestFactor', { at: at(301) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })
})

describe('ReportSent and ReportSendFailed', () => {
  const asked = walk(...opened, wish('RequestFactor'))
  const sent = { send: 1, factor: 'otp', channels: ['sms'], validUntil: at(183) } as const

  it('rule 22: only the kind of way is recorded', () => {
    givenLogin(asked).when(wish('ReportSent')).records({ type: 'FactorSent', data: sent })
  })

  it('rule 36: a failure is recorded with its reason', () => {
    givenLogin(asked)
      .when(wish('ReportSendFailed', { reason: 'outcome_unknown' }))
      .records({ type: 'FactorFailed', data: { send: 1, factor: 'otp', reason: 'outcome_unknown' } })
  })

  it('rule 15: a report that comes twice, or after the other one, records nothing', () => {
    standingAt('sent').when(wish('ReportSent')).records()
    standingAt('sent').when(wish('ReportSendFailed')).records()
    const failed = walk(...opened, wish('RequestFactor'), wish('ReportSendFailed'))
    givenLogin(failed).when(wish('ReportSent')).records()
  })

  it('a report of a message that was never wished records nothing', () => {
    givenLogin(asked)
      .when(wish('ReportSent', { send: 2 }))
      .records()
    standingAt('opened').when(wish('ReportSent')).records()
    standingAt('opened').when(wish('ReportSendFailed')).records()
  })

  it('a late report of the message before records nothing', () => {
    const again = walk(...opened, wish('RequestFactor'), wish('RequestFactor', { at: at(40) }))
    givenLogin(again)
      .when(wish('ReportSent', { at: at(41) }))
      .records()
    const { state } = givenLogin(again).when(wish('ReportSent', { at: at(41), send: 2 }))
    expect(state.delivery).to.include({ send: 2, status: 'sent' })
  })

  it('a report after the login went on or ended records nothing', () => {
    const elsewhere = walk(...opened, wish('RequestFactor'), pin, wish('AttemptFactor', { factor: 'pin' }), wish('ConfirmFactor'))
    givenLogin(elsewhere)
      .when(wish('ReportSent', { at: at(30) }))
      .records()
    standingAt('failed').when(wish('ReportSent')).records()
  })

  it('rule 14: a report at the deadline ends the login', () => {
    givenLogin(asked)
      .when(wish('ReportSent', { at: at(301) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })

  it('rule 3: the gap is the policy of the moment', () => {
    const patient = { ...rules, policy: { ...policy, limits: { ...policy.limits, sendGapS: 0 } } }
    const twice = walkUnder(patient, ...opened, wish('RequestFactor'), wish('RequestFactor'))
    expect(twice.filter((event) => event.type === 'FactorRequested')).to.have.length(2)
  })
})
