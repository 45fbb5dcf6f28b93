import { memoryEventStore } from '../../adapters/event-store/memory/memory-event-store.ts'
import type { EventStore, NewEvent, StoredEvent } from '../../domain/ports.ts'
import { genesisOf, sealMetadata } from '../../src/chain.ts'
import { handClock } from './hand-clock.ts'
import { systemTimers } from './given.ts'

type Data = { readonly [member: string]: unknown }

/** Everything that a store holds, in its order. */
export const storedIn = async (store: EventStore): Promise<readonly StoredEvent[]> => {
  const events: StoredEvent[] = []
  for (let after: string | undefined; ;) {
    const page = await store.readAll({ max: 1024, ...(after !== undefined && { after }) })
    events.push(...page.events)
    if (page.end || page.next === undefined) return events
    after = page.next
  }
}

/** Another store in memory with the same history but for the data of some events, chained anew: as a broker with other rules would have recorded it. */
export const retold = async (store: EventStore, change: (type: string, data: Data, stream: string) => Data): Promise<EventStore> => {
  const other = memoryEventStore({ clock: handClock(), timers: systemTimers })
  const heads = new Map<string, string>()
  for (const { stream, revision, id, type, data, metadata } of await storedIn(store)) {
    const previous = heads.get(stream) ?? genesisOf(stream)
    const { digest: _digest, ...rest } = JSON.parse(metadata) as Data
    const changed = JSON.stringify(change(type, JSON.parse(data) as Data, stream))
    const sealed = sealMetadata({ previous, stream, revision, id, type, data: changed, metadata: JSON.stringify({ ...rest, previous }) })
    heads.set(stream, sealed.digest)
    const event: NewEvent = { id, type, data: changed, metadata: sealed.text }
    await other.append(stream, revision === 0 ? 'no_stream' : revision - 1, [event])
  }
  return other
}
