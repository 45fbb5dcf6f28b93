import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { fold } from '../../../domain/decider.ts'
import { isPublished, JWKS_MAX_AGE_S, signingKey, type SigningKeyState } from '../../../domain/signing-key/signing-key.ts'
import type { SigningKeyCommand, SigningKeyEvent } from '../../../schemas/generated.ts'
import { given } from '../../support/given-decider.ts'
import { at, digest } from '../samples.ts'

const kid = digest('key')
const key = { kid, alg: 'ES256' } as const
const givenKey = given(signingKey, undefined)

const make = (second: number, noOtherSigns = false): SigningKeyCommand => ({
  ...{ type: 'MakeSigningKey', at: at(second), ...key, by: 'operator', noOtherSigns },
})
const activate = (second: number, noOtherSigns = false): SigningKeyCommand => ({
  ...{ type: 'ActivateSigningKey', at: at(second), kid, noOtherSigns },
})
const retire = (second: number): SigningKeyCommand => ({ type: 'RetireSigningKey', at: at(second), kid })
const revoke = (second: number): SigningKeyCommand => ({ type: 'RevokeSigningKey', at: at(second), kid, reason: 'compromised' })

const LEAD_S = 660
const made: SigningKeyEvent = { type: 'SigningKeyMade', data: { ...key, signsFrom: at(LEAD_S), by: 'operator' } }
const activated: SigningKeyEvent = { type: 'SigningKeyActivated', data: { ...key, signsFrom: at(LEAD_S) } }
const retired: SigningKeyEvent = { type: 'SigningKeyRetired', data: { ...key, signsFrom: at(LEAD_S), publishedUntil: at(4660) } }
const revoked: SigningKeyEvent = { type: 'SigningKeyRevoked', data: { ...key, signsFrom: at(LEAD_S), reason: 'compromised' } }

describe('the life of a signing key (rule 45)', () => {
  it('is published for longer than anybody may keep the JWKS before it signs', () => {
    expect(LEAD_S).to.be.greaterThan(JWKS_MAX_AGE_S)
    givenKey([]).when(make(0)).records(made)
    givenKey([made])
      .when(activate(LEAD_S - 1))
      .refuses('step_out_of_order')
    givenKey([made]).when(activate(LEAD_S)).records(activated)
  })

  it('signs at once where no other does', () => {
    const first: SigningKeyEvent = { type: 'SigningKeyMade', data: { ...key, signsFrom: at(0), by: 'operator' } }
    givenKey([]).when(make(0, true)).records(first)
    givenKey([made])
      .when(activate(1, true))
      .records({ type: 'SigningKeyActivated', data: { ...key, signsFrom: at(1) } })
  })

  it('stays published after it signed until the longest token that a policy allows has expired', () => {
    givenKey([made, activated]).when(retire(1000)).records(retired)
    const { state } = givenKey([made, activated]).when(retire(1000))
    for (const [second, shown] of [
      [1000, true],
      [4600, true],
      [4659, true],
      [4660, false],
    ] as const)
      expect(isPublished(state, at(second)), String(second)).to.equal(shown)
  })

  it('which never signed is published no more when it is retired', () => {
    const { state } = givenKey([made]).when(retire(50))
    expect(isPublished(state, at(50))).to.equal(false)
  })

  it('is out at once when it is revoked, in whatever state, for good', () => {
    for (const history of [[made], [made, activated], [made, activated, retired]]) {
      const outcome = givenKey(history).when(revoke(1))
      outcome.records(revoked)
      expect(isPublished(outcome.state, at(1))).to.equal(false)
    }
    givenKey([made, revoked]).when(activate(9999, true)).refuses('step_out_of_order')
    for (const again of [revoke(2), retire(2), make(2)]) givenKey([made, activated, revoked]).when(again).records()
  })

  it('each step twice is once, and what was never made can do nothing', () => {
    givenKey([made]).when(make(5)).records()
    givenKey([made, activated]).when(activate(9999)).records()
    givenKey([made, activated, retired]).when(retire(9999)).records()
    for (const wish of [activate(1), retire(1), revoke(1)]) givenKey([]).when(wish).refuses('not_found')
  })

  it('rules 3 and 8: total in every state, and the last event alone says the same as all of them', () => {
    const wishes = fc.array(
      fc.record({ second: fc.integer({ min: 0, max: 10_000 }), alone: fc.boolean(), of: fc.constantFrom(make, activate, retire, revoke) }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(wishes, (list) => {
        const events: SigningKeyEvent[] = []
        let state: SigningKeyState = signingKey.initialState
        for (const { second, alone, of } of list.toSorted((a, b) => a.second - b.second)) {
          const before = state.status
          const decision = signingKey.decide(of(second, alone), state, undefined)
          events.push(...decision.events)
          state = fold(signingKey, decision.events, state)
          if (before === 'revoked') expect(state.status).to.equal('revoked')
          if (before === 'retired') expect(state.status).to.be.oneOf(['retired', 'revoked'])
        }
        expect(fold(signingKey, events.slice(-1))).to.deep.equal(state)
      }),
    )
  })
})
