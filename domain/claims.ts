import { readAcrs } from './assurance.ts'
import { isObject, parseObject, type JsonObject } from './json.ts'
import type { ClaimValue, Json, LanguageText } from './ports.ts'
import { isEntry, isEssential, meets } from './verified/constraint.ts'
import type { RequestedClaim } from '../schemas/generated.ts'

/**
 * What each scope asks for: OpenID Connect Core §5.4, and what eSignet 1.8 adds to `profile`, since its relying parties rely on
 * that. Nothing is given by a scope alone: a claim must be registered for the client, and the person chooses each.
 */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  openid: [],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
    'address',
    'email',
    'phone_number',
    'phone_number_verified',
    'registration_type',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
}

/** Scopes that are names for claims and nothing else. */
export const CLAIM_SCOPES: readonly string[] = Object.keys(SCOPES)

export const isClaimScope = (scope: string): boolean => CLAIM_SCOPES.includes(scope)

/** What the `claims` parameter asks for (OpenID Connect Core §5.5). */
export type ClaimsRequest = {
  readonly userinfo: readonly RequestedClaim[]
  /** `id_token.acr`: contexts, best first. */
  readonly acr?: { readonly values: readonly string[]; readonly essential: boolean }
  /** `sub` with a value: only this person will do (§5.5.1). */
  readonly subject?: string
}

const TEXT_CHARS_MAX = 16_000
const DEPTH_MAX = 12
const MEMBERS_MAX = 100

const CLAIM = /^[a-z][a-z0-9_]{0,63}$/
const LANGUAGE = /#[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}$/

/** Structures with rules of their own, and `sub`, which every answer holds. */
const NO_CLAIMS = ['sub', 'verified_claims']

/** Deep or wide JSON is refused before it is walked. */
const isSmall = (value: unknown, depth: number): boolean => {
  if (typeof value !== 'object' || value === null) return true
  const members: readonly unknown[] = Object.values(value)
  return depth > 0 && members.length <= MEMBERS_MAX && members.every((member) => isSmall(member, depth - 1))
}

/** The object that the `claims` parameter holds, of a size and depth that can be walked; or undefined. */
export const readClaimsParameter = (text: string): JsonObject | undefined => {
  const value = text.length > TEXT_CHARS_MAX ? undefined : parseObject(text)
  return value !== undefined && isSmall(value, DEPTH_MAX) ? value : undefined
}

/** Members of `userinfo` or `id_token`, or undefined where it is malformed. */
const entriesOf = (
  request: JsonObject,
  place: 'userinfo' | 'id_token',
): readonly (readonly [name: string, entry: unknown])[] | undefined => {
  const group = Object.hasOwn(request, place) ? request[place] : null
  if (group === null || group === undefined) return []
  if (!isObject(group)) return undefined
  const entries = Object.entries(group)
  return entries.every(([name, entry]) => name === 'verified_claims' || isEntry(entry)) ? entries : undefined
}

const valuesOf = (entry: unknown): readonly string[] => {
  if (!isObject(entry)) return []
  const { value, values } = entry
  const all = [...(value === undefined ? [] : [value]), ...(Array.isArray(values) ? (values as readonly unknown[]) : [])]
  return all.filter((item): item is string => typeof item === 'string')
}

/** A name asked for in several languages is one claim: the languages come from `claims_locales`. */
const merged = (claims: readonly RequestedClaim[]): readonly RequestedClaim[] => {
  const essential = new Map<string, boolean>()
  for (const claim of claims) essential.set(claim.name, claim.essential || essential.get(claim.name) === true)
  return [...essential].map(([name, needed]) => ({ name, essential: needed }))
}

/** The `claims` parameter, or undefined where it is not one. What is not understood is left out (§5.5). User claims go to userinfo only. */
export const readClaimsRequest = (text: string): ClaimsRequest | undefined => {
  const request = readClaimsParameter(text)
  const userinfo = request && entriesOf(request, 'userinfo')
  const idToken = request && entriesOf(request, 'id_token')
  if (userinfo === undefined || idToken === undefined) return undefined
  const wanted = userinfo.map(([name, entry]) => ({ name: name.replace(LANGUAGE, ''), essential: isEssential(entry) }))
  const acr = idToken.find(([name]) => name === 'acr')?.[1]
  const acrs = readAcrs(valuesOf(acr))
  const [subject] = [...idToken, ...userinfo].filter(([name]) => name === 'sub').flatMap(([, entry]) => valuesOf(entry))
  return {
    userinfo: merged(wanted.filter(({ name }) => CLAIM.test(name) && !NO_CLAIMS.includes(name))),
    ...(acrs.length > 0 && { acr: { values: acrs, essential: isEssential(acr) } }),
    ...(subject !== undefined && subject.length <= 255 && { subject }),
  }
}

