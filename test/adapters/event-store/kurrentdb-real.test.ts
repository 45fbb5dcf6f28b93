import { randomBytes, randomUUID } from 'node:crypto'
import { kurrentDbEventStore } from '../../../adapters/event-store/kurrentdb/kurrentdb-event-store.ts'
import type { EventStore } from '../../../domain/ports.ts'
import { eventStoreContract } from '../../contracts/event-store.ts'
import { apart } from '../../support/kurrentdb/apart.ts'
import { silent, timers } from './tools.ts'

/** A KurrentDB or EventStoreDB server that is there for tests: `esdb://127.0.0.1:2113?tls=false`. Nothing else may write to it. */
const connection = process.env['ESIGNET_TEST_KURRENTDB']
const credentialsFile = process.env['ESIGNET_TEST_KURRENTDB_CREDENTIALS']

const chance = { bytes: (size: number) => randomBytes(size), uuid: randomUUID }

if (connection !== undefined) {
  const settings = { connection, budgetMs: 30_000, ...(credentialsFile !== undefined && { credentialsFile }) }
  const open = (): Promise<EventStore> => kurrentDbEventStore({ settings, timers, chance, log: silent })

  eventStoreContract(`kurrentdb at ${connection}`, {
    durable: true,
    crossProcess: true,
    // A new group begins at the first event of the server, those of earlier tests included.
    otherEvents: 10_000,
    open: async () => {
      const opened = [await open()]
      const start = await opened[0]!.head()
      const space = `${randomBytes(6).toString('hex')}x`
      const part = (store: EventStore): EventStore => apart(store, start, space)
      const another = async (): Promise<EventStore> => {
        opened.push(await open())
        return part(opened.at(-1)!)
      }
      return {
        store: part(opened[0]!),
        openSecond: another,
        reopen: async () => {
          await opened[0]!.close()
          return another()
        },
        dispose: async () => {
          for (const store of opened) await store.close()
        },
      }
    },
  })
}
