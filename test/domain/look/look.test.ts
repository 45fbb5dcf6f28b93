import { expect } from 'chai'
import { describe, it } from 'mocha'
import { look } from '../../../domain/look/look.ts'
import { at, PERSON } from '../samples.ts'

describe('REG-15: a look at records of persons', () => {
  const looked = { actor: 'j.doe', purpose: 'complaint about a consent', case: 'DPA-2026/17', what: 'consents_of_a_person', person: PERSON }
  const wish = { type: 'ViewRecords', at: at(0), ...looked } as const

  it('is recorded with who, what for and which case', () => {
    expect(look.decide(wish, look.initialState, undefined)).to.deep.equal({ events: [{ type: 'RecordsViewed', data: looked }] })
  })

  it('is recorded once, however often the same is sent', () => {
    const after = look.evolve(look.initialState, { type: 'RecordsViewed', data: looked })
    expect(look.decide(wish, after, undefined)).to.deep.equal({ events: [] })
  })
})
