import { releasedLanguages, textsOf } from '../claims.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { ClaimValue, Instant, Json, VerifiedFacts } from '../ports.ts'
import { isConstrained, meets } from './constraint.ts'
import type { VerifiedAsked, VerifiedRequest } from './request.ts'
import { EVIDENCE, isEvidenceType, VERIFICATION, type ObjectShape, type Shape } from './shape.ts'

type Members = Readonly<Record<string, Json>>

/** How far an answer may go. */
export type Bounds = {
  /** Claims that the person agreed to have told as verified. */
  readonly allowed: readonly string[]
  /** When the relying party asked: ages are counted up to here. */
  readonly askedAt: Instant
  readonly locales: readonly string[]
}

/** A constraint that what is there does not meet. */
const UNMET = Symbol('unmet')
type Picked = Json | typeof UNMET | undefined

const isMembers = (value: Json | undefined): value is Members => isObject(value)
const isItems = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** `derived_claims` mirror what `claims` says, so at most those that it says (Schema Definition 1.0 §5.4.4). */
const pickDerived = (asked: unknown, held: Json | undefined, claims: Members, at: Instant): Picked => {
  if (!isMembers(held)) return undefined
  const wanted: JsonObject | undefined = isObject(asked) ? asked : undefined
  const names = Object.keys(held).filter((name) => Object.hasOwn(claims, name) && (wanted === undefined || Object.hasOwn(wanted, name)))
  if (wanted !== undefined && names.some((name) => !meets(wanted[name], held[name] ?? null, at))) return UNMET
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, held[name] ?? null]))
}

type Picking = { readonly claims: Members; readonly at: Instant }

const pickObject = ({ members, required }: ObjectShape, asked: JsonObject, held: Json | undefined, picking: Picking): Picked => {
  const from = isMembers(held) ? held : {}
  const picked: [string, Json][] = []
  for (const [name, shape] of Object.entries(members)) {
    if (!Object.hasOwn(asked, name)) continue
    const one = pick(shape, asked[name], Object.hasOwn(from, name) ? from[name] : undefined, picking)
    if (one === UNMET) return UNMET
    if (one !== undefined) picked.push([name, one])
  }
  // What would not be valid without a member that is not there is left out whole (Identity Assurance 1.0 §5.7.5).
  const isWhole = picked.length > 0 && required.every((name) => picked.some(([known]) => known === name))
  return isWhole ? Object.fromEntries(picked) : undefined
}

/** True where a filter lets through some and not others. */
const isFilter = (asked: unknown): boolean =>
  Array.isArray(asked) ? asked.some(isFilter) : isConstrained(asked) || (isObject(asked) && Object.values(asked).some(isFilter))

/** Filters of a list are joined by OR. An item that several let through is given with what each of them asks for. */
const pickList = (item: Shape, whole: boolean, asked: readonly unknown[], held: Json | undefined, picking: Picking): Picked => {
  const items = isItems(held) ? held : []
  const passed = items.map((one) => asked.map((filter) => pick(item, filter, one, picking)).filter((picked) => picked !== UNMET))
  const isPassed = (one: readonly unknown[]): boolean => one.length > 0
  if (!passed.some(isPassed)) return asked.every(isFilter) ? UNMET : undefined
  if (whole) return items
  const given = passed.map((one) => Object.assign({}, ...one.filter((picked) => picked !== undefined)) as Members)
  const isSomething = given.filter((one) => Object.keys(one).length > 0)
  return isSomething.length === 0 ? undefined : isSomething
}

const pick = (shape: Shape, asked: unknown, held: Json | undefined, picking: Picking): Picked => {
  switch (shape.kind) {
    case 'value':
      if (held === undefined) return isConstrained(asked) ? UNMET : undefined
      return meets(asked, held, picking.at) ? held : UNMET
    case 'claims':
      return pickDerived(asked, held, picking.claims, picking.at)
    case 'evidence': {
      const type = isMembers(held) ? held['type'] : undefined
      return isObject(asked) && isEvidenceType(type) ? pickObject(EVIDENCE[type], asked, held, picking) : UNMET
    }
    case 'list':
      return pickList(shape.item, shape.whole, Array.isArray(asked) ? asked : [], held, picking)
    case 'object':
      return pickObject(shape, isObject(asked) ? asked : {}, held, picking)
  }
}

