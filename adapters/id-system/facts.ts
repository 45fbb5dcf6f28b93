import type { ClaimValue, Json } from './plugin.ts'
import { twoLetters } from './languages.ts'
import { isMembers, type Members } from './wire.ts'

/** OpenID Connect Core §5.1: a date of birth is YYYY-MM-DD. These systems say YYYY/MM/DD. */
const dateOf = (value: unknown): Json | undefined =>
  typeof value === 'string' && /^\d{4}[/-]\d{2}[/-]\d{2}$/.test(value) ? value.replaceAll('/', '-') : undefined

const tagged = (members: Members, name: string): readonly (readonly [tag: string, value: unknown])[] =>
  Object.entries(members).flatMap(([member, value]) =>
    member.startsWith(`${name}#`) ? [[member.slice(name.length + 1), value] as const] : [],
  )

/** Each part in the language that stands first: relying parties read an address as one text a part. */
const addressOf = (members: Members, languages: readonly string[]): Json | undefined => {
  const inLanguages = (name: string, of: Members): unknown => {
    const told = tagged(of, name)
    const best = languages.flatMap((language) => told.filter(([tag]) => twoLetters(tag) === language)).at(0) ?? told.at(0)
    return of[name] ?? best?.[1]
  }
  const whole = inLanguages('address', members)
  if (!isMembers(whole)) return undefined
  const names = [...new Set(Object.keys(whole).map((name) => name.replace(/#.*/, '')))]
  const parts = names.flatMap((name): readonly (readonly [string, Json])[] => {
    const part = inLanguages(name, whole)
    return typeof part === 'string' && part !== '' ? [[name, part]] : []
  })
  return parts.length === 0 ? undefined : Object.fromEntries(parts)
}

const isPlain = (value: unknown): value is Json => ['string', 'number', 'boolean'].includes(typeof value) && value !== ''

const factOf = (members: Members, claim: string, languages: readonly string[]): ClaimValue | undefined => {
  if (claim === 'address') return addressOf(members, languages)
  const plain = members[claim]
  if (claim === 'birthdate') return dateOf(plain)
  const texts = tagged(members, claim).filter(
    (entry): entry is readonly [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  )
  if (texts.length > 0) return { languages: Object.fromEntries(texts.map(([tag, text]) => [twoLetters(tag), text])) }
  return isPlain(plain) ? plain : undefined
}

/**
 * What a MOSIP system signed, as facts: `name#eng` and `name#fra` become one claim in two languages, whether tagged with two letters or
 * three. Nothing that was not asked for, and nothing empty.
 */
export const factsOf = (members: Members, claims: readonly string[], languages: readonly string[]): Readonly<Record<string, ClaimValue>> =>
  Object.fromEntries(
    claims.flatMap((claim) => {
      const fact = factOf(members, claim, languages)
      return fact === undefined ? [] : [[claim, fact] as const]
    }),
  )
