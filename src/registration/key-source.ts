import { readKeys, type KeysRead } from './keys.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

/** Where a relying party's keys come from, as its configuration says it. */
export type KeySource = Pick<ClientConfiguration, 'jwks' | 'jwks_uri'>

export type SourceRead = { readonly source: KeySource; readonly problems: readonly string[] }

const URI_CHARS_MAX = 2000

/** A name that somebody else can look up: not an address, and not a word that only one network knows. */
const HOST = /^(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/
const INWARD = /(^|\.)localhost$/

const uriProblem = (text: unknown): string | undefined => {
  const url = typeof text === 'string' && text.length <= URI_CHARS_MAX ? URL.parse(text) : null
  if (url?.protocol !== 'https:') return 'must be an https URL'
  if (url.username !== '' || url.password !== '' || url.hash !== '') return 'must have no user, password or fragment'
  // What the name leads to is looked at each time that it is fetched; here is what can be known beforehand.
  return HOST.test(url.hostname) && !INWARD.test(url.hostname) ? undefined : 'must name a public host, not an address or a local name'
}

const readUri = (text: unknown): SourceRead => {
  const problem = uriProblem(text)
  return problem === undefined ? { source: { jwks_uri: String(text) }, problems: [] } : { source: {}, problems: [`jwks_uri: ${problem}`] }
}

const fromKeys = ({ keys, problems }: KeysRead): SourceRead => ({ source: { jwks: { keys } }, problems })

/** Keys as a set (`jwks`), or where they are published (`jwks_uri`): never both (RFC 7591 §2). */
export const readKeySource = (input: JsonObject): SourceRead => {
  const { jwks, jwks_uri: uri } = input
  if (uri === undefined) return fromKeys(readKeys(jwks, input))
  return jwks === undefined ? readUri(uri) : { source: {}, problems: ['jwks_uri: contradicts jwks; leave one of them out'] }
}

/** Who has one key may hand it in as `jwk`, which means a set of one. */
export const oneKeyAsSet = (input: JsonObject): JsonObject => {
  const { jwk, ...members } = input
  return jwk === undefined || 'jwks' in members ? input : { ...members, jwks: { keys: [jwk] } }
}
