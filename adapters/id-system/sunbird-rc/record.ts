import { readDate, type AskedField } from '../asked-fields.ts'
import type { ClaimValue, Json } from '../plugin.ts'
import { isMembers, type Members } from '../wire.ts'

/** What stands at a path of names with dots between. */
export const memberAt = (record: Members, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (isMembers(at) && Object.hasOwn(at, name) ? at[name] : undefined), record)

const plain = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number'
    ? String(value).normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase()
    : undefined

/**
 * Whether a record that was found holds what was asked for, as far as it shows that: a registry that does not know a filter leaves it out,
 * and would find a person by the identifier alone.
 */
export const holds = (record: Members, asked: Readonly<Record<string, string>>): boolean =>
  Object.entries(asked).every(([path, answer]) => {
    const there = memberAt(record, path)
    return there === undefined || there === null || plain(there) === plain(answer)
  })

/** OpenID Connect Core §5.1.1. */
const ADDRESS = ['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country']

const addressOf = (value: Members): Json | undefined => {
  const parts = ADDRESS.flatMap((name): readonly (readonly [string, Json])[] => {
    const part = value[name]
    return typeof part === 'string' && part !== '' ? [[name, part]] : []
  })
  return parts.length === 0 ? undefined : Object.fromEntries(parts)
}

const factOf = (record: Members, claim: string, path: string, questions: readonly AskedField[]): ClaimValue | undefined => {
  const value = memberAt(record, path)
  if (claim === 'birthdate') return typeof value === 'string' ? readDate(value, questions.find(({ id }) => id === path)?.format) : undefined
  if (claim === 'address')
    return isMembers(value) ? addressOf(value) : typeof value === 'string' && value !== '' ? { formatted: value } : undefined
  return ['string', 'number', 'boolean'].includes(typeof value) && value !== '' ? (value as Json) : undefined
}

/** What was asked for and the record has. */
export const factsIn = (
  record: Members,
  wanted: readonly string[],
  { claims, questions }: { readonly claims: Readonly<Record<string, string>>; readonly questions: readonly AskedField[] },
): Readonly<Record<string, ClaimValue>> =>
  Object.fromEntries(
    wanted.flatMap((claim) => {
      const path = Object.hasOwn(claims, claim) ? claims[claim] : undefined
      const fact = path === undefined ? undefined : factOf(record, claim, path, questions)
      return fact === undefined ? [] : [[claim, fact] as const]
    }),
  )
