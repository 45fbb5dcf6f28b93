import { expect } from 'chai'
import { describe, it } from 'mocha'
import { setImmediate as turn } from 'node:timers/promises'
import type { EventSource, Recorded, SourceMessage } from '../../../projections/projection.ts'
import { delayed } from '../../../src/reactors/delayed.ts'
import { handClock } from '../../support/hand-clock.ts'

/** A source that tells what it is given, and a clock that is moved by whoever sleeps. */
const made = () => {
  const clock = handClock()
  const end = Promise.withResolvers<undefined>()
  let tell: (message: SourceMessage) => Promise<void> | void = () => undefined
  const source: EventSource = {
    head: async () => undefined,
    subscribe: (_, handler) => {
      tell = handler
      return { stop: async () => end.resolve(undefined), ended: end.promise.then(() => undefined) }
    },
  }
  const slept: number[] = []
  const timers = {
    sleep: async (ms: number) => {
      slept.push(ms)
      clock.pass(ms)
    },
  }
  const event = (n: number): SourceMessage => ({ kind: 'event', event: { id: String(n), at: clock.now() } as Recorded })
  return { clock, slept, end, event, tell: (message: SourceMessage) => tell(message), source: delayed(source, 5, { clock, timers }) }
}

const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns += 1) await turn()
}

describe('events told later (rule 15)', () => {
  it('each is told when it is old enough, in order, and the source does not wait for it', async () => {
    const { source, tell, event, slept, clock } = made()
    const seen: string[] = []
    const began = Date.parse(clock.now())
    source.subscribe({}, (message) => {
      if (message.kind === 'event') seen.push(`${message.event.id} after ${String(Date.parse(clock.now()) - began)}`)
    })
    const first = event(1)
    clock.pass(2000)
    const second = event(2)
    await tell(first)
    await tell(second)
    await settled()
    expect(seen).to.deep.equal(['1 after 5000', '2 after 7000'])
    expect(slept).to.deep.equal([3000, 2000])
  })

  it('what says only how far the source is comes in its place, and once where it came twice in a row', async () => {
    const { source, tell, event } = made()
    const seen: string[] = []
    source.subscribe({}, async (message) => {
      seen.push(message.kind === 'checkpoint' ? `checkpoint ${message.position}` : message.kind)
      await turn()
    })
    await tell(event(1))
    for (const position of ['1', '2', '3']) await tell({ kind: 'checkpoint', position })
    await tell(event(2))
    await tell({ kind: 'checkpoint', position: '4' })
    await settled()
    expect(seen).to.deep.equal(['event', 'checkpoint 3', 'event', 'checkpoint 4'])
  })

  it('where too many wait the source waits, and goes on', async () => {
    const { source, tell, event } = made()
    const gate = Promise.withResolvers<undefined>()
    let seen = 0
    source.subscribe({}, async () => {
      await gate.promise
      seen += 1
    })
    let told = 0
    const telling = (async () => {
      for (; told < 5000; told += 1) await tell(event(told))
    })()
    await settled()
    expect(told).to.equal(4097)
    gate.resolve(undefined)
    await telling
    await settled()
    expect(seen).to.equal(5000)
  })

  it('stopped, it tells nothing more; a handler that throws ends it', async () => {
    const { source, tell, event } = made()
    let seen = 0
    const one = source.subscribe({}, () => void (seen += 1))
    await one.stop()
    await tell(event(1))
    await settled()
    expect(seen).to.equal(0)
    const other = made()
    const ending = other.source.subscribe({}, () => Promise.reject(new TypeError('no')))
    await other.tell(other.event(1))
    expect(await ending.ended.catch((error: unknown) => error)).to.be.instanceOf(TypeError)
  })
})
