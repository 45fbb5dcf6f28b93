import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryReadModel } from '../../../adapters/read-model/memory/memory-read-model.ts'
import { Fault } from '../../../domain/ports.ts'
import type { EventSource, Recorded, SourceMessage } from '../../../projections/projection.ts'
import { follow } from '../../../src/reactors/follow.ts'
import { observing } from '../../../src/telemetry/observer.ts'
import type { World } from '../../../src/world.ts'
import { handClock } from '../../support/hand-clock.ts'
import { quickTimers } from '../worlds.ts'

const positionOf = (number: number): string => String(number).padStart(16, '0')
// What a follower looks at; the rest of an event is never reached.
const eventAt = (number: number): SourceMessage => ({
  kind: 'event',
  event: { id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, position: positionOf(number), type: 'Told' } as Recorded,
})

/** A source that hands out what it is given, after the position that was asked for. */
const sourceOf = (messages: readonly SourceMessage[]) => {
  const told: Promise<void>[] = []
  const subscribe: EventSource['subscribe'] = ({ after }, handler) => {
    const rest = messages.filter((message) => message.kind !== 'event' || after === undefined || message.event.position > after)
    const ended = (async () => {
      for (const message of rest) await handler(message)
    })()
    told.push(ended)
    return { stop: () => ended, ended }
  }
  return { subscribe, told: () => Promise.all(told) }
}

describe('following events', () => {
  const worldOf = (messages: readonly SourceMessage[], views = memoryReadModel()) => {
    const source = sourceOf(messages)
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const observer = observing({ elapsedMs: () => 0, scheme: 'https' })
    return {
      source,
      views,
      world: { views, log, observer, clock: handClock(), timers: quickTimers(), journal: { source } } as unknown as World,
    }
  }
  const forty = Array.from({ length: 40 }, (_, index) => eventAt(index + 1))

  it('the checkpoint moves every 32 events and at the end, not at each', async () => {
    const { world, views, source } = worldOf([...forty, { kind: 'caughtUp', position: positionOf(40) }])
    const following = await follow(world, { name: 'told', types: ['Told'], handler: async () => undefined })
    await source.told()
    expect(await views.position('told')).to.equal(positionOf(32))
    await following.stop()
    expect(await views.position('told')).to.equal(positionOf(40))
  })

  it('what throws is tried five times, then parked, and the others go on', async () => {
    const seen: string[] = []
    const { world, views } = worldOf(forty.slice(0, 3))
    const handler = async ({ position }: Recorded): Promise<void> => {
      seen.push(position)
      if (position === positionOf(2)) throw new TypeError('no')
    }
    const following = await follow(world, { name: 'told', types: ['Told'], handler })
    await following.ended
    expect(seen.filter((position) => position === positionOf(2))).to.have.length(5)
    expect(seen.at(-1)).to.equal(positionOf(3))
    expect((await views.list('told', 'parked')).map(({ reason }) => reason)).to.deep.equal(['TypeError'])
  })

  it('views that cannot be written for a while end nobody, and what is parked meanwhile is not passed by', async () => {
    const inner = memoryReadModel()
    let away = 3
    const views: typeof inner = {
      ...inner,
      apply: async (...given) => {
        away -= 1
        if (away >= 0) throw new Fault('unavailable', 'the database cannot be written now')
        return inner.apply(...given)
      },
    }
    const { world, source } = worldOf(forty, views)
    const handler = async ({ position }: Recorded): Promise<void> => {
      if (position === positionOf(2)) throw new TypeError('no')
    }
    const following = await follow(world, { name: 'told', types: ['Told'], handler })
    await source.told()
    await following.stop()
    expect(away).to.be.below(0)
    expect((await views.list('told', 'parked')).map(({ position }) => position)).to.deep.equal([positionOf(2)])
    expect(await views.position('told')).to.equal(positionOf(40))
  })

  it('two nodes under one name go on side by side, and neither ends', async () => {
    const { world, views, source } = worldOf(forty)
    const first = await follow(world, { name: 'told', types: ['Told'], handler: async () => undefined })
    const second = await follow(world, { name: 'told', types: ['Told'], handler: async () => undefined })
    await source.told()
    await Promise.all([first.stop(), second.stop()])
    expect(await views.position('told')).to.equal(positionOf(40))
  })
})
