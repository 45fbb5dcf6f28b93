import { randomBytes, randomUUID } from 'node:crypto'
import { kurrentDbEventStore } from '../../../adapters/event-store/kurrentdb/kurrentdb-event-store.ts'
import { describe } from 'mocha'
import type { EventStore } from '../../../domain/ports.ts'
import { eventStoreContract, type EventStoreHarness } from '../../contracts/event-store.ts'
import { standIn } from '../../support/kurrentdb/server.ts'
import { silent, timers } from './tools.ts'

const chance = { bytes: (size: number) => randomBytes(size), uuid: randomUUID }

const harness: EventStoreHarness = {
  durable: true,
  crossProcess: true,
  otherEvents: 10_000,
  open: async () => {
    const server = await standIn()
    const opened: EventStore[] = []
    const open = async (): Promise<EventStore> => {
      const store = await kurrentDbEventStore({
        settings: { connection: server.connection, budgetMs: 30_000 },
        timers,
        chance,
        log: silent,
      })
      opened.push(store)
      return store
    }
    const store = await open()
    return {
      store,
      openSecond: open,
      reopen: async () => {
        await store.close()
        return open()
      },
      dispose: async () => {
        for (const one of opened) await one.close()
        server.stop()
      },
    }
  },
}

// Client and server share one thread here.
describe('event store: kurrentdb', function () {
  this.timeout(60_000)
  eventStoreContract('kurrentdb, stand-in', harness)
})
