import { expect } from 'chai'
import { describe, it } from 'mocha'
import { parked } from '../../../domain/parked/parked.ts'
import { at } from '../samples.ts'

describe('REG-16: what operators do with a parked event', () => {
  const asked = {
    actor: 'j.doe',
    group: 'deliveries',
    event: '5eed0000-0000-4000-8000-000000000350',
    eventType: 'FactorRequested',
    reason: 'the ID system answers again',
  }
  const retry = { type: 'RetryParked', at: at(0), ...asked } as const
  const drop = { type: 'DropParked', at: at(1), ...asked } as const
  const retried = { type: 'ParkedRetried', data: asked } as const
  const dropped = { type: 'ParkedDropped', data: asked } as const

  it('each retry is recorded, with who and why', () => {
    const after = parked.evolve(parked.initialState, retried)
    expect(parked.decide(retry, parked.initialState, undefined)).to.deep.equal({ events: [retried] })
    expect(parked.decide(retry, after, undefined)).to.deep.equal({ events: [retried] })
  })

  it('a drop is recorded once: whoever was interrupted says it again', () => {
    const after = parked.evolve(parked.initialState, dropped)
    expect(parked.decide(drop, parked.initialState, undefined)).to.deep.equal({ events: [dropped] })
    expect(parked.decide(drop, after, undefined)).to.deep.equal({ events: [] })
  })
})
