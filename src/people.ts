import { hmac } from './crypto/hash.ts'
import type { SealedParts } from './sealed.ts'
import type { World } from './world.ts'
import type { Call, Digest, IndividualId, Person, PluginErrorKind } from '../domain/ports.ts'

/** Zeros of the scripts whose digits people may type: Arabic-Indic, Persian, Devanagari, Tamil, Kannada, Khmer, fullwidth. */
const ZEROS = [0x0660, 0x06f0, 0x0966, 0x0be6, 0x0ce6, 0x17e0, 0xff10]

/** 0-9, whatever script the digits were typed in. */
export const foldDigits = (text: string): string =>
  Array.from(text, (character) => {
    const point = character.codePointAt(0) ?? 0
    const zero = ZEROS.find((start) => point >= start && point < start + 10)
    return zero === undefined ? character : String(point - zero)
  }).join('')

/** What a person typed as their identifier, or undefined when it can be none. Spaces and hyphens do not matter in a number. */
export const readIndividualId = (world: Pick<World, 'idSystem'>, typed: string): IndividualId | undefined => {
  const text = foldDigits(typed.normalize('NFKC')).trim()
  const compact = text.replace(/[\s\u00ad\u2010-\u2015-]/g, '')
  for (const { type, pattern, lengthMax } of world.idSystem.description.idTypes) {
    const value = type === 'email' || type === 'handle' ? text.toLowerCase() : compact
    if (value.length > 0 && value.length <= lengthMax && new RegExp(pattern, 'u').test(value)) return { type, value }
  }
  return undefined
}

export type KnownPerson = {
  readonly person: Person
  /** The row that a success joins and a failure touches. */
  readonly index: Digest
  /** Whether the ID system says who it is; absent where it says so of nobody, or was not asked. */
  readonly isNamed?: boolean
}

/** Answers after which there is nobody, or nothing to join. Everything else may be true of a person who is known. */
const UNKNOWN: readonly PluginErrorKind[] = ['subject_denied', 'invalid_input', 'challenge_failed', 'unsupported']

/** What the ID system itself calls a person, in a row's index. */
const subjectName = ({ idSystem }: Pick<World, 'idSystem'>, subjectKey: string): string =>
  `subject:${idSystem.description.id}:${subjectKey}`

type Naming = Pick<World, 'idSystem' | 'secrets'>

const subjectIndex = (world: Naming, subjectKey: string): Digest => hmac(world.secrets.index, subjectName(world, subjectKey))

/** The row of an identifier: by the ID system's own key where it says one (rule 18). Undefined where it cannot say now. */
const indexFor = async (world: Naming, id: IndividualId, call: Call): Promise<{ index: Digest; subjectKey?: string } | undefined> => {
  const { system } = world.idSystem
  const answer = await system.resolve?.({ ...call, id })
  if (answer?.ok === true) {
    const { subjectKey } = answer.value
    return { index: subjectIndex(world, subjectKey), subjectKey }
  }
  // Counted under the identifier alone, a known person would have a fresh count for each alias.
  if (answer !== undefined && !UNKNOWN.includes(answer.error)) return undefined
  // Of this ID system: another may know somebody else by the same number.
  return { index: hmac(world.secrets.index, `id:${world.idSystem.description.id}:${id.type}:${id.value}`) }
}

/**
 * The person behind an identifier. What the ID system does not know gets a provisional row of its own, so that known and unknown ids
 * are counted alike (rule 22).
 */
export const personOf = async (world: World, id: IndividualId, call: Call): Promise<KnownPerson | 'unavailable'> => {
  const row = await indexFor(world, id, call)
  if (row === undefined) return 'unavailable'
  const isNamed = world.idSystem.system.resolve === undefined ? {} : { isNamed: row.subjectKey !== undefined }
  return { person: await world.personKeys.resolve(row.index), index: row.index, ...isNamed }
}

export type Found = {
  readonly person: Person
  /** What the ID system itself calls the person, where it says so beforehand. */
  readonly subjectKey?: string
}

/** The person behind an identifier, where there is one; nobody is made. */
export const findPerson = async (
  world: Naming & Pick<World, 'personKeys'>,
  id: IndividualId,
  call: Call,
): Promise<Found | undefined | 'unavailable'> => {
  const row = await indexFor(world, id, call)
  if (row === undefined) return 'unavailable'
  const person = await world.personKeys.find(row.index)
  return person && { person, ...(row.subjectKey !== undefined && { subjectKey: row.subjectKey }) }
}

/** Who signed in by a proof that is sealed, in the hands of the request that found it out, so that its next step need not ask again. */
export type SignedIn = { readonly person: Person; readonly proof: SealedParts['proof'] }

type Joining = Pick<World, 'idSystem' | 'personKeys' | 'secrets'>

/** Whom the ID system knows by this key, if they signed in before: also by an identifier that nobody had typed until now. */
export const personKnownBy = (world: Joining, subjectKey: string): Promise<Person | undefined> =>
  world.personKeys.find(subjectIndex(world, subjectKey))

/**
 * From its first success on an identifier names the one person whom the ID system knows by this key, whatever other identifiers that
 * person used before: also where the ID system cannot say so beforehand (rule 18). Answers who that is.
 */
export const joinAliases = (world: Joining, index: Digest, person: Person, subjectKey: string): Promise<Person | undefined> =>
  world.personKeys.join([...new Set([subjectIndex(world, subjectKey), index])], person)

/**
 * The name of a person's consent stream towards a client (rule 20). An ID system without `resolve` may give an identifier, a telephone
 * number say, to somebody else: the row is the same then, the subject is not, and nobody goes on with another's consent.
 */
export const consentIdOf = (person: Person, subjectKey: string, client: string): Digest =>
  hmac(person.key, `consent:${String(subjectKey.length)}:${subjectKey}:${client}`)
