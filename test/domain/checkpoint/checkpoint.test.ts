import { expect } from 'chai'
import { describe, it } from 'mocha'
import { checkpoint, type CheckpointState } from '../../../domain/checkpoint/checkpoint.ts'
import type { CheckpointCommand } from '../../../schemas/generated.ts'
import { digest } from '../samples.ts'

const wish = (n: number, at: string): CheckpointCommand => ({
  ...{ type: 'SignCheckpoint', at, n, chain: digest(`chain${String(n)}`), position: '7', head: '8' },
  ...{ kid: digest('key'), statement: 'a.b.c' },
})
const signed: CheckpointState = { n: 10, signedAt: '2026-11-24T12:00:00.000Z' }

describe('rule 49: a checkpoint every ten seconds when the audit log has grown', () => {
  const records = (state: CheckpointState, n: number, at: string): number => checkpoint.decide(wish(n, at), state, undefined).events.length

  it('the first is signed at once and says everything again', () => {
    const { events } = checkpoint.decide(wish(1, '2026-11-24T12:00:00.000Z'), {}, undefined)
    const state = events.reduce(checkpoint.evolve, checkpoint.initialState)
    expect(state).to.deep.include({ n: 1, signedAt: '2026-11-24T12:00:00.000Z', statement: 'a.b.c' })
  })

  it('not before ten seconds have passed, whoever asks', () => {
    expect(records(signed, 12, '2026-11-24T12:00:09.999Z')).to.equal(0)
    expect(records(signed, 12, '2026-11-24T12:00:10.000Z')).to.equal(1)
  })

  it('its own record is no reason for another, and a log that is shorter is never signed', () => {
    expect(records(signed, 11, '2026-11-24T12:10:00.000Z')).to.equal(0)
    expect(records(signed, 10, '2026-11-24T12:10:00.000Z')).to.equal(0)
    expect(records(signed, 3, '2026-11-24T12:10:00.000Z')).to.equal(0)
  })
})
