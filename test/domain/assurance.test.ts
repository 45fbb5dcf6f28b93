import { expect } from 'chai'
import { describe, it } from 'mocha'
import { acrMet, availableAcrs, factorsFor, nextFactors } from '../../domain/assurance.ts'
import { amrOf, FACTORS } from '../../domain/factors.ts'
import type { Policy } from '../../schemas/generated.ts'
import { policy } from './samples.ts'

const under: Policy = {
  ...policy,
  assurance: {
    acrs: [
      { acr: 'low', factors: ['otp'] },
      { acr: 'high', factors: ['otp', 'biometrics'] },
      { acr: 'other', factors: ['pin'] },
    ],
  },
}

describe('authentication contexts', () => {
  it('those can be met of which the ID system offers every factor, in the order wanted', () => {
    expect(availableAcrs(under, ['high', 'low', 'unheard-of'], ['otp', 'pin'])).to.deep.equal(['low'])
    expect(availableAcrs(under, ['high', 'low'], ['biometrics', 'otp'])).to.deep.equal(['high', 'low'])
    expect(availableAcrs(under, [], ['otp'])).to.deep.equal([])
    expect(availableAcrs(under, ['low'], [])).to.deep.equal([])
  })

  it('factors come best first, each once', () => {
    expect(factorsFor(under, ['high', 'low', 'other'])).to.deep.equal(['otp', 'biometrics', 'pin'])
    expect(factorsFor(under, ['unheard-of'])).to.deep.equal([])
  })

  it('rule 33: one acr, the first requested value that was met', () => {
    expect(acrMet(under, ['high', 'low'], ['otp'])).to.equal('low')
    expect(acrMet(under, ['low', 'high'], ['otp', 'biometrics'])).to.equal('low')
    expect(acrMet(under, ['high', 'low'], ['biometrics', 'otp', 'pin'])).to.equal('high')
    expect(acrMet(under, ['high'], ['pin'])).to.equal(undefined)
  })

  it('where none was requested, the first of the policy', () => {
    expect(acrMet(under, [], ['pin'])).to.equal('other')
    expect(acrMet(under, [], ['knowledge'])).to.equal(undefined)
  })

  it('rule 33: amr by RFC 8176 names, each once', () => {
    expect(amrOf(['otp', 'pin', 'password', 'biometrics', 'knowledge', 'wallet'])).to.deep.equal([
      'otp',
      'pin',
      'pwd',
      'user',
      'kba',
      'hwk',
      'mfa',
    ])
    expect(amrOf(['pin', 'pin'])).to.deep.equal(['pin'])
    const registered = ['otp', 'pin', 'pwd', 'user', 'kba', 'hwk']
    for (const { amr } of Object.values(FACTORS)) expect(registered).to.include(amr)
  })

  it('RFC 8176: mfa stands where two kinds of factors came together, and nowhere else', () => {
    expect(amrOf(['password', 'otp'])).to.deep.equal(['pwd', 'otp', 'mfa'])
    expect(amrOf(['pin', 'biometrics'])).to.deep.equal(['pin', 'user', 'mfa'])
    expect(amrOf(['password', 'pin'])).to.deep.equal(['pwd', 'pin'])
    expect(amrOf(['otp', 'wallet'])).to.deep.equal(['otp', 'hwk'])
    expect(amrOf(['knowledge', 'otp'])).to.deep.equal(['kba', 'otp'])
  })

  it('the ways on are the next factor of each context that is aimed at, what was begun first', () => {
    const aim = { acrs: ['other', 'high'], factors: ['pin', 'otp', 'biometrics'] } as const
    expect(nextFactors(under, aim, [])).to.deep.equal(['pin', 'otp'])
    expect(nextFactors(under, aim, ['otp'])).to.deep.equal(['biometrics', 'pin'])
    expect(nextFactors(under, { ...aim, acrs: ['high'] }, ['otp', 'biometrics'])).to.deep.equal([])
  })

  it('where no context was asked for every one is aimed at that could be met when the login began', () => {
    expect(nextFactors(under, { acrs: [], factors: ['otp', 'pin'] }, [])).to.deep.equal(['otp', 'pin'])
    expect(nextFactors(under, { acrs: ['high'], factors: ['otp', 'pin'] }, [])).to.deep.equal([])
  })

  it('only a code has to be sent', () => {
    expect(
      Object.entries(FACTORS)
        .filter(([, { sent }]) => sent)
        .map(([factor]) => factor),
    ).to.deep.equal(['otp'])
  })
})
