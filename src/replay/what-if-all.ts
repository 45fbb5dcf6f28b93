import type { Changes } from './changes.ts'
import type { WhatIf } from './course.ts'
import { pages, problemOf, type Progress } from './walk.ts'
import { whatIf } from './what-if.ts'
import { decode } from '../codec.ts'
import type { Journal } from '../journal.ts'
import type { Instant, Position, StoredEvent } from '../../domain/ports.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { Recorded } from '../../projections/projection.ts'

/** Which sign-ins are told about; the others are led along, since they count in the same counters. */
export type Window = {
  /** Where to begin reading: nothing before it is needed. */
  readonly after?: Position
  readonly since?: Instant
  readonly until?: Instant
  readonly client?: string
}

/** Sign-ins that would have ended otherwise in the same way. */
export type OtherwiseGroup = {
  readonly client: string
  readonly recorded: string
  readonly changed: string
  /** The command at which they part, and why. */
  readonly step: string
  readonly refusal: string | null
  readonly signIns: number
  readonly examples: readonly string[]
}

export type Hour = { readonly hour: string; readonly signIns: number; readonly otherwise: number }

export type WhatIfAll = {
  readonly signIns: number
  readonly otherwise: number
  /** Of those: signed in as recorded, and would not have; and the other way round. */
  readonly lost: number
  readonly won: number
  readonly guesses: { readonly recorded: number; readonly changed: number }
  /** Verdicts that nobody gave, taken to be "wrong". */
  readonly assumed: number
  readonly missing: number
  readonly unreadable: number
  readonly clients: readonly { readonly client: string; readonly signIns: number; readonly otherwise: number; readonly lost: number }[]
  readonly groups: readonly OtherwiseGroup[]
  /** Sign-ins beyond the groups that are told apart. */
  readonly ungrouped: number
  readonly hours: readonly Hour[]
}

const GROUPS_MAX = 500
const CLIENTS_MAX = 10_000
/** A year of hours. */
const HOURS_MAX = 9000
const EXAMPLES_MAX = 5
/** A sign-in that began in the window is over within this time: the longest lifetimes of policy, added. */
const FOLLOWED_S = 6 * 3600

type Count = { signIns: number; otherwise: number; lost: number }

const counted = <Key>(counts: Map<Key, Count>, key: Key, max: number): Count => {
  const known = counts.get(key) ?? { signIns: 0, otherwise: 0, lost: 0 }
  if (counts.size < max) counts.set(key, known)
  return known
}

const summary = () => {
  const sums = { signIns: 0, otherwise: 0, lost: 0, won: 0, assumed: 0, missing: 0, unreadable: 0, ungrouped: 0 }
  const guesses = { recorded: 0, changed: 0 }
  const groups = new Map<string, Omit<OtherwiseGroup, 'signIns' | 'examples'> & { signIns: number; examples: string[] }>()
  const clients = new Map<string, Count>()
  const hours = new Map<string, Count>()
  const group = ({ transaction, client, recorded, changed, step }: WhatIf): void => {
    const told = { client, recorded: recorded.words, changed: changed.words, step: step?.command ?? '', refusal: step?.refusal ?? null }
    const key = Object.values(told).join('\n')
    const known = groups.get(key)
    if (known === undefined && groups.size < GROUPS_MAX) groups.set(key, { ...told, signIns: 1, examples: [transaction] })
    else if (known === undefined) sums.ungrouped += 1
    else {
      known.signIns += 1
      if (known.examples.length < EXAMPLES_MAX) known.examples.push(transaction)
    }
  }
  return {
    unreadable: (): void => void (sums.unreadable += 1),
    add: (result: WhatIf): void => {
      const { client, startedAt, recorded, changed, otherwise } = result
      const isLost = recorded.signedIn && !changed.signedIn
      sums.signIns += 1
      sums.assumed += result.assumed
      guesses.recorded += result.guesses.recorded
      guesses.changed += result.guesses.changed
      if (result.missing !== undefined) sums.missing += 1
      for (const count of [counted(clients, client, CLIENTS_MAX), counted(hours, startedAt.slice(0, 13), HOURS_MAX)]) {
        count.signIns += 1
        if (otherwise) count.otherwise += 1
        if (isLost) count.lost += 1
      }
      if (!otherwise) return
      sums.otherwise += 1
      if (isLost) sums.lost += 1
      if (changed.signedIn && !recorded.signedIn) sums.won += 1
      group(result)
    },
    result: (): WhatIfAll => ({
      ...sums,
      guesses,
      clients: [...clients]
        .map(([client, count]) => ({ client, ...count }))
        .sort((a, b) => b.otherwise - a.otherwise || b.signIns - a.signIns),
      groups: [...groups.values()].sort((a, b) => b.signIns - a.signIns),
      hours: [...hours]
        .map(([hour, { signIns, otherwise }]) => ({ hour: `${hour}:00Z`, signIns, otherwise }))
        .sort((a, b) => (a.hour < b.hour ? -1 : 1)),
    }),
  }
}

const OURS = /^(authorization|person)-/

/**
 * R3: everything recorded in a window, led through a changed world in the order of the log. What is in memory is a page of events, the
 * sign-ins under way, the newest counters and the sums, however long the window is.
 */
export const whatIfAll = async (
  journal: Journal,
  changes: Changes,
  window: Window,
  progress: Progress = () => undefined,
): Promise<WhatIfAll> => {
  const { after, since, until, client } = window
  const sums = summary()
  const done = { signIns: 0, events: 0, at: undefined as Instant | undefined }
  const isWithin = ({ at }: Recorded): boolean => (since === undefined || at >= since) && (until === undefined || at < until)
  const world = whatIf(journal, changes, {
    keepsSteps: false,
    starts: (event) => isWithin(event),
    done: (result) => {
      done.signIns += 1
      if (client === undefined || client === result.client) sums.add(result)
    },
  })
  const take = async (stored: StoredEvent): Promise<Instant | undefined> => {
    if (!OURS.test(stored.stream)) return undefined
    let event: Recorded
    try {
      event = decode(stored)
    } catch (error) {
      problemOf(error)
      sums.unreadable()
      return undefined
    }
    await world.feed(event)
    return event.at
  }
  const last = until === undefined ? undefined : plusSeconds(until, FOLLOWED_S)
  for await (const page of pages(journal.store, after)) {
    for (const stored of page) done.at = (await take(stored)) ?? done.at
    done.events += page.length
    progress(done)
    if (until !== undefined && last !== undefined && done.at !== undefined && done.at >= until && (world.live() === 0 || done.at > last))
      break
  }
  world.end()
  return sums.result()
}
