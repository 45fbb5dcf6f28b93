import type { Journal } from './journal.ts'
import { asJson } from './replay/difference.ts'
import { rulesOfStream } from './deciders.ts'
import { isObject } from '../domain/json.ts'
import type { Json } from '../domain/ports.ts'
import { timeline, type TimelineRow } from '../projections/timeline.ts'
import type { Recorded } from '../projections/projection.ts'
import type { Describe } from '../projections/wording.ts'

/** One login, or one point of it. */
export type Point = {
  readonly stream: string
  /** The last event that counts; absent: all. */
  readonly until?: number
}

export type Side = { readonly number: number; readonly offsetMs: number; readonly text: string }

/** The same kind of event on both sides, or on one of them. */
export type Pair = { readonly type: string; readonly a?: Side; readonly b?: Side }

export type ValueDifference = { readonly path: string; readonly a: Json; readonly b: Json }

export type Diff = {
  readonly course: readonly Pair[]
  readonly state: readonly ValueDifference[]
  /** Differences of the rules that the first decisions were made under: of the policy, of the relying party's configuration. */
  readonly rules: readonly ValueDifference[]
}

/** Events of one side that are laid beside each other. */
const EVENTS_MAX = 500
const DIFFERENCES_MAX = 200

/** Digests, instants and random references are each login's own: that they differ says nothing. */
const OWN = /^(?:[A-Za-z0-9_-]{43}|\d{4}-\d{2}-\d{2}T[\d:.]+Z|[0-9a-hjkmnp-tv-z]{26})$/

const isOwn = (value: unknown): boolean => typeof value === 'string' && OWN.test(value)

const membersOf = (value: unknown): Readonly<Record<string, unknown>> | undefined => {
  if (Array.isArray(value)) return Object.fromEntries((value as readonly unknown[]).entries())
  return isObject(value) ? value : undefined
}

/** Every place where two values differ. */
const differences = (a: unknown, b: unknown, path: string, found: ValueDifference[], hidesOwn: boolean): void => {
  if (found.length >= DIFFERENCES_MAX || a === b) return
  const [one, other] = [membersOf(a), membersOf(b)]
  if (one !== undefined && other !== undefined) {
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)]))
      differences(one[name], other[name], path === '' ? name : `${path}.${name}`, found, hidesOwn)
    return
  }
  if (hidesOwn && isOwn(a) && isOwn(b)) return
  found.push({ path, a: asJson(a), b: asJson(b) })
}

const sideOf = ({ number, offsetMs, text }: TimelineRow): Side => ({ number, offsetMs, text })

/** Two courses laid beside each other: the longest common sequence of event types stays together. */
const aligned = (a: readonly TimelineRow[], b: readonly TimelineRow[]): readonly Pair[] => {
  const width = b.length + 1
  const common = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * width + j] = a[i]?.type === b[j]?.type ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const pairs: Pair[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [one, other] = [a[i], b[j]]
    if (one !== undefined && other !== undefined && one.type === other.type) {
      pairs.push({ type: one.type, a: sideOf(one), b: sideOf(other) })
      i += 1
      j += 1
    } else if (one !== undefined && (other === undefined || at(i + 1, j) >= at(i, j + 1))) {
      pairs.push({ type: one.type, a: sideOf(one) })
      i += 1
    } else if (other !== undefined) {
      pairs.push({ type: other.type, b: sideOf(other) })
      j += 1
    }
  }
  return pairs
}

const eventsOf = async (journal: Journal, { stream, until }: Point): Promise<readonly Recorded[] | undefined> => {
  const events = await journal.read(stream)
  const wanted = until === undefined ? events : events.slice(0, until + 1)
  return wanted.length === 0 || (until !== undefined && wanted.length <= until) ? undefined : wanted.slice(0, EVENTS_MAX)
}

const rulesDiffer = async (journal: Journal, a: Recorded, b: Recorded, found: ValueDifference[]): Promise<void> => {
  for (const name of new Set([...Object.keys(a.rules), ...Object.keys(b.rules)])) {
    const [one, other] = [a.rules[name], b.rules[name]]
    if (one === other) continue
    const read = (digest: string | undefined) => (digest === undefined ? undefined : journal.artefact(digest))
    differences(await read(one), await read(other), name, found, false)
  }
}

/** What two logins, or two points of one, do not have in common. Undefined where one of them is not there. */
export const diffTransactions = async (journal: Journal, describe: Describe, a: Point, b: Point): Promise<Diff | undefined> => {
  const [one, other] = [await eventsOf(journal, a), await eventsOf(journal, b)]
  const [first, second] = [one?.at(-1), other?.at(-1)]
  if (one === undefined || other === undefined || first === undefined || second === undefined) return undefined
  const stateOf = (point: Point, events: readonly Recorded[]): unknown => {
    const decider = rulesOfStream(point.stream)?.decider
    return decider && events.reduce(decider.evolve, decider.initialState)
  }
  const isSame = a.stream === b.stream
  const state: ValueDifference[] = []
  differences(stateOf(a, one), stateOf(b, other), '', state, !isSame)
  const rules: ValueDifference[] = []
  await rulesDiffer(journal, first, second, rules)
  return { course: isSame ? [] : aligned(timeline(describe, one), timeline(describe, other)), state, rules }
}
