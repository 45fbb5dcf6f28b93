import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { fold } from '../../../domain/decider.ts'
import type { Factor } from '../../../domain/ports.ts'
import { transaction } from '../../../domain/transaction/decide.ts'
import type { TransactionRules } from '../../../domain/transaction/rules.ts'
import { at, configuration, OTHER_PERSON, PERSON, policy } from '../samples.ts'
import { givenLogin, walkUnder, wish } from './samples.ts'

const TWO = 'urn:almaria:acr:two'
const THREE = 'urn:almaria:acr:three'

const rules: TransactionRules = {
  policy: {
    ...policy,
    assurance: {
      acrs: [
        { acr: TWO, factors: ['password', 'otp'] },
        { acr: THREE, factors: ['password', 'pin', 'otp'] },
        { acr: 'urn:almaria:acr:pin', factors: ['pin'] },
      ],
    },
  },
  client: { configuration, active: true },
}

const start = (...acrs: readonly string[]) => [
  wish('StartAuthorization', { acrs, acrEssential: true, factors: ['password', 'pin', 'otp'] }),
  wish('OpenAuthorization'),
]
const choose = (factor: Factor, members = {}) => wish('RequestFactor', { factor, ...members })
const attempt = (factor: Factor) => wish('AttemptFactor', { factor })
const confirm = (number: number, ...factorsProven: readonly [Factor, ...Factor[]]) =>
  wish('ConfirmFactor', { attempt: number, factorsProven })

const login = (...wishes: Parameters<typeof walkUnder> extends [unknown, ...infer Rest] ? Rest : never) =>
  givenLogin(walkUnder(rules, ...wishes), rules)

const password = [choose('password'), attempt('password')] as const
const begun = [...start(TWO), ...password, confirm(1, 'password')] as const
const confirmed = (number: number, ...factors: readonly Factor[]) =>
  ({ type: 'FactorConfirmed', data: { attempt: number, person: PERSON, path: 'unknown', factors } }) as never

describe('a context that asks for several factors', () => {
  it('the first proof is recorded, the login goes on, and the next factor is chosen anew', () => {
    const after = login(...start(TWO), ...password).when(confirm(1, 'password'))
    after.records(confirmed(1, 'password'))
    expect(after.state).to.deep.include({ stage: 'opened', pending: [], confirmed: { person: PERSON, factors: ['password'], times: 1 } })
    expect(after.state).to.not.have.property('chosen')
  })

  it('the last proof authenticates, and says everything that was proven', () => {
    const { decision } = login(...begun, choose('otp'), wish('ReportSent'), wish('AttemptFactor')).when(confirm(2, 'otp'))
    expect(decision.events.map(({ type }) => type)).to.deep.equal(['Authenticated'])
    expect(decision.events[0]?.data).to.deep.include({
      factors: ['password', 'otp'],
      amr: ['pwd', 'otp', 'mfa'],
      acr: TWO,
      path: 'unknown',
    })
  })

  it('in order: no message is sent before the password is proven', () => {
    login(...start(TWO))
      .when(choose('otp'))
      .refuses('factor_not_offered')
    login(...begun)
      .when(choose('password'))
      .refuses('factor_not_offered')
    login(...start(THREE), ...password, confirm(1, 'password'))
      .when(choose('otp'))
      .refuses('factor_not_offered')
  })

  it('only ways that lead to a wanted context are open', () => {
    login(...begun)
      .when(choose('pin'))
      .refuses('factor_not_offered')
    const either = [...start(TWO, THREE), ...password, confirm(1, 'password')] as const
    expect(login(...either).when(choose('pin')).decision.refusal).to.equal(undefined)
    expect(login(...either).when(choose('otp')).decision.refusal).to.equal(undefined)
  })

  it('the login is whole as soon as one wanted context is met', () => {
    const { decision } = login(...start(TWO, 'urn:almaria:acr:pin'), choose('pin'), attempt('pin')).when(confirm(1, 'pin'))
    expect(decision.events[0]?.data).to.deep.include({ factors: ['pin'], amr: ['pin'], acr: 'urn:almaria:acr:pin' })
  })

  it('what the ID system proved at once counts at once', () => {
    const { decision } = login(...start(TWO), ...password).when(confirm(1, 'password', 'otp'))
    expect(decision.events[0]?.data).to.deep.include({ factors: ['password', 'otp'], acr: TWO })
  })

  it('three factors: one after the other, and each once', () => {
    const two = [...start(THREE), ...password, confirm(1, 'password'), choose('pin'), attempt('pin'), confirm(2, 'pin')] as const
    expect(fold(transaction, walkUnder(rules, ...two)).confirmed).to.deep.equal({ person: PERSON, factors: ['password', 'pin'], times: 2 })
    const { decision } = login(...two, choose('otp'), wish('ReportSent'), wish('AttemptFactor')).when(confirm(3, 'otp'))
    expect(decision.events[0]?.data).to.deep.include({ factors: ['password', 'pin', 'otp'], acr: THREE })
  })
})

