import { availableAcrs } from '../domain/assurance.ts'
import { requestedClaims } from '../domain/claims.ts'
import type { PluginDescription } from '../domain/ports.ts'
import { checkBody, checkClient } from '../schemas/check.ts'
import registration from '../schemas/requests/client-registration.json' with { type: 'json' }
import type { ClientConfiguration, Policy } from '../schemas/generated.ts'
import { CONTENT_ENCRYPTION } from './crypto/encrypt.ts'
import { oneKeyAsSet, readKeySource } from './registration/key-source.ts'
import { readRedirectUris } from './registration/redirect-uris.ts'
import { sectorOf, type SectorDocument } from './registration/sector.ts'

type DescribedSystem = Pick<PluginDescription, 'id' | 'claims' | 'factors'>

/** What a registration is checked against. */
export type Deployment = {
  /** The ID system for whoever names none. */
  readonly plugin: DescribedSystem
  readonly otherPlugins?: readonly DescribedSystem[]
  readonly policy: Pick<Policy, 'assurance'>
  /** What stands at the registration's `sector_identifier_uri`. */
  readonly sectorDocument?: SectorDocument | undefined
}

export type Completed =
  { readonly ok: true; readonly configuration: ClientConfiguration } | { readonly ok: false; readonly problems: readonly string[] }

type Members = { readonly [member: string]: unknown }

type Profile = ClientConfiguration['profile']

/** What left-out members take, whatever the profile. */
const COMMON = {
  grant_types: ['authorization_code'],
  response_types: ['code'],
  subject_type: 'pairwise',
  token_endpoint_auth_method: 'private_key_jwt',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'ES256',
  scope: 'openid',
  default_acr_values: [],
  userinfo_format: 'jwt',
  consent_days: 365,
} as const

/** What left-out members take in each profile (rule 34). In `fapi2` each is what the profile demands, so nothing else may stand there. */
const PROFILES = {
  fapi2: {
    require_pushed_authorization_requests: true,
    require_pkce: true,
    dpop_bound_access_tokens: true,
    assertion_audience: 'issuer',
  },
  compatible: {
    require_pushed_authorization_requests: false,
    require_pkce: true,
    dpop_bound_access_tokens: false,
    assertion_audience: 'issuer_or_endpoint',
  },
} as const satisfies Readonly<Record<Profile, object>>

/** Members that name an algorithm of signatures. */
const SIGNING = ['token_endpoint_auth_signing_alg', 'id_token_signed_response_alg', 'userinfo_signed_response_alg'] as const

/** Members of other registrations that mean something which this version does not do: silence would promise it. */
const NOT_HERE: Readonly<Record<string, string>> = {
  jwk: 'contradicts jwks; leave one of them out',
  logo_uri: 'is not shown in this version: leave it out',
  client_secret: 'is not used: assertions are signed (private_key_jwt)',
  id_token_encrypted_response_alg: 'is not done in this version: leave it out',
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []

const MISSING = /^\/ must have required property '([^']+)'$/

/** The member that a problem of the schema is about. */
const memberOf = (problem: string): string => MISSING.exec(problem)?.[1] ?? /^\/([^/ ]*)/.exec(problem)?.[1] ?? ''
const sentence = (problem: string): string =>
  problem.replace(MISSING, '$1: is missing').replace(/^\/([^ ]+) /, (_match, place: string) => `${place.replaceAll('/', '.')}: `)

const unknownMembers = (input: Members): readonly string[] => {
  const tagged = Object.keys(registration.patternProperties).map((pattern) => new RegExp(pattern))
  return Object.keys(input).flatMap((member) => {
    if (Object.hasOwn(registration.properties, member) || tagged.some((pattern) => pattern.test(member))) return []
    const why = Object.hasOwn(NOT_HERE, member) ? NOT_HERE[member] : 'is not a member of a registration'
    return [`${member.slice(0, 64)}: ${why ?? ''}`]
  })
}

const words = (deployment: Deployment, input: Members): readonly string[] => {
  const scopes = typeof input['scope'] === 'string' ? input['scope'].split(' ').filter((token) => token !== '') : ['openid']
  const acrs = deployment.policy.assurance.acrs.map((row) => row.acr)
  const wanted = textsOf(input['default_acr_values'])
  const factors = deployment.plugin.factors.map(({ factor }) => factor)
  const offered = availableAcrs(deployment.policy, acrs, factors)
  const unknown = (member: string, values: readonly string[], from: readonly string[], where: string): readonly string[] =>
    values.filter((value) => !from.includes(value)).map((value) => `${member}: ${value} is not known here; ${where} ${from.join(', ')}`)
  return [
    ...(scopes.includes('openid') ? [] : ['scope: must include openid']),
    ...(new Set(scopes).size < scopes.length ? ['scope: the same word stands in it twice'] : []),
    ...unknown('claims', textsOf(input['claims']), deployment.plugin.claims, 'the ID system has'),
    ...unknown('default_acr_values', wanted, acrs, 'the policy knows'),
    ...wanted
      .filter((acr) => acrs.includes(acr) && !offered.includes(acr))
      .map((acr) => `default_acr_values: ${acr} takes factors that the ID system ${deployment.plugin.id} does not offer`),
  ]
}

/** As the relying party sees it: with the ID system that it names. */
const withItsSystem = (deployment: Deployment, id: unknown): Deployment => {
  const { plugin, otherPlugins = [] } = deployment
  return { ...deployment, plugin: otherPlugins.find((other) => other.id === id) ?? plugin }
}

const systemProblems = ({ plugin, otherPlugins = [] }: Deployment, id: unknown): readonly string[] => {
  const known = [plugin, ...otherPlugins].map((system) => system.id)
  if (typeof id !== 'string' || known.includes(id)) return []
  return [`id_system: ${id.slice(0, 40)} is not open here; there is ${known.join(', ')}`]
}

