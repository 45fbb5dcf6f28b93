import { canonical } from '../../domain/canonical.ts'
import { isObject } from '../../domain/json.ts'
import type { Json } from '../../domain/ports.ts'
import type { Recorded } from '../../projections/projection.ts'

/** Where today's rules decide otherwise than was recorded. Both values are parts of events, which hold nothing personal (rule 1). */
export type Difference = {
  readonly revision: number
  readonly command: string
  /** `type`, `count`, or a member of the event's data: `data.claims.0`. */
  readonly path: string
  readonly recorded: Json
  readonly decided: Json
}

export type Fact = { readonly type: string; readonly data: object }

type Place = Pick<Difference, 'path' | 'recorded' | 'decided'>

/** As it would be stored. */
export const asJson = (value: unknown): Json => (value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json))

const sameLists = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((item, index) => same(item, other[index]))

/** Equal once stored: a member whose value is undefined is a member that is not there. Nearly every comparison ends here, so it allocates little. */
const same = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (Array.isArray(one) || Array.isArray(other)) return Array.isArray(one) && Array.isArray(other) && sameLists(one, other)
  if (!isObject(one) || !isObject(other)) return false
  for (const member in one) if (!same(one[member], other[member])) return false
  for (const member in other) if (other[member] !== undefined && one[member] === undefined) return false
  return true
}

const membersOf = (value: Json): unknown => (Array.isArray(value) ? Object.fromEntries((value as readonly Json[]).entries()) : value)

/** The first place where two values that differ do so. */
const placeOf = (recorded: Json, decided: Json, path: string): Place | undefined => {
  if (canonical(recorded) === canonical(decided)) return undefined
  const [one, other] = [membersOf(recorded), membersOf(decided)]
  if (!isObject(one) || !isObject(other)) return { path, recorded, decided }
  for (const member of [...new Set([...Object.keys(one), ...Object.keys(other)])]) {
    const found = placeOf((one[member] ?? null) as Json, (other[member] ?? null) as Json, `${path}.${member}`)
    if (found !== undefined) return found
  }
  return { path, recorded, decided }
}

/** The first difference between the events of one recorded decision and what was decided again. */
export const difference = (batch: readonly Recorded[], decided: readonly Fact[], command: string): Difference | undefined => {
  for (const [index, event] of batch.entries()) {
    const fact = decided[index]
    const at = { revision: event.revision, command }
    if (fact?.type !== event.type) return { ...at, path: 'type', recorded: event.type, decided: fact?.type ?? null }
    const found = same(event.data, fact.data) ? undefined : placeOf(event.data, asJson(fact.data), 'data')
    if (found !== undefined) return { ...at, ...found }
  }
  if (decided.length === batch.length) return undefined
  const revision = (batch[0]?.revision ?? 0) + batch.length
  return { revision, command, path: 'count', recorded: batch.length, decided: decided.length }
}
