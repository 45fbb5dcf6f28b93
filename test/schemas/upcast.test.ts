import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  commandVersion,
  eventVersion,
  missingSteps,
  missingUpcasters,
  upcast,
  upcastCommand,
  upcastWith,
  type Upcasters,
} from '../../schemas/upcast.ts'

const VERSIONS = { transaction: { Moved: 3, Stayed: 1 } }
const STEPS: Upcasters = {
  'transaction/Moved': {
    1: ({ place, ...rest }) => ({ ...rest, to: place }),
    2: (data) => ({ ...data, by: 'foot' }),
  },
}
const moved = (version: number, data: Readonly<Record<string, unknown>>) =>
  upcastWith(STEPS, VERSIONS, 'transaction', 'Moved', version, data)

describe('upcast (rule 9)', () => {
  it('takes every step from an old version to the present one', () => {
    expect(moved(1, { place: 'home', n: 1 })).to.deep.equal({ to: 'home', n: 1, by: 'foot' })
    expect(moved(2, { to: 'home' })).to.deep.equal({ to: 'home', by: 'foot' })
  })

  it('leaves the present version as it is', () => {
    const data = { to: 'home', by: 'train' }
    expect(moved(3, data)).to.equal(data)
  })

  it('does not know a version of newer code, nor what is no version', () => {
    for (const version of [4, 0, -1, 1.5, NaN, Infinity]) expect(moved(version, {})).to.equal(undefined)
  })

  it('does not know a type or kind that is not there, whatever its name', () => {
    for (const [kind, type] of [
      ['transaction', 'Flew'],
      ['client', 'Moved'],
      ['transaction', 'toString'],
      ['__proto__', 'Moved'],
      ['constructor', 'name'],
    ] as const) {
      expect(upcastWith(STEPS, VERSIONS, kind, type, 1, {})).to.equal(undefined)
      expect(eventVersion(kind, type)).to.equal(undefined)
      expect(commandVersion(kind, type)).to.equal(undefined)
    }
  })

  it('gives nothing where a step is missing, and says which', () => {
    const holed: Upcasters = { 'transaction/Moved': { 2: (data) => data } }
    expect(upcastWith(holed, VERSIONS, 'transaction', 'Moved', 1, {})).to.equal(undefined)
    expect(missingSteps(holed, VERSIONS)).to.deep.equal(['transaction/Moved 1'])
    expect(missingSteps(STEPS, VERSIONS)).to.deep.equal([])
  })

  it('going by way of a version in between makes no difference', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('place', 'n', 'm'), fc.string()), (data) => {
        const second = STEPS['transaction/Moved']?.[1]?.(data) ?? {}
        expect(moved(2, second)).to.deep.equal(moved(1, data))
      }),
    )
  })

  it('no event or command of the house lacks a step', () => {
    expect(missingUpcasters()).to.deep.equal([])
    expect(upcast('transaction', 'FactorFailed', 1, { send: 1 })).to.deep.equal({ send: 1 })
    expect(upcastCommand('transaction', 'AttemptFactor', 1, { factor: 'otp' })).to.deep.equal({ factor: 'otp' })
  })
})
