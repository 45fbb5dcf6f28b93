import { isObject } from '../domain/json.ts'
import type { Json } from '../domain/ports.ts'

/** The description of an event in its schema, with `{member}` where a value of its data stands. */
export type Describe = (kind: string, type: string) => string | undefined

/** Members whose words are ours and read with spaces; the names of claims keep their underscores. */
const OWN_WORDS = new Set(['reason', 'phase', 'kind', 'what'])

/** Lists longer than this are cut: a record is read by people. */
const LIST_NAMES_MAX = 64

const nameOf = (value: Json): string => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  const name = isObject(value) ? value['name'] : undefined
  return typeof name === 'string' ? name : 'something'
}

const listOf = (values: readonly Json[]): string => {
  const names = values.slice(0, LIST_NAMES_MAX).map(nameOf)
  const last = names.pop()
  if (last === undefined) return 'nothing'
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const textOf = (member: string, value: Json | undefined): string => {
  if (value === undefined || value === null) return 'something'
  if (isList(value)) return listOf(value)
  const name = nameOf(value)
  return OWN_WORDS.has(member) ? name.replaceAll('_', ' ') : name
}

/** An event in plain words: what the audit log, the timeline and the regulator read. */
export const wordingOf = (
  describe: Describe,
  { kind, type, data }: { readonly kind: string; readonly type: string; readonly data: { readonly [member: string]: Json } },
): string =>
  (describe(kind, type) ?? `${type} was recorded.`).replace(/\{(\w+)\}/g, (_placeholder, member: string) =>
    textOf(member, Object.hasOwn(data, member) ? data[member] : undefined),
  )
