import type { Destructions, EventStore, Log, PersonKeys } from '../domain/ports.ts'
import { personOfStream } from '../domain/streams.ts'

type Known = { readonly store: EventStore; readonly destructions: Destructions; readonly log: Log }

const PAGE_EVENTS = 1024

/** Persons whom the events call erased. */
const erasedIn = async (store: EventStore): Promise<readonly string[]> => {
  const refs: string[] = []
  for (let after: string | undefined; ;) {
    const page = await store.readAll({ filter: { types: ['PersonErased'] }, max: PAGE_EVENTS, ...(after !== undefined && { after }) })
    refs.push(...page.events.map(({ stream }) => personOfStream(stream)))
    if (page.end || page.next === undefined) return refs
    after = page.next
  }
}

/** Person keys without those that were destroyed before. Both lists are asked, for either may be older than a destruction. Closes them where it fails. */
export const destroyedAgain = async <Keys extends PersonKeys>({ store, destructions, log }: Known, keys: Keys): Promise<Keys> => {
  try {
    const listed = (await destructions.all()).map(({ ref }) => ref)
    for (const ref of new Set([...listed, ...(await erasedIn(store))])) {
      if ((await keys.byRef(ref)) === undefined) continue
      await keys.erase(ref)
      log.warn('destruction_replayed', { person: ref })
    }
    return keys
  } catch (error) {
    await keys.close()
    throw error
  }
}
