import { contentDigest, contentOf } from './content.ts'
import { storedEvents, type Progress } from './events.ts'
import type { Written } from './files.ts'
import { genesisOf } from '../chain.ts'
import { decode } from '../codec.ts'
import { keepNewest } from '../keep-newest.ts'
import { Fault, type Digest, type EventStore, type StoredEvent, type Timers } from '../../domain/ports.ts'

/** The lines of an export, from the beginning each time it is asked. */
export type Export = () => AsyncGenerator<string, Written>

export type ImportTools = {
  readonly store: EventStore
  readonly timers: Timers
  readonly progress: { readonly compared: Progress; readonly appended: Progress }
  /** Called once, before the first event is appended: what was told of another store's events is worth nothing here. */
  readonly beginning: () => Promise<void>
}

export type Imported = {
  readonly events: number
  /** Of them, those that were not there before. */
  readonly appended: number
  /** SHA-256 over every event in order, without its position: the same in every store that holds the same. */
  readonly content: Digest
}

/** Events of one stream that follow each other are one append: a store that flushes for each is asked less often. */
const APPEND_EVENTS_MAX = 64
const APPEND_CHARACTERS_MAX = 256 * 1024
/** Ends of streams kept in memory, about 200 bytes each. Others are read again. */
const HEADS_MAX = 100_000
const TRIES_MAX = 8
const WAIT_FIRST_MS = 200

const MEMBERS = ['position', 'stream', 'id', 'type', 'data', 'metadata'] as const

const wrongLine = (line: number, problem: string): Fault => new Fault('invalid', `line ${String(line)} of the export: ${problem}`)

const isExported = (value: unknown): value is StoredEvent =>
  typeof value === 'object' &&
  value !== null &&
  MEMBERS.every((member) => typeof Reflect.get(value, member) === 'string') &&
  Number.isSafeInteger(Reflect.get(value, 'revision'))

const readLine = (text: string, line: number): StoredEvent => {
  try {
    const value: unknown = JSON.parse(text)
    if (isExported(value)) return value
  } catch {
    // Told below, as any other line that is none.
  }
  throw wrongLine(line, 'it is not an event as `events export` writes it')
}

type Numbered = { readonly line: number; readonly event: StoredEvent }

async function* eventsOf(exported: Export): AsyncGenerator<Numbered> {
  let line = 0
  for await (const text of exported()) {
    line += 1
    yield { line, event: readLine(text, line) }
  }
}

type Rest = AsyncGenerator<Numbered>

/** Walks the store and the export side by side to the end of the store, and leaves the rest of the export; answers how many are equal. */
const compare = async ({ store, progress }: ImportTools, rest: Rest, seen: (event: StoredEvent) => void): Promise<number> => {
  let equal = 0
  for await (const here of storedEvents(store, progress.compared)) {
    seen(here)
    const { value: there } = (await rest.next()) as IteratorResult<Numbered, undefined>
    if (there === undefined) throw new Fault('invalid', `the store holds more than the export: event ${String(equal + 1)} is in it alone`)
    if (contentOf(here) !== contentOf(there.event))
      throw wrongLine(there.line, `the store has another event there (event ${String(here.revision)} of ${here.stream})`)
    equal += 1
  }
  return equal
}

/** Sends the same append again where nobody knows whether it happened, or the store was away (event-store 4.1). */
const appendSurely = async ({ store, timers }: ImportTools, events: readonly StoredEvent[]): Promise<void> => {
  const [first] = events
  if (first === undefined) return
  const expected = first.revision === 0 ? 'no_stream' : first.revision - 1
  const batch = events.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.append(first.stream, expected, batch)
      return
    } catch (error) {
      if (error instanceof Fault && error.code === 'conflict')
        throw new Fault(
          'invalid',
          `somebody else writes into this store (${first.stream}): stop every broker on it, and begin with an empty one`,
        )
      const passes = error instanceof Fault && (error.code === 'ambiguous' || error.code === 'unavailable')
      if (!passes || attempt === TRIES_MAX) throw error
      await timers.sleep(Math.max(error.retryAfterMs ?? 0, WAIT_FIRST_MS * 2 ** (attempt - 1)))
    }
  }
}

type Head = { readonly revision: number; readonly digest: Digest }

/** Where each stream ends in the store, so that nothing is appended that does not follow. */
const headsOf = (store: EventStore) => {
  const heads = new Map<string, Head>()
  return {
    of: async (stream: string): Promise<Head> => {
      const known = heads.get(stream)
      if (known !== undefined) return known
      const { events } = await store.readStream(stream, { direction: 'backwards', max: 1 })
      const [last] = events
      return last === undefined ? { revision: -1, digest: genesisOf(stream) } : { revision: last.revision, digest: decode(last).digest }
    },
    moved: (stream: string, head: Head): void => keepNewest(heads, stream, head, HEADS_MAX),
  }
}

const fits = (batch: readonly StoredEvent[], next: StoredEvent, characters: number): boolean =>
  batch.length === 0 ||
  (batch[0]?.stream === next.stream && batch.length < APPEND_EVENTS_MAX && characters + next.data.length <= APPEND_CHARACTERS_MAX)

/** One append after another, since only that keeps the order of everything. Each event must follow the one before it, digest and all. */
const appendRest = async (tools: ImportTools, rest: Rest): Promise<number> => {
  const heads = headsOf(tools.store)
  let batch: StoredEvent[] = []
  let characters = 0
  let appended = 0
  const flush = async (): Promise<void> => {
    await appendSurely(tools, batch)
    appended += batch.length
    tools.progress.appended(appended)
    batch = []
    characters = 0
  }
  for await (const { line, event } of rest) {
    if (!fits(batch, event, characters + event.metadata.length)) await flush()
    if (appended === 0 && batch.length === 0) await tools.beginning()
    const { revision, digest } = await heads.of(event.stream)
    if (event.revision !== revision + 1)
      throw wrongLine(
        line,
        `event ${String(event.revision)} of ${event.stream} follows revision ${String(revision)}: something is missing before it`,
      )
    heads.moved(event.stream, { revision: event.revision, digest: checked(event, digest, line) })
    batch.push(event)
    characters += event.data.length + event.metadata.length
  }
  await flush()
  return appended
}

const checked = (event: StoredEvent, before: Digest, line: number): Digest => {
  try {
    return decode(event, before).digest
  } catch (error) {
    throw wrongLine(line, error instanceof Fault ? error.message : 'it cannot be read')
  }
}

/** The file is closed however the reading ends. */
const reading = async <T>(exported: Export, read: (rest: Rest) => Promise<T>): Promise<T> => {
  const rest = eventsOf(exported)
  try {
    return await read(rest)
  } finally {
    await rest.return(undefined)
  }
}

/**
 * Brings the events of an export into a store: ids, order and metadata are kept, positions are the store's own. What is there
 * already must be the beginning of the export, so a run that was interrupted goes on where it stopped, and a run more changes
 * nothing. At the end everything is read back and compared. Fault `invalid` where export or store are not what they should be.
 */
export const importEvents = async (tools: ImportTools, exported: Export): Promise<Imported> => {
  const appended = await reading(exported, async (rest) => {
    await compare(tools, rest, () => undefined)
    return appendRest(tools, rest)
  })
  const content = contentDigest()
  const events = await reading(exported, async (rest) => {
    const equal = await compare(tools, rest, content.add)
    if ((await rest.next()).done !== true) throw new Fault('corrupt', 'the store holds less than was appended')
    return equal
  })
  return { events, appended, content: content.digest() }
}
