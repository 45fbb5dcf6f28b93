import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { fold } from '../../../domain/decider.ts'
import { attempts, noAttempts, type AttemptsCommand, type AttemptsState } from '../../../domain/person/attempts.ts'
import { attemptsStream, devicesStream } from '../../../domain/streams.ts'
import { millisecondsOf } from '../../../domain/time.ts'
import { checkCommand, checkEvent } from '../../../schemas/check.ts'
import type { PersonEvent } from '../../../schemas/generated.ts'
import { given } from '../../support/given-decider.ts'
import { at, PERSON, policy, TRANSACTION } from '../samples.ts'

/** A policy of before failures were forgotten, as old records cite it. */
const remembering = (path: 'trusted' | 'unknown') => {
  const { forgetDays: _none, ...waits } = policy.limits[path]
  return waits
}
const rules = { policy: { ...policy, limits: { ...policy.limits, unknown: remembering('unknown'), trusted: remembering('trusted') } } }
const givenPerson = given(attempts, rules)
const onPath = { path: 'unknown', transaction: TRANSACTION } as const

const attempt = (second: number, path: 'trusted' | 'unknown' = 'unknown') =>
  ({ type: 'CountAttempt', at: at(second), ...onPath, path, factor: 'pin' }) as const
const credit = (second: number, reason: 'success' | 'not_checked') =>
  ({ type: 'CreditAttempt', at: at(second), ...onPath, reason }) as const
const send = (second: number) => ({ type: 'CountSend', at: at(second), ...onPath }) as const

const counted = (counters: AttemptsState, path: 'trusted' | 'unknown' = 'unknown'): PersonEvent => ({
  type: 'AttemptCounted',
  data: { path, factor: 'pin', transaction: TRANSACTION, counters },
})
const failures = (count: number, closedUntil?: string): PersonEvent =>
  counted({ failures: count, disabled: false, sends: [], ...(closedUntil !== undefined && { closedUntil }) })

/** What commands leave, refused ones included. */
const after = (...commands: readonly AttemptsCommand[]): readonly PersonEvent[] =>
  commands.reduce<readonly PersonEvent[]>((events, next) => [...events, ...attempts.decide(next, fold(attempts, events), rules).events], [])

