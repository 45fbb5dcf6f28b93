import { randomBytes, randomUUID } from 'node:crypto'
import { kurrentDbEventStore } from '../../../adapters/event-store/kurrentdb/kurrentdb-event-store.ts'
import type { EventStore } from '../../../domain/ports.ts'
import { eventStoreContract } from '../../contracts/event-store.ts'
import { standIn } from '../../support/kurrentdb/server.ts'
import { silent, timers } from './tools.ts'

const chance = { bytes: (size: number) => randomBytes(size), uuid: randomUUID }

eventStoreContract('kurrentdb, stand-in', {
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
})
