import { expect } from 'chai'
import { describe, it } from 'mocha'
import { jsonLog } from '../../src/runtime.ts'
import { handClock } from '../support/hand-clock.ts'

describe('the log', () => {
  it('says instant, level and what happened first, and no field says them otherwise', () => {
    const lines: string[] = []
    const clock = handClock()
    jsonLog(clock, 'warn', (line) => lines.push(line)).warn('event_parked', { event: 'another', time: 'never', level: 'info', id: 'x' })
    expect(lines).to.deep.equal([`{"time":"${clock.now()}","level":"warn","event":"event_parked","id":"x"}\n`])
  })
})
