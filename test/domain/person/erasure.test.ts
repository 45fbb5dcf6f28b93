import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { fold } from '../../../domain/decider.ts'
import { ceilingDays, erasure, retentionProblems, type ErasureCommand } from '../../../domain/person/erasure.ts'
import { instantOf, millisecondsOf, plusDays } from '../../../domain/time.ts'
import { documentDefaults } from '../../../schemas/check.ts'
import type { Policy } from '../../../schemas/generated.ts'

const policy = documentDefaults('policy') as unknown as Policy
const START = '2026-11-24T12:00:00.000Z'
const days = fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined })
const classes = fc
  .record({ authentication: days, consent: days })
  .map((of) => Object.fromEntries(Object.entries(of).filter(([, n]) => n !== undefined)))
const retentions = fc.record({ floors: classes, ceilings: classes })
const who = { actor: 'j.doe', purpose: 'request of the person', case: 'ERASE-9' }

const after = (retention: NonNullable<Policy['retention']>, commands: readonly ErasureCommand[]) =>
  commands.reduce(
    (state, command) => fold(erasure, erasure.decide(command, state, { policy: { ...policy, retention } }).events, state),
    erasure.initialState,
  )

describe('retention: floors and ceilings of a policy', () => {
  it('nobody is erased before the last floor, and everybody from then on, whenever it is tried', () => {
    fc.assert(
      fc.property(retentions, fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 9000 }), (retention, usedDaysAgo, triedDays) => {
        const lastUsedAt = plusDays(START, -usedDaysAgo)
        const at = plusDays(START, triedDays)
        const state = after(retention, [
          { type: 'RequestErasure', at: START, ...who, lastUsedAt },
          { type: 'RecordErased', at, rows: 1 },
        ])
        const longest = Math.max(0, ...Object.values(retention.floors).map((floor) => floor ?? 0))
        const mayBe = Math.max(millisecondsOf(plusDays(lastUsedAt, longest)), millisecondsOf(START))
        expect(state.until).to.equal(instantOf(Object.keys(retention.floors).length === 0 ? millisecondsOf(START) : mayBe))
        expect(state.status).to.equal(millisecondsOf(at) >= millisecondsOf(state.until ?? '') ? 'erased' : 'requested')
      }),
    )
  })

  it('settings that pass never have to erase somebody who must be kept', () => {
    fc.assert(
      fc.property(retentions, fc.integer({ min: 0, max: 5000 }), (retention, idleDays) => {
        const ceiling = ceilingDays(retention)
        fc.pre(retentionProblems(retention).length === 0 && ceiling !== undefined && idleDays >= ceiling)
        const state = after(retention, [
          { type: 'RequestErasure', at: plusDays(START, idleDays), ...who, lastUsedAt: START },
          { type: 'RecordErased', at: plusDays(START, idleDays), rows: 1 },
        ])
        expect(state.status).to.equal('erased')
      }),
    )
  })

  it('asked for twice, erased twice, certified twice is once', () => {
    const once: readonly ErasureCommand[] = [
      { type: 'RequestErasure', at: START, ...who },
      { type: 'RecordErased', at: START, rows: 2 },
      { type: 'CertifyErasure', at: START, statement: 'a.b.c' },
    ]
    expect(after({}, [...once, ...once])).to.deep.equal(after({}, once))
    expect(after({}, once).status).to.equal('certified')
    expect(after({}, [{ type: 'RecordErased', at: START, rows: 2 }]).status).to.equal('none')
  })
})
