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

const renew = (name: string, replaces: string, second: number) =>
  ({ type: 'RenewDevice', at: at(second), device: digest(name), replaces: digest(replaces) }) as const
const renewed = (...known: DevicesState): PersonEvent => ({ type: 'DeviceRenewed', data: { devices: known } })

describe('RenewDevice', () => {
  it('rule 21: the new secret takes the place of the old one, which counts ten minutes more; trust ends when it would have', () => {
    givenDevices([trusted(device('tablet', 5), device('phone', 0))])
      .when(renew('phone2', 'phone', 3600))
      .records(
        renewed({ ...device('phone', 0), digest: digest('phone2') }, device('tablet', 5), {
          digest: digest('phone'),
          until: at(3600 + 600),
        }),
      )
  })

  it('rule 21: a copy of the old cookie is worth nothing after that, and cannot renew itself', () => {
    const state = fold(devices, [trusted(device('phone', 0)), renewed(device('phone2', 0), { digest: digest('phone'), until: at(4200) })])
    expect(trusts(state, digest('phone'), at(4199))).to.equal(true)
    expect(trusts(state, digest('phone'), at(4200))).to.equal(false)
    givenDevices([renewed(device('phone2', 0), { digest: digest('phone'), until: at(4200) })])
      .when(renew('stolen', 'phone', 4200))
      .records()
  })

  it('within the ten minutes the old one may be renewed, and lasts no longer than they do', () => {
    givenDevices([renewed(device('phone2', 0), { digest: digest('phone'), until: at(600) })])
      .when(renew('phone3', 'phone', 60))
      .records(renewed({ digest: digest('phone3'), until: at(600) }, device('phone2', 0), { digest: digest('phone'), until: at(600) }))
  })

  it('of five that are trusted none is lost, but the grace of the old one', () => {
    const five = ['e', 'd', 'c', 'b', 'a'].map((name, index) => device(name, 4 - index))
    givenDevices([trusted(...five)])
      .when(renew('c2', 'c', 10))
      .records(renewed({ ...device('c', 2), digest: digest('c2') }, ...five.filter(({ digest: known }) => known !== digest('c'))))
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
