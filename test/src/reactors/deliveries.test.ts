import { expect } from 'chai'
import { describe, it } from 'mocha'
import { memoryEventStore } from '../../../adapters/event-store/memory/memory-event-store.ts'
import { transactionStream } from '../../../domain/streams.ts'
import { beginDeliveriesHere } from '../../../src/reactors/deliveries.ts'
import { until } from '../../support/broker.ts'
import { systemTimers } from '../../support/given.ts'
import { handClock } from '../../support/hand-clock.ts'
import { nextId } from '../worlds.ts'

describe('deliveries of a store that events were brought to', () => {
  it('begin behind them, once', async () => {
    const store = memoryEventStore({ clock: handClock(), timers: systemTimers })
    const wish = async (transaction: string): Promise<unknown> =>
      store.append(transactionStream(transaction), 'no_stream', [{ id: nextId(), type: 'FactorRequested', data: '{}', metadata: '{}' }])
    await wish('brought')
    await beginDeliveriesHere(store, systemTimers)
    await wish('new')
    await beginDeliveriesHere(store, systemTimers)
    const seen: string[] = []
    const consuming = store.consume({ group: 'deliveries', filter: { types: ['FactorRequested'] } }, async ({ stream }) => {
      seen.push(stream)
      return { kind: 'done' }
    })
    await until('the new one is delivered', () => seen.includes(transactionStream('new')))
    await consuming.stop()
    await store.close()
    expect(seen).to.deep.equal([transactionStream('new')])
  })
})
