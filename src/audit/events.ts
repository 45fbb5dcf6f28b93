import { contentDigest } from './content.ts'
import type { Files, Written } from './files.ts'
import { findings, type Findings } from './finding.ts'
import { genesisOf } from '../chain.ts'
import { decode } from '../codec.ts'
import { keepNewest } from '../keep-newest.ts'
import { Fault, type Digest, type EventStore, type Position, type StoredEvent } from '../../domain/ports.ts'

export type EventsVerdict = Findings & { readonly events: number; readonly streams: number; readonly last: Position | undefined }

export type Progress = (events: number) => void

const PAGE_EVENTS = 1024
/** Heads of streams kept in memory, about 200 bytes each. Of others the event before is read again. */
const HEADS_MAX = 100_000

/** Everything in the total order, as it is stored. */
export async function* storedEvents(store: EventStore, progress: Progress): AsyncGenerator<StoredEvent> {
  let events = 0
  for (let after: Position | undefined; ;) {
    const page = await store.readAll({ ...(after !== undefined && { after }), max: PAGE_EVENTS })
    yield* page.events
    events += page.events.length
    progress(events)
    if (page.end || page.next === undefined) return
    after = page.next
  }
}

/** One JSON text a line; `data` and `metadata` are the stored texts, byte for byte. */
export const exportEvents = async (
  store: EventStore,
  files: Files,
  path: string,
  progress: Progress,
): Promise<Written & { readonly events: number; readonly content: Digest }> => {
  let events = 0
  const content = contentDigest()
  async function* lines(): AsyncGenerator<string> {
    for await (const event of storedEvents(store, progress)) {
      const { position, stream, revision, id, type, data, metadata } = event
      events += 1
      content.add(event)
      yield `${JSON.stringify({ position, stream, revision, id, type, data, metadata })}\n`
    }
  }
  const written = await files.write(path, lines())
  return { ...written, events, content: content.digest() }
}

type Head = { readonly revision: number; readonly digest: Digest | undefined }

/** The digest that an event says it has; the event itself is judged elsewhere, so that one damage is counted once. */
const saidDigest = ({ metadata }: StoredEvent): Digest | undefined => /"digest":"([A-Za-z0-9_-]{43})"\}$/.exec(metadata)?.[1]

const headBefore = async (store: EventStore, heads: Map<string, Head>, event: StoredEvent): Promise<Head> => {
  const known = heads.get(event.stream)
  if (known !== undefined) return known
  if (event.revision === 0 || heads.size < HEADS_MAX) return { revision: -1, digest: genesisOf(event.stream) }
  const { events } = await store.readStream(event.stream, { from: event.revision - 1, max: 1 })
  const before = events[0]
  if (before?.revision !== event.revision - 1 || before.position >= event.position) return { revision: -1, digest: undefined }
  return { revision: before.revision, digest: saidDigest(before) }
}

const numberOf = (position: Position): number | undefined => (/^\d{1,16}$/.test(position) ? Number(position) : undefined)

const positionProblem = (before: Position | undefined, { position }: StoredEvent): string | undefined => {
  const [was, is] = [before === undefined ? 0 : numberOf(before), numberOf(position)]
  // Positions of other engines are no numbers without gaps.
  if (was === undefined || is === undefined || is === was + 1) return undefined
  return is === was + 2
    ? `position ${String(was + 1)} before it is missing`
    : `positions ${String(was + 1)} to ${String(is - 1)} before it are missing`
}

const eventProblem = (event: StoredEvent, head: Head): string | undefined => {
  if (event.revision !== head.revision + 1) return `it follows revision ${String(head.revision)} of its stream`
  try {
    decode(event, head.digest)
    return undefined
  } catch (error) {
    return error instanceof Fault ? error.message.replace(/^.*?cannot be trusted: /s, '') : 'it cannot be read'
  }
}

/** Whether a stream, read by itself, ends where the total order says that it ends. */
const headProblem = async (store: EventStore, stream: string, head: Head, until: Position): Promise<string | undefined> => {
  const { events } = await store.readStream(stream, { direction: 'backwards', max: 1 })
  const last = events[0]
  if (last === undefined || last.revision < head.revision) return `the stream ends before revision ${String(head.revision)}`
  return last.revision > head.revision && last.position <= until ? 'the total order lacks events of the stream' : undefined
}

/**
 * Reads everything and holds it against itself: positions and revisions have no gap, every digest follows from the one before it
 * and from the stored bytes, every event is what its schema says, every stream ends where it should. Goes on after the first find.
 */
export const verifyEvents = async (store: EventStore, progress: Progress): Promise<EventsVerdict> => {
  const found = findings()
  const heads = new Map<string, Head>()
  let events = 0
  let streams = 0
  let last: Position | undefined
  const head = await store.head()
  for await (const event of storedEvents(store, progress)) {
    const { position, stream, revision } = event
    const place = { position, stream, revision }
    const gap = positionProblem(last, event)
    if (gap !== undefined) found.add({ ...place, problem: gap })
    const problem = eventProblem(event, await headBefore(store, heads, event))
    if (problem !== undefined) found.add({ ...place, problem })
    events += 1
    if (revision === 0) streams += 1
    last = position
    keepNewest(heads, stream, { revision, digest: saidDigest(event) }, HEADS_MAX)
  }
  if (head !== undefined && (last === undefined || last < head)) found.add({ position: head, problem: 'the total order ends before it' })
  const until = last !== undefined && (head === undefined || last > head) ? last : (head ?? '')
  for (const [stream, end] of heads) {
    const problem = await headProblem(store, stream, end, until)
    if (problem !== undefined) found.add({ stream, revision: end.revision, problem })
  }
  return { ...found.result(), events, streams, last }
}
