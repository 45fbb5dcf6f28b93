import { decideAgain, type Replayed } from './replay.ts'
import type { Difference } from './difference.ts'
import { rulesReader, type RulesReader } from './inputs.ts'
import { pages, problemOf, type Progress } from './walk.ts'
import { decode } from '../codec.ts'
import { rulesOfStream, type AnyStreamRules } from '../deciders.ts'
import type { Journal } from '../journal.ts'
import { keepNewest } from '../keep-newest.ts'
import type { Digest, Instant, StoredEvent } from '../../domain/ports.ts'
import { kindOf } from '../../domain/streams.ts'
import type { Recorded } from '../../projections/projection.ts'

/** Streams that are decided otherwise today in the same place: the same command, the same member of the same event. */
export type DifferenceGroup = {
  readonly kind: string
  readonly command: string
  readonly path: string
  readonly streams: number
  /** The first of them, whole, and the names of some more. */
  readonly first: Difference & { readonly stream: string }
  readonly examples: readonly string[]
}

export type ReplayedAll = {
  readonly streams: number
  readonly signIns: number
  readonly events: number
  readonly decisions: number
  readonly same: number
  readonly different: number
  readonly missing_input: number
  readonly unreadable: number
  readonly groups: readonly DifferenceGroup[]
  /** Differences beyond the groups that are told apart. */
  readonly ungrouped: number
  readonly missing: readonly { readonly what: string; readonly streams: number; readonly example: string }[]
  readonly problems: readonly { readonly stream: string; readonly problem: string }[]
}

/** Streams in memory, about 3 kB each; another that comes again is read from its store. */
const STREAMS_MAX = 20_000
const GROUPS_MAX = 100
const EXAMPLES_MAX = 5

type Place = { state: unknown; digest: Digest | undefined; batch: Recorded[]; judged: boolean }

const placeAt = (rules: AnyStreamRules): Place => ({ state: rules.decider.initialState, digest: undefined, batch: [], judged: false })

/** Where a stream stood before an event, for one that is not in memory any more. */
const placeBefore = async (journal: Journal, rules: AnyStreamRules, { stream, revision }: StoredEvent): Promise<Place> => {
  const place = placeAt(rules)
  if (revision === 0) return place
  const from = rules.reading === 'folds' ? 0 : revision - 1
  const { events } = await journal.store.readStream(stream, { from, max: revision - from })
  for (const stored of events) {
    const event = decode(stored, place.digest)
    place.state = rules.decider.evolve(place.state, event)
    place.digest = event.digest
  }
  return place
}

/** Counts verdicts, each stream once. */
const tally = () => {
  const counts = { streams: 0, signIns: 0, events: 0, decisions: 0, different: 0, missing_input: 0, unreadable: 0, ungrouped: 0 }
  let same = 0
  const groups = new Map<string, { streams: number; first: DifferenceGroup['first']; examples: string[]; kind: string }>()
  const missing = new Map<string, { streams: number; example: string }>()
  const problems: { stream: string; problem: string }[] = []
  const differs = (stream: string, found: Difference): void => {
    const kind = kindOf(stream) ?? ''
    const key = [kind, found.command, found.path].join(' ')
    const group = groups.get(key)
    if (group !== undefined) {
      group.streams += 1
      if (group.examples.length < EXAMPLES_MAX) group.examples.push(stream)
    } else if (groups.size < GROUPS_MAX) groups.set(key, { streams: 1, first: { ...found, stream }, examples: [stream], kind })
    else counts.ungrouped += 1
  }
  const lacks = (stream: string, text: string): void => {
    const what = text.replace(/^event \d+: /, '')
    const known = missing.get(what)
    if (known !== undefined) known.streams += 1
    else if (missing.size < GROUPS_MAX) missing.set(what, { streams: 1, example: stream })
  }
  return {
    counts,
    began: (stream: string): void => {
      counts.streams += 1
      same += 1
      if (kindOf(stream) === 'transaction') counts.signIns += 1
    },
    judge: (stream: string, { verdict, difference, missing: text }: Pick<Replayed, 'verdict' | 'difference' | 'missing'>): void => {
      if (verdict === 'same') return
      same -= 1
      counts[verdict] += 1
      if (difference !== undefined) differs(stream, difference)
      if (text !== undefined) lacks(stream, text)
    },
    unreadable: (stream: string, problem: string): void => {
      same -= 1
      counts.unreadable += 1
      if (problems.length < GROUPS_MAX) problems.push({ stream, problem })
    },
    result: (): ReplayedAll => ({
      ...counts,
      same,
      groups: [...groups.values()]
        .map(({ streams, first, examples, kind }) => ({ kind, command: first.command, path: first.path, streams, first, examples }))
        .sort((a, b) => b.streams - a.streams),
      missing: [...missing].map(([what, found]) => ({ what, ...found })),
      problems,
    }),
  }
}

type Tally = ReturnType<typeof tally>

/** Takes one event further; a decision is judged once all its events are there. */
const step = async (rules: AnyStreamRules, place: Place, stored: StoredEvent, told: Tally, rulesOf: RulesReader): Promise<void> => {
  const event = decode(stored, place.digest)
  place.digest = event.digest
  place.batch.push(event)
  if (place.batch.length < (place.batch[0]?.count ?? 1)) return
  const { batch } = place
  place.batch = []
  const verdict = await decideAgain(rules, batch, place.state, rulesOf)
  place.judged = verdict.verdict !== 'same'
  told.judge(event.stream, verdict)
  told.counts.decisions += 1
  for (const one of batch) place.state = rules.decider.evolve(place.state, one)
}

/**
 * R1 over everything: one walk through the log in its order, each decision made again when its events come by. What is in memory is a
 * page of events and the newest streams, however long the log is. It reads only, and asks nobody.
 */
export const replayAll = async (journal: Journal, progress: Progress = () => undefined): Promise<ReplayedAll> => {
  const rulesOf = rulesReader(journal)
  const places = new Map<string, Place>()
  const told = tally()
  const { counts } = told
  const take = async (stored: StoredEvent): Promise<void> => {
    const { stream, revision } = stored
    const rules = rulesOfStream(stream)
    if (rules === undefined) return
    if (revision === 0) told.began(stream)
    const known = places.get(stream)
    // Its first finding was told; what follows from it would only be more of the same.
    if (known?.judged === true) {
      keepNewest(places, stream, known, STREAMS_MAX)
      return
    }
    try {
      const place = known ?? (await placeBefore(journal, rules, stored))
      keepNewest(places, stream, place, STREAMS_MAX)
      await step(rules, place, stored, told, rulesOf)
    } catch (error) {
      told.unreadable(stream, problemOf(error))
      keepNewest(places, stream, { ...placeAt(rules), judged: true }, STREAMS_MAX)
    }
  }
  let at: Instant | undefined
  for await (const page of pages(journal.store)) {
    for (const stored of page) await take(stored)
    counts.events += page.length
    at = instantIn(page) ?? at
    progress({ signIns: counts.signIns, events: counts.events, at })
  }
  return told.result()
}

const INSTANT = /^\{"at":"([^"]{24})"/

/** When a page's last event was recorded, for who watches. */
const instantIn = (page: readonly StoredEvent[]): Instant | undefined => INSTANT.exec(page.at(-1)?.metadata ?? '')?.[1]