/** A reference to a check that is not told would point nowhere (Schema Definition 1.0 §5.4.3). */
const withoutDangling = (verification: Members): Members => {
  const { assurance_process: process } = verification
  const details = isMembers(process) ? process['assurance_details'] : undefined
  if (!isMembers(process) || !isItems(details)) return verification
  const items = (value: Json | undefined): readonly Members[] => (isItems(value) ? value.filter(isMembers) : [])
  const told = new Set(items(verification['evidence']).flatMap((one) => items(one['check_details']).map((check) => check['check_id'])))
  const kept = items(details).map(({ evidence_ref: refs, ...rest }) => {
    const known = items(refs).filter((ref) => told.has(ref['check_id'] ?? null))
    return known.length === 0 ? rest : { ...rest, evidence_ref: known }
  })
  return { ...verification, assurance_process: { ...process, assurance_details: kept } }
}

const LANGUAGE = /#.*$/

/** The claims that were wanted, that the person agreed to and that are what was asked for, by their names. */
const claimsOf = (
  { claims: asked }: VerifiedRequest,
  held: VerifiedFacts,
  { allowed, askedAt }: Bounds,
): Readonly<Record<string, ClaimValue>> => {
  const wanted = [...asked].map(([name, entry]) => ({ name: name.replace(LANGUAGE, ''), entry }))
  const isGiven = ([name, value]: readonly [string, ClaimValue]): boolean => {
    const entries = wanted.filter((one) => one.name === name).map(({ entry }) => entry)
    return (
      entries.length > 0 && allowed.includes(name) && entries.every((entry) => textsOf(value).some((text) => meets(entry, text, askedAt)))
    )
  }
  return Object.fromEntries(Object.entries(held.claims).filter(isGiven))
}

type One = { readonly names: readonly string[]; readonly answer: { readonly verification: Members; readonly claims: Members } }

const answerOne = (request: VerifiedRequest, held: VerifiedFacts, bounds: Bounds): One | undefined => {
  const given = Object.entries(claimsOf(request, held, bounds))
  const claims = Object.fromEntries(given.flatMap(([name, value]) => releasedLanguages(name, value, bounds.locales)))
  const verification = pickObject(VERIFICATION, request.verification, held.verification, { claims, at: bounds.askedAt })
  if (given.length === 0 || !isMembers(verification as Json | undefined)) return undefined
  return { names: given.map(([name]) => name), answer: { verification: withoutDangling(verification as Members), claims } }
}

export type VerifiedAnswer = { readonly names: readonly string[]; readonly answer: Json }

/**
 * The answer to what was asked in one place, or undefined. Each object asked for is answered by itself and once, from the facts that
 * fulfil all of its verification and hold the most of its claims; what nothing fulfils is left out, and never an error (§5.6, §5.7).
 */
export const verifiedAnswer = (
  { listed, requests }: VerifiedAsked,
  held: readonly VerifiedFacts[],
  bounds: Bounds,
): VerifiedAnswer | undefined => {
  const answers = requests.flatMap((request) => {
    const fulfilled = held.map((facts) => answerOne(request, facts, bounds)).filter((one) => one !== undefined)
    const [first, ...others] = fulfilled
    return first === undefined ? [] : [others.reduce((best, one) => (one.names.length > best.names.length ? one : best), first)]
  })
  const [only] = answers
  if (only === undefined) return undefined
  return {
    names: [...new Set(answers.flatMap(({ names }) => names))],
    answer: listed ? answers.map(({ answer }) => answer) : only.answer,
  }
}