describe('several factors of one person', () => {
  it('the next factor cannot be asked of somebody else', () => {
    login(...begun)
      .when(choose('otp', { person: OTHER_PERSON }))
      .refuses('wrong_person')
  })

  it('two people never add up, whichever proof was under way first', () => {
    const both = [...start(TWO), choose('password'), attempt('password'), choose('password', { person: OTHER_PERSON }), attempt('password')]
    login(...both, confirm(1, 'password'))
      .when(confirm(2, 'password'))
      .refuses('wrong_person', { type: 'AuthorizationFailed', data: { reason: 'wrong_person' } })
  })

  it('double click: a proof that is confirmed twice is one factor', () => {
    const after = login(...start(TWO), ...password, attempt('password'), confirm(1, 'password')).when(confirm(2, 'password'))
    after.records(confirmed(2, 'password'))
    expect(after.state.confirmed?.factors).to.deep.equal(['password'])
  })

  it('right proofs are no guesses; wrong ones count over all factors of the login', () => {
    const wrong = (factor: Factor, number: number) => [attempt(factor), wish('RejectFactor', { attempt: number, reason: 'wrong' })]
    const two = [...start(THREE), choose('password'), ...wrong('password', 1), ...wrong('password', 2), attempt('password')]
    const third = login(...two, confirm(3, 'password'), choose('pin'), attempt('pin'))
    third
      .when(wish('RejectFactor', { attempt: 4 }))
      .refuses(
        'attempts_exhausted',
        { type: 'FactorRejected', data: { factor: 'pin', attempt: 4, reason: 'wrong' } },
        { type: 'AuthorizationFailed', data: { reason: 'attempts_exhausted' } },
      )
  })

  it('rule 14: half a proof does not stop the clock', () => {
    login(...begun)
      .when(choose('otp', { at: at(301) }))
      .refuses('transaction_expired', { type: 'AuthorizationExpired', data: { phase: 'before_authentication' } })
  })

  it('property: nobody is authenticated by less than a wanted context, and never by two people', () => {
    const move = fc.oneof(
      fc
        .record({ factor: fc.constantFrom<Factor>('password', 'pin', 'otp'), person: fc.constantFrom(PERSON, OTHER_PERSON) })
        .map((members) => wish('RequestFactor', { ...members, at: at(40) })),
      fc.constantFrom<Factor>('password', 'pin', 'otp').map((factor) => attempt(factor)),
      fc.integer({ min: 1, max: 6 }).map((number) => wish('RejectFactor', { attempt: number })),
      fc
        .record({ number: fc.integer({ min: 1, max: 6 }), more: fc.subarray<Factor>(['pin', 'otp']) })
        .map(({ number, more }) => ({ number, more })),
    )
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30, size: 'max' }), fc.constantFrom([TWO], [THREE], [TWO, THREE], []), (moves, acrs) => {
        let events = walkUnder(rules, ...start(...acrs))
        for (const made of moves) {
          const state = fold(transaction, events)
          const pending = 'number' in made ? state.pending.find(({ attempt: known }) => known === made.number) : undefined
          const next =
            'number' in made
              ? confirm(made.number, pending?.factor ?? 'pin', ...made.more.filter((more) => more !== pending?.factor))
              : made
          events = [...events, ...transaction.decide(next, state, rules).events]
        }
        const { authenticated } = fold(transaction, events)
        if (authenticated === undefined) return
        const wanted = rules.policy.assurance.acrs.filter(({ acr }) => acrs.length === 0 || (acrs as readonly string[]).includes(acr))
        expect(wanted.some(({ factors }) => factors.every((factor) => authenticated.factors.includes(factor)))).to.equal(true)
        const people = events.flatMap((event) => (event.type === 'FactorConfirmed' ? [event.data.person] : []))
        expect(new Set([...people, authenticated.person]).size).to.equal(1)
      }),
    )
  })
})
