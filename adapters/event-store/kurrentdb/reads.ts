import type { EventFilter, EventStore, Position, StoredEvent } from '../../../domain/ports.ts'
import { matches } from '../positions.ts'
import { type CallTools, read } from './calls.ts'
import { isOurs, type LogEvent, storedOf } from './events.ts'
import { logPositionOf, positionOf } from './log-positions.ts'

const MAX = 256
const READ_MAX = 4096
/** Events that one call looks at, at most: a rare filter answers less than was asked for instead of holding up the process. */
const SCANNED_MAX = 16_384
const WINDOW = 1024
/** The newest event is looked for behind this many of the server's own, in pages. */
const HEAD_PAGE = 32
const HEAD_PAGES_MAX = 2048

export type Page = {
  /** Of all streams but the server's own. */
  readonly events: readonly StoredEvent[]
  /** Where the next page begins, also where it held only events of the server. */
  readonly next: Position | undefined
  readonly end: boolean
}

const readStreamOver =
  (tools: CallTools): EventStore['readStream'] =>
  async (stream, options = {}) => {
    const isBackwards = options.direction === 'backwards'
    const from = options.from ?? (isBackwards ? 'end' : 'start')
    const max = options.max ?? READ_MAX
    const seen = await read(tools, (client, signal) => client.readStream(stream, { from, max, isBackwards }, signal))
    return seen === undefined ? { exists: false, events: [] } : { exists: true, events: seen.map(storedOf) }
  }

/** The next events after a position in the order of the log. */
export const pageOver =
  (tools: CallTools) =>
  async (after: Position | undefined, max: number): Promise<Page> => {
    // A read begins with the event at the position, which was seen already.
    const from = after === undefined ? 'start' : logPositionOf(after)
    const asked = after === undefined ? max : max + 1
    const seen = (await read(tools, (client, signal) => client.readAll({ from, max: asked, isBackwards: false }, signal))) ?? []
    const news = seen.filter((event) => after === undefined || positionOf(event.position) > after)
    const last = news.at(-1)
    return {
      events: news.filter(isOurs).map(storedOf),
      next: last === undefined ? after : positionOf(last.position),
      end: seen.length < asked,
    }
  }

const readAllOver =
  (page: ReturnType<typeof pageOver>) =>
  async (options: {
    readonly after?: Position
    readonly max?: number
    readonly filter?: EventFilter
  }): ReturnType<EventStore['readAll']> => {
    const max = options.max ?? MAX
    let events: readonly StoredEvent[] = []
    /** What is told is always the position of an event that readers can have seen. */
    let told = options.after
    let at = options.after
    let end = false
    for (let scanned = 0; !end && events.length < max && scanned < SCANNED_MAX; scanned += WINDOW) {
      const next = await page(at, options.filter === undefined ? max : WINDOW)
      events = [...events, ...next.events.filter((event) => matches(options.filter, event.type, event.stream))]
      told = next.events.at(-1)?.position ?? told
      at = next.next
      end = next.end
    }
    const cut = events.slice(0, max)
    const last = cut.at(-1)
    if (events.length > max && last !== undefined) return { events: cut, next: last.position, end: false }
    return { events, next: end ? told : at, end }
  }

/** The newest event that is not the server's own. What lies before an event that was the newest once need not be looked at again. */
const headOver = (tools: CallTools) => {
  let known: Position | undefined
  const newest = (seen: readonly LogEvent[]): Position | undefined => {
    const event = seen.find((one) => isOurs(one) || (known !== undefined && positionOf(one.position) <= known))
    if (event === undefined) return undefined
    return isOurs(event) ? positionOf(event.position) : known
  }
  return async (): Promise<Position | undefined> => {
    let from: Parameters<typeof logPositionOf>[0] | undefined
    for (let pages = 0; pages < HEAD_PAGES_MAX; pages++) {
      const place = from === undefined ? 'end' : logPositionOf(from)
      const seen = (await read(tools, (client, signal) => client.readAll({ from: place, max: HEAD_PAGE, isBackwards: true }, signal))) ?? []
      const found = newest(seen)
      if (found !== undefined) return (known = known === undefined || found > known ? found : known)
      const last = seen.at(-1)
      if (last === undefined || seen.length < HEAD_PAGE) return known
      from = positionOf(last.position)
    }
    return known
  }
}

export const readsOver = (tools: CallTools) => {
  const page = pageOver(tools)
  return { readStream: readStreamOver(tools), page, readAll: readAllOver(page), head: headOver(tools) }
}

export type Reads = ReturnType<typeof readsOver>