describe('CountAttempt', () => {
  it('rule 11: counts before anybody is asked', () => {
    givenPerson([])
      .when(attempt(0))
      .records(counted({ failures: 1, disabled: false, sends: [] }))
  })

  it('audit-and-operations 6.3: three are free on the unknown path, then 5 s, doubling to an hour', () => {
    const waits = [undefined, undefined, undefined, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    waits.forEach((wait, before) => {
      givenPerson([failures(before)])
        .when(attempt(0))
        .records(failures(before + 1, wait === undefined ? undefined : at(wait)))
    })
  })

  it('audit-and-operations 6.3: the trusted path has a small counter of its own, five free', () => {
    givenPerson([failures(4)])
      .when(attempt(0, 'trusted'))
      .records(counted({ failures: 5, disabled: false, sends: [] }, 'trusted'))
    givenPerson([failures(5)])
      .when(attempt(0, 'trusted'))
      .records(counted({ failures: 6, disabled: false, sends: [], closedUntil: at(5) }, 'trusted'))
  })

  it('rule 21: a closed path refuses from state without appending: at 4.999 s closed, at 5 s open', () => {
    givenPerson([failures(4, at(5))])
      .when(attempt(4.999))
      .refuses('factor_limited')
    givenPerson([failures(4, at(5))])
      .when(attempt(5))
      .records(failures(5, at(15)))
  })

  it('audit-and-operations 6.3: the hundredth failure closes the path for good', () => {
    const hundredth = givenPerson([failures(99)]).when(attempt(0))
    hundredth.records(counted({ failures: 100, disabled: true, sends: [], closedUntil: at(3600) }))
    givenPerson(hundredth.decision.events).when(attempt(1_000_000)).refuses('factor_limited')
    givenPerson(hundredth.decision.events).when(send(1_000_000)).refuses('factor_limited')
  })
})

describe('CreditAttempt', () => {
  const credited = (counters: AttemptsState, reason: 'success' | 'not_checked'): PersonEvent => ({
    type: 'AttemptCredited',
    data: { path: 'unknown', transaction: TRANSACTION, reason, counters },
  })

  it('a success resets failures, wait and sends of its path', () => {
    givenPerson([counted({ failures: 7, disabled: false, closedUntil: at(40), sends: [{ at: at(0), transaction: TRANSACTION }] })])
      .when(credit(1, 'success'))
      .records(credited(noAttempts, 'success'))
  })

  it('an attempt that was never checked takes back its own count, and the wait that came with it', () => {
    givenPerson(after(attempt(0), attempt(1), attempt(2), attempt(3)))
      .when(credit(4, 'not_checked'))
      .records(credited({ failures: 3, disabled: false, sends: [] }, 'not_checked'))
    givenPerson([failures(6, at(20))])
      .when(credit(1, 'not_checked'))
      .records(credited({ failures: 5, disabled: false, sends: [], closedUntil: at(11) }, 'not_checked'))
  })

  it('taking back makes no wait longer, however late it comes', () => {
    givenPerson([failures(6, at(20))])
      .when(credit(30, 'not_checked'))
      .records(credited({ failures: 5, disabled: false, sends: [], closedUntil: at(20) }, 'not_checked'))
    givenPerson([failures(6, at(20))])
      .when(credit(15, 'not_checked'))
      .records(credited({ failures: 5, disabled: false, sends: [], closedUntil: at(20) }, 'not_checked'))
  })

  it('taking back more than was counted leaves zero', () => {
    givenPerson([]).when(credit(0, 'not_checked')).records(credited(noAttempts, 'not_checked'))
  })

  it('taking back the hundredth opens the path again', () => {
    const closed = givenPerson([failures(99)]).when(attempt(0)).decision.events
    expect(givenPerson(closed).when(credit(1, 'not_checked')).state).to.deep.include({ failures: 99, disabled: false })
  })
})

describe('CountSend', () => {
  const sent = (...seconds: readonly number[]): PersonEvent => ({
    type: 'SendCounted',
    data: {
      path: 'unknown',
      transaction: TRANSACTION,
      counters: { failures: 0, disabled: false, sends: seconds.map((second) => ({ at: at(second), transaction: TRANSACTION })) },
    },
  })

  it('a message is counted before it is wished', () => {
    givenPerson([]).when(send(0)).records(sent(0))
  })

  it('audit-and-operations 6.3: five an hour: at 3599.999 s the sixth is refused, at 3600 s it is not', () => {
    const five = after(send(0), send(1), send(2), send(3), send(4))
    givenPerson(five).when(send(3599.999)).refuses('factor_limited')
    givenPerson(five)
      .when(send(3600))
      .records(sent(0, 1, 2, 3, 4, 3600))
  })

  it('audit-and-operations 6.3: ten a day', () => {
    const ten = after(...Array.from({ length: 10 }, (_, index) => send(index * 1000)))
    expect(ten).to.have.length(10)
    givenPerson(ten).when(send(86_399.999)).refuses('factor_limited')
    givenPerson(ten)
      .when(send(86_400))
      .records(sent(1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 86_400))
  })

  it('rule 21: only sends that no success followed count', () => {
    const five = after(send(0), send(1), send(2), send(3), send(4), credit(5, 'success'))
    givenPerson(five).when(send(6)).records(sent(6))
  })

  it('rule 21: a closed path sends nothing, and appends nothing', () => {
    givenPerson([failures(4, at(5))])
      .when(send(4))
      .refuses('factor_limited')
  })

  it('failures and sends do not disturb each other', () => {
    const { state } = givenPerson([failures(4, at(5))]).when(send(5))
    expect(state).to.deep.include({ failures: 4, closedUntil: at(5) })
    expect(givenPerson(after(send(0))).when(attempt(1)).state.sends).to.have.length(1)
  })
})

describe('properties of the counters', () => {
  const command = fc.oneof(
    fc.constant('attempt' as const),
    fc.constant('attempt' as const),
    fc.constant('send' as const),
    fc.constant('not_checked' as const),
    fc.constant('success' as const),
  )
  const gap = fc.oneof(fc.constantFrom(0, 0.001, 1, 5), fc.integer({ min: 10, max: 5000 }))
  const history = fc.array(fc.tuple(gap, command), { maxLength: 60, size: 'max' })

  const play = (moves: readonly (readonly [number, 'attempt' | 'send' | 'success' | 'not_checked'])[]) => {
    let seconds = 0
    let state = noAttempts
    const events: PersonEvent[] = []
    const commands: AttemptsCommand[] = []
    for (const [wait, what] of moves) {
      seconds += wait
      const given = what === 'attempt' ? attempt(seconds) : what === 'send' ? send(seconds) : credit(seconds, what)
      commands.push(given)
      for (const event of attempts.decide(given, state, rules).events) {
        events.push(event)
        state = attempts.evolve(state, event)
      }
    }
    return { events, state, commands }
  }

  it('rule 8: the last event alone gives the same as all of them', () => {
    fc.assert(
      fc.property(history, (moves) => {
        const { events, state } = play(moves)
        expect(fold(attempts, events)).to.deep.equal(state)
        expect(fold(attempts, events.slice(-1))).to.deep.equal(state)
      }),
      { numRuns: 500 },
    )
  })

  it('rule 4: every command and every event is what its schema says', () => {
    fc.assert(
      fc.property(history, (moves) => {
        const { events, commands } = play(moves)
        for (const one of commands) expect(checkCommand('person', one)).to.include({ ok: true })
        for (const event of events) expect(checkEvent('person', event.type, 1, event.data)).to.include({ ok: true })
      }),
      { numRuns: 200 },
    )
  })

  it('audit-and-operations 6.3: without a success, attempts in any stretch are bounded by the waits, messages by five an hour', () => {
    fc.assert(
      fc.property(history, (moves) => {
        const { events } = play(moves.filter(([, what]) => what === 'attempt' || what === 'send'))
        const times = events.flatMap((event) => (event.type === 'SendCounted' ? event.data.counters.sends.slice(-1) : []))
        for (const { at: end } of times) {
          const within = times.filter((one) => one.at <= end && millisecondsOf(one.at) > millisecondsOf(end) - 3_600_000)
          expect(within.length).to.be.at.most(policy.limits.sendsPerHour)
        }
        const counts = events.flatMap((event) => (event.type === 'AttemptCounted' ? [event.data.counters.failures] : []))
        expect(counts).to.deep.equal(counts.map((_, index) => index + 1))
      }),
      { numRuns: 300 },
    )
  })
})

describe('rule 21: two paths', () => {
  it('have streams of their own, so unknown failures can only close the unknown path', () => {
    const streams = [attemptsStream(PERSON, 'trusted'), attemptsStream(PERSON, 'unknown'), devicesStream(PERSON)]
    expect(new Set(streams).size).to.equal(3)
    // Nothing but the events of its own stream reaches the state of a path.
    const flooded = after(...Array.from({ length: 30 }, (_, index) => attempt(index * 4000)))
    expect(flooded.length).to.be.greaterThan(20)
    givenPerson([])
      .when(attempt(0, 'trusted'))
      .records(counted({ failures: 1, disabled: false, sends: [] }, 'trusted'))
  })
})

describe('failures of long ago', () => {
  const DAY = 86_400
  const givenForgetting = given(attempts, { policy })
  const closedAt0 = counted({ failures: 100, disabled: true, sends: [], closedUntil: at(3600), countedAt: at(0) })

  it('are forgotten thirty days after the newest, and the path that they closed opens', () => {
    givenForgetting([closedAt0])
      .when(attempt(30 * DAY - 1))
      .refuses('factor_limited')
    givenForgetting([closedAt0])
      .when(attempt(30 * DAY))
      .records(counted({ failures: 1, disabled: false, sends: [], countedAt: at(30 * DAY) }))
  })

  it('also those of a path that was closed before they carried their time', () => {
    const old = counted({ failures: 100, disabled: true, sends: [], closedUntil: at(0) })
    givenForgetting([old])
      .when(attempt(30 * DAY))
      .records(counted({ failures: 1, disabled: false, sends: [], countedAt: at(30 * DAY) }))
  })

  it('a closed path cannot be kept closed by trying on: what is refused is not counted', () => {
    const tries = Array.from({ length: 60 }, (_, index) => attempt(index * 43_200))
    const events = tries.reduce<readonly PersonEvent[]>(
      (before, next) => [...before, ...attempts.decide(next, fold(attempts, before), { policy }).events],
      [closedAt0],
    )
    expect(events).to.have.length(1)
    givenForgetting(events)
      .when(attempt(30 * DAY))
      .records(counted({ failures: 1, disabled: false, sends: [], countedAt: at(30 * DAY) }))
  })
})

describe('ReopenPath', () => {
  const reopen = { type: 'ReopenPath', at: at(10), path: 'unknown', actor: 'j.doe', case: 'HELP-42' } as const
  const sends = [{ at: at(5), transaction: TRANSACTION }]

  it('an operator opens a path that was closed for good; messages still count', () => {
    givenPerson([counted({ failures: 100, disabled: true, sends, closedUntil: at(3600) })])
      .when(reopen)
      .records({
        type: 'PathReopened',
        data: { path: 'unknown', actor: 'j.doe', case: 'HELP-42', counters: { failures: 0, disabled: false, sends } },
      })
    givenPerson([counted({ failures: 100, disabled: true, sends, closedUntil: at(3600) }), ...after(reopen)])
      .when(attempt(11))
      .records(counted({ failures: 1, disabled: false, sends: [] }))
  })

  it('the command and the event are what their schemas say', () => {
    expect(checkCommand('person', reopen)).to.have.property('ok', true)
    for (const { type, data } of after(reopen)) expect(checkEvent('person', type, 1, data)).to.have.property('ok', true)
  })
})
