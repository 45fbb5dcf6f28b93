import type { EventFilter, EventStore, Position, StoredEvent } from '../../../domain/ports.ts'

// A server cannot be emptied, so each test that wants an empty store gets a part of it: what is appended from now on, to streams
// and groups of its own.

const SHORT = /^[a-z][a-z0-9]*(-[a-z0-9]{0,8})?$/

/** The store as if it began at `start`, with short names in a space of their own; long names are unique already. */
export const apart = (store: EventStore, start: Position | undefined, space: string): EventStore => {
  const into = (name: string): string => (typeof name === 'string' && SHORT.test(name) ? `${space}${name}` : name)
  const out = (name: string): string => (name.startsWith(space) ? name.slice(space.length) : name)
  const back = (event: StoredEvent): StoredEvent => ({ ...event, stream: out(event.stream) })
  const from = (after: Position | undefined): { readonly after?: Position } => {
    const place = after ?? start
    return place === undefined ? {} : { after: place }
  }
  const filterOf = (filter: EventFilter | undefined): { readonly filter?: EventFilter } => {
    if (filter === undefined) return {}
    return { filter: 'streamPrefixes' in filter && !('types' in filter) ? { streamPrefixes: filter.streamPrefixes.map(into) } : filter }
  }
  const seen = (position: Position | undefined): Position | undefined => (position === start ? undefined : position)
  return {
    ...store,
    append: (stream, expected, events) => store.append(into(stream), expected, events),
    readStream: async (stream, options) => {
      const slice = await store.readStream(into(stream), options)
      return { ...slice, events: slice.events.map(back) }
    },
    readAll: async (options = {}) => {
      const page = await store.readAll({ ...options, ...from(options.after), ...filterOf(options.filter) })
      return { ...page, events: page.events.map(back), next: seen(page.next) }
    },
    head: async () => seen(await store.head()),
    subscribe: (options, handler) =>
      store.subscribe({ ...from(options.after), ...filterOf(options.filter) }, (message) => {
        if (message.kind === 'event') return handler({ kind: 'event', event: back(message.event) })
        return handler(message.kind === 'caughtUp' ? { ...message, position: seen(message.position) } : message)
      }),
    consume: (options, handler) =>
      store.consume({ ...options, group: into(options.group), ...filterOf(options.filter) }, async (event, attempt) => {
        if (start !== undefined && event.position <= start) return { kind: 'done' }
        return handler(back(event), attempt)
      }),
    parked: async (group) => (await store.parked(into(group))).map((one) => ({ ...one, group: out(one.group), event: back(one.event) })),
    replayParked: (group, eventId) => store.replayParked(into(group), eventId),
    groups: async () => (await store.groups()).filter((group) => group.startsWith(space)).map(out),
    dropParked: (group, eventId) => store.dropParked(into(group), eventId),
  }
}