const LOOPBACK = /^http:/

const onlyRs256 = (jwks: unknown): boolean => {
  const keys: readonly unknown[] = isObject(jwks) && Array.isArray(jwks['keys']) ? jwks['keys'] : []
  return (
    keys.length > 0 &&
    keys.every((key) => isObject(key) && (key['alg'] === 'RS256' || key['alg'] === 'RSA-OAEP-256' || key['use'] === 'enc'))
  )
}

/** What FAPI 2.0 leaves no choice in (rule 34). */
export const fapiProblems = (input: Members): readonly string[] => [
  ...Object.entries(PROFILES.fapi2).flatMap(([member, demanded]) =>
    input[member] === undefined || input[member] === demanded ? [] : [`${member}: profile fapi2 demands ${String(demanded)}`],
  ),
  ...SIGNING.flatMap((member) => (input[member] === 'RS256' ? [`${member}: profile fapi2 knows PS256, ES256 and EdDSA, not RS256`] : [])),
  ...(onlyRs256(input['jwks']) ? ['jwks: profile fapi2 needs a key for PS256, ES256 or EdDSA'] : []),
  ...(input['userinfo_format'] === 'json' ? ['userinfo_format: profile fapi2 demands jwt'] : []),
  ...(textsOf(input['redirect_uris']).some((uri) => LOOPBACK.test(uri)) ? ['redirect_uris: profile fapi2 demands https'] : []),
]

/** Members of a signed answer, which JSON is not. */
const OF_JWT = {
  userinfo_signed_response_alg: 'signed',
  userinfo_encrypted_response_alg: 'encrypted',
} as const

const contradictions = (input: Members): readonly string[] => [
  ...Object.entries(OF_JWT).flatMap(([member, done]) =>
    input['userinfo_format'] === 'json' && input[member] !== undefined
      ? [`${member}: contradicts userinfo_format json, which is not ${done}; leave one of them out`]
      : [],
  ),
  ...(input['userinfo_encrypted_response_enc'] !== undefined && input['userinfo_encrypted_response_alg'] === undefined
    ? ['userinfo_encrypted_response_enc: needs userinfo_encrypted_response_alg beside it']
    : []),
]

const ENCRYPTED = { userinfo_encrypted_response_enc: CONTENT_ENCRYPTION } as const

const profileOf = (stated: unknown): Profile | undefined => (stated === 'fapi2' || stated === 'compatible' ? stated : undefined)

/** The fewest claims that its scopes promise, of those that the ID system has. */
const impliedClaims = ({ plugin }: Deployment, scope: unknown): readonly string[] =>
  requestedClaims(plugin.claims, typeof scope === 'string' ? scope.split(' ') : []).map((claim) => claim.name)

/** As a subject of ours looks. */
const SUBJECT = /^[A-Za-z0-9_-]{43}$/

/** FAPI 2.0 §6.7, RFC 9700 §4.15: nobody is named as a person is. Who is registered already keeps the name. */
const nameProblems = (id: unknown, current: ClientConfiguration | undefined): readonly string[] => {
  if (current !== undefined) return id === current.client_id ? [] : ['client_id: must be the one that is registered']
  return typeof id === 'string' && SUBJECT.test(id) ? ['client_id: must not have the form of a subject (43 characters of base64url)'] : []
}

/**
 * A registration checked and completed, or all that is wrong with it at once. `current` is the configuration that an update replaces.
 * The words are for the operator who wrote the file, so they name its members.
 */
export const completeRegistration = (given: unknown, whole: Deployment, current?: ClientConfiguration): Completed => {
  if (!isObject(given)) return { ok: false, problems: ['a registration is a JSON object'] }
  const input = oneKeyAsSet(given)
  const deployment = withItsSystem(whole, input['id_system'])
  // New relying parties are of the strict profile unless they say otherwise; those that exist keep what they have.
  const profile = profileOf(input['profile'] ?? current?.profile ?? 'fapi2')
  const keys = readKeySource(input)
  const redirects = readRedirectUris(input['redirect_uris'])
  const { sector, problems: sectorProblems } = sectorOf(input, redirects, deployment.sectorDocument, current)
  const said = [
    ...unknownMembers(input),
    ...redirects.problems,
    ...sectorProblems,
    ...keys.problems,
    ...words(deployment, input),
    ...systemProblems(whole, input['id_system']),
    ...contradictions(input),
    ...(profile === 'fapi2' ? fapiProblems(input) : []),
    ...nameProblems(input['client_id'], current),
  ]
  // Where we have said it in our own words, the schema need not say it again.
  const members = new Set(said.map((problem) => /^[\w#-]+/.exec(problem)?.[0] ?? ''))
  const checked = checkBody('client-registration', input)
  const schemaProblems = checked.ok
    ? []
    : checked.problems.filter((problem) => !members.has(memberOf(problem)) && !problem.includes('that is not known')).map(sentence)
  const problems = [...said, ...schemaProblems]
  if (problems.length > 0) return { ok: false, problems }

  const defaults = profile === undefined ? {} : { profile, ...PROFILES[profile] }
  const claims = input['claims'] ?? impliedClaims(deployment, input['scope'] ?? COMMON.scope)
  const encrypted = input['userinfo_encrypted_response_alg'] === undefined ? {} : ENCRYPTED
  const completed = checkClient({
    ...COMMON,
    ...defaults,
    ...encrypted,
    ...input,
    claims,
    sector_identifier: sector,
    ...keys.source,
  })
  return completed.ok ? { ok: true, configuration: completed.value } : completed
}
