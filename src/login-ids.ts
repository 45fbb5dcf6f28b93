import { foldDigits } from './people.ts'
import type { IdType, IndividualId, PluginDescription } from '../domain/ports.ts'
import type { Config } from '../schemas/generated.ts'
import type { LoginIdView } from './ui/views.ts'

/** A kind of identifier as the operator set it (eSignet: `login-id.options`). */
export type LoginId = NonNullable<Config['loginIds']>[number]

/** Characters of an identifier where neither the option nor the prefix sets a limit. */
const CHARS_MAX = 320

/** What kind it is for the ID system: as set, else what its name says; whatever else a country calls it is a handle. */
export const typeOf = ({ id, type }: LoginId): IdType => {
  if (type !== undefined) return type
  if (id === 'mobile' || id === 'phone') return 'phone'
  return id === 'uin' || id === 'vid' || id === 'email' ? id : 'handle'
}

/** The kinds that an ID system knows, of those that the operator lists; undefined where none is left to choose. */
export const knownKinds = (
  loginIds: readonly LoginId[] = [],
  { idTypes }: Pick<PluginDescription, 'idTypes'>,
): readonly LoginId[] | undefined => {
  const known = loginIds.filter((login) => idTypes.some(({ type }) => type === typeOf(login)))
  return known.length === 0 ? undefined : known
}

const prefixesOf = ({ prefixes }: LoginId) => (typeof prefixes === 'string' || prefixes === undefined ? [] : prefixes)
const fixedPrefix = ({ prefixes }: LoginId): string => (typeof prefixes === 'string' ? prefixes : '')

const isPattern = (pattern: string | undefined): boolean => {
  try {
    return pattern === undefined || new RegExp(pattern, 'u').test('') || true
  } catch {
    return false
  }
}

/** What is wrong with the kinds that the operator lists, all at once. */
export const loginIdProblems = (loginIds: readonly LoginId[], idTypes: PluginDescription['idTypes']): readonly string[] => {
  const known = [...new Set(idTypes.map(({ type }) => type))]
  return loginIds.flatMap((login, index) => {
    const at = `loginIds.${login.id}`
    const values = prefixesOf(login).map(({ value }) => value)
    return [
      ...(loginIds.findIndex(({ id }) => id === login.id) < index ? [`${at}: stands there twice`] : []),
      ...(known.includes(typeOf(login)) ? [] : [`${at}: the ID system knows no ${typeOf(login)}; it knows ${known.join(', ')}`]),
      ...[login, ...prefixesOf(login)]
        .filter(({ regex }) => !isPattern(regex))
        .map(({ regex = '' }) => `${at}: ${regex} is no regular expression`),
      ...values.filter((value, place) => values.indexOf(value) < place).map((value) => `${at}: the prefix ${value} stands there twice`),
    ]
  })
}

/** Spaces and hyphens do not matter in a number; an address or a name is written small. */
const tidy = (type: IdType, typed: string): string => {
  const text = foldDigits(typed.normalize('NFKC')).trim()
  return type === 'email' || type === 'handle' ? text.toLowerCase() : text.replace(/[\s\u00ad\u2010-\u2015-]/g, '')
}

/** What the person typed, between prefix and postfix, where it can be one of this kind. */
export const readLoginId = (
  { idTypes }: Pick<PluginDescription, 'idTypes'>,
  login: LoginId,
  chosenPrefix: string | undefined,
  typed: string,
): IndividualId | undefined => {
  const type = typeOf(login)
  const listed = prefixesOf(login)
  const prefixRule = listed.find(({ value }) => value === chosenPrefix) ?? (listed.length === 1 ? listed[0] : undefined)
  if (listed.length > 0 && prefixRule === undefined) return undefined
  const prefix = prefixRule?.value ?? fixedPrefix(login)
  const whole = tidy(type, typed)
  // Who types the prefix as well has typed it once too often.
  const text = prefix !== '' && whole.startsWith(prefix) ? whole.slice(prefix.length) : whole
  const lengthMax = prefixRule?.maxLength ?? login.maxLength ?? CHARS_MAX
  const regex = prefixRule?.regex ?? login.regex
  if (text === '' || Array.from(text).length > lengthMax || (regex !== undefined && !new RegExp(regex, 'u').test(text))) return undefined
  const value = `${prefix}${text}${login.postfix ?? ''}`
  const rule = idTypes.find((known) => known.type === type)
  return rule !== undefined && value.length <= rule.lengthMax && new RegExp(rule.pattern, 'u').test(value) ? { type, value } : undefined
}

/** The part of an identifier that a person typed last: a postfix is nobody's own. */
export const ownEnd = (loginIds: readonly LoginId[] | undefined, { type, value }: IndividualId): string => {
  const postfix =
    loginIds?.find((login) => typeOf(login) === type && login.postfix !== undefined && value.endsWith(login.postfix))?.postfix ?? ''
  return value.slice(0, value.length - postfix.length)
}

export const loginIdViews = (loginIds: readonly LoginId[], language: string, nameOf: (type: IdType) => string): readonly LoginIdView[] =>
  loginIds.map((login) => {
    const listed = prefixesOf(login)
    const fixed = listed.length === 1 ? (listed[0]?.value ?? '') : fixedPrefix(login)
    const lengths = [login, ...listed].map(({ maxLength }) => maxLength ?? CHARS_MAX)
    return {
      id: login.id,
      name: login.labels?.[language] ?? login.labels?.['en'] ?? nameOf(typeOf(login)),
      type: typeOf(login),
      lengthMax: Math.max(...lengths),
      ...(fixed !== '' && { prefix: fixed }),
      ...(listed.length > 1 && { prefixes: listed.map(({ value, label }) => ({ value, name: `${value} ${label}` })) }),
    }
  })
