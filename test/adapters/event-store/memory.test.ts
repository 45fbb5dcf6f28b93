import { memoryEventStore } from '../../../adapters/event-store/memory/memory-event-store.ts'
import { eventStoreContract } from '../../contracts/event-store.ts'
import { clock, timers } from './tools.ts'

eventStoreContract('memory', {
  durable: false,
  crossProcess: false,
  open: async (tools = {}) => {
    const store = memoryEventStore({ clock: tools.now === undefined ? clock : { now: tools.now }, timers })
    return { store, dispose: () => store.close() }
  },
})
