import { expect } from 'chai'
import { describe, it } from 'mocha'
import { at, OTHER_PERSON, PERSON, policy } from '../samples.ts'
import { givenLogin, rejected, rules, standingAt, walk, walkUnder, wish } from './samples.ts'

const opened = [wish('StartAuthorization'), wish('OpenAuthorization')] as const
const pin = wish('RequestFactor', { factor: 'pin' })
const attempt = wish('AttemptFactor', { factor: 'pin' })
const failedByAttempts = { type: 'AuthorizationFailed', data: { reason: 'attempts_exhausted' } } as const
const attempted = (number: number) =>
  ({ type: 'FactorAttempted', data: { factor: 'pin', attempt: number, person: PERSON, path: 'unknown' } }) as const
const rejection = (number: number, reason: 'wrong' | 'limited' | 'unavailable' | 'expired' = 'wrong') =>
  ({ type: 'FactorRejected', data: { factor: 'pin', attempt: number, reason } }) as const

describe('AttemptFactor', () => {
  it('rule 11: is recorded, with the person and the path that will be counted, before the ID system is asked', () => {
    standingAt('sent')
      .when(wish('AttemptFactor'))
      .records({ type: 'FactorAttempted', data: { factor: 'otp', attempt: 1, person: PERSON, path: 'unknown' } })
  })

  it('a proof before any choice, or by another factor than the chosen one, is out of order', () => {
    standingAt('opened').when(wish('AttemptFactor')).refuses('step_out_of_order')
    standingAt('sent').when(attempt).refuses('step_out_of_order')
    givenLogin(walk(...opened, wish('RequestFactor'), wish('ReportSent'), pin))
      .when(wish('AttemptFactor'))
      .refuses('step_out_of_order')
  })

  it('a code cannot be attempted while it is being sent', () => {
    givenLogin(walk(...opened, wish('RequestFactor')))
      .when(wish('AttemptFactor'))
      .refuses('factor_pending')
  })

  it('rule 22: an attempt after a failed message is taken like one after a sent message', () => {
    givenLogin(walk(...opened, wish('RequestFactor'), wish('ReportSendFailed', { reason: 'subject_denied' })))
      .when(wish('AttemptFactor'))
      .records({ type: 'FactorAttempted', data: { factor: 'otp', attempt: 1, person: PERSON, path: 'unknown' } })
  })

  it('rule 22: on the unknown path nobody learns from the age of a code whether the id is known', () => {
    const later = wish('AttemptFactor', { at: at(250) })
    const known = givenLogin(walk(...opened, wish('RequestFactor'), wish('ReportSent'))).when(later).decision
    const unknown = givenLogin(walk(...opened, wish('RequestFactor'), wish('ReportSendFailed', { reason: 'subject_denied' }))).when(later)
    expect(known).to.deep.equal(unknown.decision)
  })

  it('rule 22: on a trusted device a code that is too old is told: at 182.999 s it counts, at 183 s it does not', () => {
    const trusted = walk(...opened, wish('RequestFactor', { path: 'trusted' }), wish('ReportSent'))
    givenLogin(trusted)
      .when(wish('AttemptFactor', { at: at(182.999) }))
      .records({ type: 'FactorAttempted', data: { factor: 'otp', attempt: 1, person: PERSON, path: 'trusted' } })
    givenLogin(trusted)
      .when(wish('AttemptFactor', { at: at(183) }))
      .refuses('factor_expired')
  })

  it('the person of the last choice is the one who is counted', () => {
    givenLogin(walk(...opened, pin, wish('RequestFactor', { factor: 'pin', person: OTHER_PERSON })))
      .when(attempt)
      .records({ type: 'FactorAttempted', data: { factor: 'pin', attempt: 1, person: OTHER_PERSON, path: 'unknown' } })
  })

  it('audit-and-operations 6.3: three guesses; the third wrong one ends the login', () => {
    const two = walk(...opened, pin, ...rejected(2))
    givenLogin(two).when(attempt).records(attempted(3))
    givenLogin([...two, attempted(3)])
      .when(wish('RejectFactor', { attempt: 3 }))
      .refuses('attempts_exhausted', rejection(3), failedByAttempts)
  })

  it('double click: a second click on the last attempt does not end what the first may still win', () => {
    const third = [...walk(...opened, pin, ...rejected(2)), attempted(3)]
    givenLogin(third).when(attempt).refuses('step_out_of_order')
    expect(givenLogin(third).when(wish('ConfirmFactor', { attempt: 3 })).state.stage).to.equal('authenticated')
  })

  it('double click: a wrong verdict on one does not end the login while the other is under way', () => {
    const both = [...walk(...opened, pin, ...rejected(1)), attempted(2), attempted(3)]
    const first = givenLogin(both).when(wish('RejectFactor', { attempt: 3 }))
    first.refuses('factor_wrong', rejection(3))
    const after = [...both, ...first.decision.events]
    expect(givenLogin(after).when(wish('ConfirmFactor', { attempt: 2 })).state.stage).to.equal('authenticated')
    givenLogin(after)
      .when(wish('RejectFactor', { attempt: 2 }))
      .refuses('attempts_exhausted', rejection(2), failedByAttempts)
  })

  it('what the ID system could not answer is no guess, and still not endless', () => {
    const { attemptsMax, requestsMax } = policy.limits
    const unchecked = walk(...opened, pin, ...rejected(attemptsMax + requestsMax - 1, 'unavailable'))
    givenLogin(unchecked)
      .when(attempt)
      .records(attempted(attemptsMax + requestsMax))
    const all = [...unchecked, attempted(attemptsMax + requestsMax), rejection(attemptsMax + requestsMax, 'unavailable')]
    givenLogin(all).when(attempt).refuses('attempts_exhausted', failedByAttempts)
  })

  it('rule 3: a policy that became stricter ends the login at the next attempt', () => {
    const strict = { ...rules, policy: { ...policy, limits: { ...policy.limits, attemptsMax: 1 } } }
    givenLogin(walk(...opened, pin, ...rejected(2)), strict)
      .when(attempt)
      .refuses('attempts_exhausted', failedByAttempts)
  })

  it('rule 14: a proof at the deadline comes too late', () => {
    standingAt('sent')
      .when(wish('AttemptFactor', { at: at(301) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })
})

describe('ConfirmFactor', () => {
  const authenticated = {
    person: PERSON,
    path: 'unknown',
    factors: ['otp'],
    amr: ['otp'],
    acr: 'mosip:idp:acr:generated-code',
    authTime: at(11),
    deadline: at(131),
  } as const

  it('the ID system said yes: who, by what, at which assurance, and the time to decide', () => {
    standingAt('attempted').when(wish('ConfirmFactor')).records({ type: 'Authenticated', data: authenticated })
  })

  it('rule 18: is of whom the ID system knows by the proof, where the identifier alone named somebody new', () => {
    const known = { ...authenticated, person: OTHER_PERSON }
    standingAt('attempted')
      .when(wish('ConfirmFactor', { knownAs: OTHER_PERSON }))
      .records({ type: 'Authenticated', data: known })
  })

  it('an attempt that was never recorded, or that has its verdict, confirms nothing', () => {
    standingAt('sent').when(wish('ConfirmFactor')).refuses('step_out_of_order')
    standingAt('attempted')
      .when(wish('ConfirmFactor', { attempt: 2 }))
      .refuses('step_out_of_order')
    givenLogin(walk(...opened, pin, ...rejected(1)))
      .when(wish('ConfirmFactor'))
      .refuses('step_out_of_order')
    standingAt('authenticated').when(wish('ConfirmFactor')).refuses('step_out_of_order')
  })

  it('the person is the one of the attempt, also when another was chosen meanwhile', () => {
    const { decision } = givenLogin([
      ...walk(...opened, pin, attempt),
      ...walk(...opened, wish('RequestFactor', { factor: 'pin', person: OTHER_PERSON })).slice(2),
    ]).when(wish('ConfirmFactor', { factorsProven: ['pin'] }))
    expect(decision.events[0]).to.deep.include({
      type: 'Authenticated',
      data: { ...authenticated, factors: ['pin'], amr: ['pin'], acr: 'mosip:idp:acr:static-code' },
    })
  })

  it('rule 27: somebody else than the hint named ends in login_required', () => {
    standingAt('attempted')
      .when(wish('ConfirmFactor', { samePerson: false }))
      .refuses('wrong_person', { type: 'AuthorizationFailed', data: { reason: 'wrong_person' } })
  })

  it('rule 33: one acr, the first requested that was met', () => {
    const { decision } = standingAt('attempted').when(wish('ConfirmFactor', { factorsProven: ['pin', 'otp'] }))
    expect(decision.events[0]?.data).to.deep.include({ acr: 'mosip:idp:acr:generated-code', amr: ['pin', 'otp', 'mfa'] })
  })

  it('rule 33: where the policy knows no way on any more, an essential acr ends the login, another leaves no acr', () => {
    const { acrs } = policy.assurance
    const assurance = { acrs: acrs.filter(({ acr }) => acr === 'mosip:idp:acr:biometrics') }
    const changed = { ...rules, policy: { ...policy, assurance } }
    const started = wish('StartAuthorization', { acrEssential: true })
    givenLogin(walk(started, wish('OpenAuthorization'), pin, attempt), changed)
      .when(wish('ConfirmFactor', { factorsProven: ['pin'] }))
      .refuses('acr_unmet', { type: 'AuthorizationFailed', data: { reason: 'acr_unmet' } })
    const { decision } = standingAt('attempted', changed).when(wish('ConfirmFactor'))
    expect(decision.events[0]?.type).to.equal('Authenticated')
    expect(decision.events[0]?.data).to.not.have.property('acr')
  })

  it('rule 14: a verdict at the deadline comes too late', () => {
    standingAt('attempted')
      .when(wish('ConfirmFactor', { at: at(301) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })

  it('a verdict after the login ended changes nothing', () => {
    const cancelled = walk(...opened, pin, attempt, wish('FailAuthorization'))
    givenLogin(cancelled).when(wish('ConfirmFactor')).refuses('transaction_ended')
  })
})

describe('RejectFactor', () => {
  const pending = walk(...opened, pin, attempt)

  it('a wrong proof is recorded and refused in one decision', () => {
    givenLogin(pending).when(wish('RejectFactor')).refuses('factor_wrong', rejection(1))
  })

  it('rules 11 and 22: a refused count is recorded as limited, and ends the sign-in after as many as wrong proofs do', () => {
    givenLogin(pending)
      .when(wish('RejectFactor', { reason: 'limited' }))
      .refuses('factor_limited', rejection(1, 'limited'))
    givenLogin([...walk(...opened, pin, ...rejected(2, 'limited')), attempted(3)])
      .when(wish('RejectFactor', { attempt: 3, reason: 'limited' }))
      .refuses('attempts_exhausted', rejection(3, 'limited'), failedByAttempts)
  })

  it('an ID system that could not answer is no guess', () => {
    givenLogin(pending)
      .when(wish('RejectFactor', { reason: 'unavailable' }))
      .refuses('factor_unavailable', rejection(1, 'unavailable'))
  })

  it('rule 22: that a code was too old is told on a trusted device only', () => {
    givenLogin(pending)
      .when(wish('RejectFactor', { reason: 'expired' }))
      .refuses('factor_wrong', rejection(1, 'expired'))
    givenLogin(walk(...opened, wish('RequestFactor', { factor: 'pin', path: 'trusted' }), attempt))
      .when(wish('RejectFactor', { reason: 'expired' }))
      .refuses('factor_expired', rejection(1, 'expired'))
  })

  it('a code that was too old is a guess all the same', () => {
    givenLogin([...walk(...opened, pin, ...rejected(2, 'expired')), attempted(3)])
      .when(wish('RejectFactor', { attempt: 3, reason: 'expired' }))
      .refuses('attempts_exhausted', rejection(3, 'expired'), failedByAttempts)
  })

  it('an unchecked third attempt leaves the person a guess', () => {
    givenLogin([...walk(...opened, pin, ...rejected(2)), attempted(3), rejection(3, 'unavailable')])
      .when(attempt)
      .records(attempted(4))
  })

  it('a verdict comes once', () => {
    givenLogin(walk(...opened, pin, ...rejected(1)))
      .when(wish('RejectFactor'))
      .refuses('step_out_of_order')
    standingAt('authenticated').when(wish('RejectFactor')).refuses('step_out_of_order')
  })

  it('crash after the attempt: its count stands, and the person may try again', () => {
    givenLogin(pending).when(attempt).records(attempted(2))
    const crashed = walkUnder(rules, ...opened, pin, attempt, attempt, attempt)
    givenLogin(crashed).when(attempt).refuses('step_out_of_order')
  })
})
