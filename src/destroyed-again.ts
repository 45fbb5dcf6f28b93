import type { World } from './world.ts'
import type { Destructions, EventStore, Log, PersonKeys, Position, Subscription } from '../domain/ports.ts'
import { personOfStream } from '../domain/streams.ts'
import { millisecondsOf } from '../domain/time.ts'

type Known = { readonly store: EventStore; readonly destructions: Destructions; readonly log: Log }

type Following = Pick<World, 'journal' | 'personKeys' | 'clock' | 'log'>

const PAGE_EVENTS = 1024

const ERASED = { types: ['PersonErased'] } as const

/** Where looking goes on: nowhere else than in the log of which it was noted, which has grown since. */
const goesOn = (noted: Position | undefined, head: Position): Position | undefined =>
  noted !== undefined && noted.length === head.length && noted <= head ? noted : undefined

/** Persons whom the events after a position call erased. */
const erasedIn = async (store: EventStore, from: Position | undefined): Promise<readonly string[]> => {
  const refs: string[] = []
  for (let after = from; ;) {
    const page = await store.readAll({ filter: ERASED, max: PAGE_EVENTS, ...(after !== undefined && { after }) })
    refs.push(...page.events.map(({ stream }) => personOfStream(stream)))
    if (page.end || page.next === undefined) return refs
    after = page.next
  }
}

const destroy = async (keys: PersonKeys, log: Log, ref: string): Promise<void> => {
  if ((await keys.byRef(ref)) === undefined) return
  await keys.erase(ref)
  log.warn('destruction_replayed', { person: ref })
}

/**
 * Person keys without those that were destroyed before. Both lists are asked, for either may be older than a destruction: the events from
 * where these keys were compared with them last. Closes them where it fails.
 */
export const destroyedAgain = async <Keys extends PersonKeys>({ store, destructions, log }: Known, keys: Keys): Promise<Keys> => {
  try {
    const listed = (await destructions.all()).map(({ ref }) => ref)
    const head = await store.head()
    const erased = head === undefined ? [] : await erasedIn(store, goesOn(await keys.checkedUntil(), head))
    for (const ref of new Set([...listed, ...erased])) await destroy(keys, log, ref)
    if (head !== undefined) await keys.checked(head)
    return keys
  } catch (error) {
    await keys.close()
    throw error
  }
}

/** Between two notes of how far the log was followed, milliseconds. */
const NOTED_MS = 60_000

/** Goes on comparing while the broker runs, so that the next start has little to look through. */
export const destroyedMeanwhile = async ({ journal, personKeys, clock, log }: Following): Promise<Subscription> => {
  const after = await personKeys.checkedUntil()
  let notedMs = millisecondsOf(clock.now())
  return journal.source.subscribe({ filter: ERASED, ...(after !== undefined && { after }) }, async (message) => {
    if (message.kind === 'event') await destroy(personKeys, log, personOfStream(message.event.stream))
    const nowMs = millisecondsOf(clock.now())
    if (message.kind !== 'checkpoint' || nowMs < notedMs + NOTED_MS) return
    notedMs = nowMs
    const head = await journal.source.head()
    if (head !== undefined) await personKeys.checked(message.position < head ? message.position : head)
  })
}
