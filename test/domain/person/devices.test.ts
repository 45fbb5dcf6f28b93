import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { fold } from '../../../domain/decider.ts'
import { devices, trusts, type DevicesState } from '../../../domain/person/devices.ts'
import { checkCommand, checkEvent } from '../../../schemas/check.ts'
import type { PersonEvent } from '../../../schemas/generated.ts'
import { given } from '../../support/given-decider.ts'
import { at, digest } from '../samples.ts'

const DAYS = 86_400
const givenDevices = given(devices, undefined)
const trust = (name: string, second: number) =>
  ({ type: 'TrustDevice', at: at(second), device: digest(name), until: at(second + 90 * DAYS) }) as const
const trusted = (...known: DevicesState): PersonEvent => ({ type: 'DeviceTrusted', data: { devices: known } })
const device = (name: string, second: number) => ({ digest: digest(name), until: at(second + 90 * DAYS) })

describe('TrustDevice', () => {
  it('rule 21: the digest of a secret is kept, for 90 days', () => {
    givenDevices([])
      .when(trust('phone', 0))
      .records(trusted(device('phone', 0)))
  })

  it('rule 21: at most five, the newest first; the oldest makes room', () => {
    const five = trusted(...['e', 'd', 'c', 'b', 'a'].map((name, index) => device(name, 4 - index)))
    givenDevices([five])
      .when(trust('f', 10))
      .records(trusted(device('f', 10), ...['e', 'd', 'c', 'b'].map((name, index) => device(name, 4 - index))))
  })

  it('a device that is trusted again moves to the front and stands once', () => {
    givenDevices([trusted(device('b', 1), device('a', 0))])
      .when(trust('a', 5))
      .records(trusted(device('a', 5), device('b', 1)))
  })

  it('what has expired makes room', () => {
    givenDevices([trusted(device('old', 0))])
      .when(trust('new', 90 * DAYS))
      .records(trusted(device('new', 90 * DAYS)))
  })
})

describe('trusts', () => {
  it('rule 21: a known device, to the millisecond before its end', () => {
    const state = fold(devices, [trusted(device('phone', 0))])
    expect(trusts(state, digest('phone'), at(90 * DAYS - 0.001))).to.equal(true)
    expect(trusts(state, digest('phone'), at(90 * DAYS))).to.equal(false)
    expect(trusts(state, digest('another'), at(0))).to.equal(false)
    expect(trusts([], digest('phone'), at(0))).to.equal(false)
  })
})

describe('properties of devices', () => {
  it('rule 8: the last event alone gives the same as all of them; each is what its schema says', () => {
    const moves = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), fc.integer({ min: 0, max: 40 * DAYS })), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(moves, (names) => {
        let second = 0
        let state = devices.initialState
        const events: PersonEvent[] = []
        for (const [name, wait] of names) {
          second += wait
          const wish = trust(name, second)
          expect(checkCommand('person', wish)).to.include({ ok: true })
          for (const event of devices.decide(wish, state, undefined).events) {
            expect(checkEvent('person', event.type, 1, event.data)).to.include({ ok: true })
            events.push(event)
            state = devices.evolve(state, event)
          }
          expect(state.length).to.be.at.most(5)
          expect(trusts(state, digest(name), at(second))).to.equal(true)
        }
        expect(fold(devices, events.slice(-1))).to.deep.equal(fold(devices, events))
      }),
      { numRuns: 300 },
    )
  })

  it('counters in its stream, should they ever be, change nothing', () => {
    const state = fold(devices, [trusted(device('phone', 0))])
    const stray = { type: 'AttemptCounted', data: {} } as unknown as PersonEvent
    expect(devices.evolve(state, stray)).to.equal(state)
  })
})
