import { Fault, type EventStore } from '../domain/ports.ts'

const refuse = (): never => {
  throw new Fault('invalid', 'the event store was opened for reading only')
}

/** The same store for somebody who only looks: whatever would write is refused before it reaches the store. */
export const readOnly = (store: EventStore): EventStore => ({
  ...store,
  append: async () => refuse(),
  consume: refuse,
  replayParked: async () => refuse(),
  dropParked: async () => refuse(),
})