/**
 * The claims that the person will be asked for: registered for the client, and requested by name or by scope. In the order of
 * the registration, so that the same request always looks the same.
 */
export const requestedClaims = (
  registered: readonly string[],
  scopes: readonly string[],
  request: ClaimsRequest = { userinfo: [] },
): readonly RequestedClaim[] => {
  const named = new Map(request.userinfo.map((claim) => [claim.name, claim.essential]))
  const implied = new Set(scopes.flatMap((scope) => (Object.hasOwn(SCOPES, scope) ? (SCOPES[scope] ?? []) : [])))
  return registered.filter((name) => named.has(name) || implied.has(name)).map((name) => ({ name, essential: named.get(name) ?? false }))
}

const isLanguages = (value: ClaimValue): value is { readonly languages: LanguageText } =>
  isObject(value) &&
  Object.keys(value).join() === 'languages' &&
  isObject(value['languages']) &&
  Object.values(value['languages']).every((text) => typeof text === 'string')

/** Every version of a value: `value` in a request means one of them, whatever the languages. */
export const textsOf = (value: ClaimValue): readonly Json[] => (isLanguages(value) ? Object.values(value.languages) : [value])

/** No claim outside `verified_claims` has an age. */
const ANY_TIME = '1970-01-01T00:00:00.000Z'

/** What was asked for with `value` or `values` and is something else is left out (OpenID Connect Core §5.5.1). */
export const claimsMeeting = (
  claims: Readonly<Record<string, ClaimValue>>,
  parameter: string | undefined,
): Readonly<Record<string, ClaimValue>> => {
  const request = parameter === undefined ? undefined : readClaimsParameter(parameter)
  const entries = (request && entriesOf(request, 'userinfo')) ?? []
  const isMet = ([claim, value]: readonly [string, ClaimValue]): boolean =>
    entries
      .filter(([name]) => name.replace(LANGUAGE, '') === claim)
      .every(([, entry]) => textsOf(value).some((text) => meets(entry, text, ANY_TIME)))
  return Object.fromEntries(Object.entries(claims).filter(isMet))
}

/** RFC 4647 §3.4 lookup: the tag itself, then ever shorter ones; last, any version of that language. */
const lookup = (available: readonly string[], wanted: string): string | undefined => {
  const lower = available.map((tag) => tag.toLowerCase())
  const parts = wanted.toLowerCase().split('-').slice(0, 8)
  for (let length = parts.length; length > 0; length -= 1) {
    const at = lower.indexOf(parts.slice(0, length).join('-'))
    if (at >= 0) return available[at]
  }
  return available[lower.findIndex((tag) => tag.startsWith(`${parts[0] ?? ''}-`))]
}

const LOCALES_MAX = 16

/**
 * A value as members of userinfo (OpenID Connect Core §5.2): text in several wanted languages gets a tagged member for each, and
 * an untagged one in the language wanted most, for relying parties that look for the plain name. Without a wish, the first one.
 */
export const releasedLanguages = (
  name: string,
  value: ClaimValue,
  claimsLocales: readonly string[],
): readonly (readonly [string, Json])[] => {
  if (!isLanguages(value)) return [[name, value]]
  const texts = new Map(Object.entries(value.languages))
  const available = [...texts.keys()]
  const wanted = claimsLocales.slice(0, LOCALES_MAX).map((locale) => lookup(available, locale))
  const chosen = [...new Set(wanted.filter((tag) => tag !== undefined))]
  const plain = texts.get(chosen[0] ?? available[0] ?? '')
  const tagged = chosen.length > 1 ? chosen.map((tag) => [`${name}#${tag}`, texts.get(tag) ?? ''] as const) : []
  return plain === undefined ? [] : [[name, plain], ...tagged]
}

/** Released claims as the relying party reads them. */
export const releasedMembers = (
  claims: Readonly<Record<string, ClaimValue>>,
  claimsLocales: readonly string[],
): { readonly [member: string]: Json } =>
  Object.fromEntries(Object.entries(claims).flatMap(([name, value]) => releasedLanguages(name, value, claimsLocales)))
