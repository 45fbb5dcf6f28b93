import { readClaimsParameter } from '../claims.ts'
import { isObject, type JsonObject } from '../json.ts'
import { EVIDENCE, isEvidenceType, VERIFICATION, type Shape } from './shape.ts'
import { isEntry } from './constraint.ts'

/** One object of `verified_claims` in a request: filters over how something was verified, and the claims that are wanted with that. */
export type VerifiedRequest = {
  readonly verification: JsonObject
  /** What stands in the request for each claim: `null`, or an object. */
  readonly claims: ReadonlyMap<string, unknown>
}

/** What was asked in one place. Whoever asks with a list is answered with a list. */
export type VerifiedAsked = { readonly listed: boolean; readonly requests: readonly VerifiedRequest[] }

/** Where an answer may be wanted (OpenID Connect for Identity Assurance 1.0 §5.2). */
export const PLACES = ['userinfo', 'id_token'] as const
export type Place = (typeof PLACES)[number]

export type VerifiedRequests = Readonly<Record<Place, VerifiedAsked>>

const REQUESTS_MAX = 10
const FILTERS_MAX = 20
const VALUES_MAX = 50
const TEXT_CHARS_MAX = 300
const PURPOSE_CHARS_MIN = 3

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= TEXT_CHARS_MAX

/** An entry about one element: its values are texts, which everything in `verification` is. */
const isElement = (entry: unknown): boolean => {
  if (!isEntry(entry)) return false
  const { value, values, purpose } = isObject(entry) ? entry : {}
  return (
    (value === undefined || isText(value)) &&
    (!Array.isArray(values) || (values.length > 0 && values.length <= VALUES_MAX && values.every(isText))) &&
    (typeof purpose !== 'string' || purpose.length >= PURPOSE_CHARS_MIN)
  )
}

const isClaims = (asked: unknown): boolean =>
  asked === null || (isObject(asked) && Object.keys(asked).length > 0 && Object.values(asked).every(isEntry))

/** "The `values` sub-element shall not be used for the `evidence/type` field" (§5.4). */
const isEvidence = (asked: unknown): boolean => {
  if (!isObject(asked) || !isObject(asked['type'])) return false
  const { value, values } = asked['type']
  return values === undefined && isEvidenceType(value) && fits(EVIDENCE[value], asked)
}

/** Whether a request follows the tree. Members that the tree does not have are asked of nobody, and answered by nothing. */
const fits = (shape: Shape, asked: unknown): boolean => {
  switch (shape.kind) {
    case 'value':
      return isElement(asked)
    case 'claims':
      return isClaims(asked)
    case 'evidence':
      return isEvidence(asked)
    case 'list':
      return (
        Array.isArray(asked) &&
        asked.length > 0 &&
        asked.length <= FILTERS_MAX &&
        asked.every((item: unknown) => fits(shape.item, item) && hasRequired(shape.item, item))
      )
    case 'object':
      return (
        isObject(asked) && Object.entries(shape.members).every(([name, member]) => !Object.hasOwn(asked, name) || fits(member, asked[name]))
      )
  }
}

/** A filter of a list names what each item must have: a check without its method is none. */
const hasRequired = (shape: Shape, asked: unknown): boolean =>
  shape.kind !== 'object' || (isObject(asked) && shape.required.every((name) => Object.hasOwn(asked, name)))

const readOne = (asked: unknown): VerifiedRequest | undefined => {
  if (!isObject(asked) || !Object.keys(asked).every((member) => member === 'verification' || member === 'claims')) return undefined
  const { verification, claims } = asked
  if (!isObject(verification) || !Object.hasOwn(verification, 'trust_framework') || !fits(VERIFICATION, verification)) return undefined
  if (!isClaims(claims)) return undefined
  return { verification, claims: new Map(Object.entries(claims ?? {})) }
}

const NOTHING: VerifiedAsked = { listed: false, requests: [] }

const readPlace = (place: unknown): VerifiedAsked | undefined => {
  if (!isObject(place) || !Object.hasOwn(place, 'verified_claims')) return NOTHING
  const asked = place['verified_claims']
  // OpenID Connect Core §5.5.1: null asks in the default manner, which without a claim is for nothing.
  if (asked === null) return NOTHING
  const listed = Array.isArray(asked)
  const items: readonly unknown[] = listed ? asked : [asked]
  const requests = items.map(readOne).filter((request) => request !== undefined)
  return items.length === 0 || items.length > REQUESTS_MAX || requests.length < items.length ? undefined : { listed, requests }
}

/** The `verified_claims` of a `claims` parameter (Identity Assurance 1.0 §5.3 to 5.6), or undefined where their form is wrong. */
export const readVerifiedRequests = (text: string | undefined): VerifiedRequests | undefined => {
  const parameter = text === undefined ? {} : readClaimsParameter(text)
  const userinfo = parameter && readPlace(parameter['userinfo'])
  const idToken = parameter && readPlace(parameter['id_token'])
  return userinfo && idToken && { userinfo, id_token: idToken }
}
