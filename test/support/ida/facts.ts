import type { IdaPerson } from './people.ts'

type Texts = Readonly<Record<string, string>>

/** One language that is there: the plain claim. Several: tagged by two letters. None: what there is first. */
const told = (name: string, texts: Texts, locales: readonly string[]): Readonly<Record<string, string>> => {
  const found = locales.filter((locale) => Object.hasOwn(texts, locale))
  const [only = Object.keys(texts)[0] ?? ''] = found
  if (found.length < 2) return { [name]: texts[only] ?? '' }
  return Object.fromEntries(found.map((locale) => [`${name}#${locale.slice(0, 2)}`, texts[locale] ?? '']))
}

/** Parts tagged inside, and the whole tagged by each language where there are several. */
const addressIn = ({ address }: IdaPerson, locales: readonly string[]): Readonly<Record<string, unknown>> => {
  const inOne = (chosen: readonly string[]) =>
    Object.assign({}, ...Object.entries(address).map(([part, texts]) => told(part, texts, chosen))) as object
  if (locales.length < 2) return { address: inOne(locales) }
  return Object.fromEntries(locales.map((locale) => [`address#${locale.slice(0, 2)}`, inOne([locale])]))
}

/** What IDA tells of a person: what was agreed to, in the languages that were asked for. */
export const factsOf = (person: IdaPerson, claims: readonly string[], locales: readonly string[]): Readonly<Record<string, unknown>> => {
  const { name, gender, birthdate, email, phone, picture } = person
  const all: Readonly<Record<string, () => Readonly<Record<string, unknown>>>> = {
    name: () => told('name', name, locales),
    gender: () => told('gender', gender, locales),
    birthdate: () => ({ birthdate }),
    email: () => ({ email }),
    phone_number: () => ({ phone_number: phone }),
    picture: () => ({ picture }),
    address: () => addressIn(person, locales),
  }
  return Object.assign({}, ...claims.map((claim) => all[claim]?.() ?? {})) as Readonly<Record<string, unknown>>
}
