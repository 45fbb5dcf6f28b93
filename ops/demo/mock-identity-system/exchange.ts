import { isObject, type JsonObject } from '../../../domain/json.ts'
import { FIELD_OF, taggedIn, type Identity } from './identity.ts'
import type { Proven } from './authenticate.ts'
import type { Answer } from './codes.ts'
import type { Mode, Store } from './store.ts'
import type { VerifiedClaim } from './verified-claims.ts'

const LIFETIME_MS = 180_000
const DEFAULT_LOCALES = ['eng']

export type Signer = {
  readonly sign: (payload: JsonObject) => Promise<string>
  /** Throws where the key is none that it can encrypt to. */
  readonly encrypt: (jws: string, key: JsonObject | undefined) => Promise<string>
}

type Options = {
  readonly store: Store
  readonly mode: Mode
  readonly now: () => string
  readonly issuer: string
  readonly signer: Signer
  readonly proven: Map<string, Proven>
}

export type Exchange = (version: 1 | 2 | 3, relyingParty: string, client: string, given: JsonObject) => Promise<Answer>

/** An ISO text in UTC with or without `Z`, or the list of numbers that Jackson makes of it. */
export const instantOf = (value: unknown): number => {
  if (typeof value === 'string') return Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(value) ? value : `${value}Z`)
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'number')) return Number.NaN
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, nano = 0] = value as readonly number[]
  return Date.UTC(year, month - 1, day, hour, minute, second, Math.floor(nano / 1_000_000))
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []

/** One claim's members: none, one, or one for each language. */
const claimOf = (identity: Identity, claim: string, locales: readonly string[], mode: Mode): readonly (readonly [string, unknown])[] => {
  const value = identity[FIELD_OF[claim] ?? '']
  if (value === undefined || value === null) return []
  const tagged = taggedIn(value)
  if (tagged === undefined) return typeof value === 'string' ? [[claim, value]] : []
  const matches = tagged.filter(({ language }) => locales.includes(language))
  const [only] = matches
  if (matches.length > 1) return matches.map(({ language, value: one }) => [`${claim}#${language}`, one])
  if (only !== undefined) return [[claim, only.value]]
  // `compat` answers with nothing in it where no language fits.
  return [[claim, mode === 'compat' ? '' : (tagged[0]?.value ?? '')]]
}

const addressOf = (identity: Identity, locales: readonly string[], mode: Mode): readonly (readonly [string, unknown])[] => {
  const parts = Object.keys(FIELD_OF).filter((claim) => claim.startsWith('address.'))
  const members = parts.flatMap((claim) => {
    // `compat` never tells the post code and the time zone, and no part whose language does not fit.
    if (mode === 'compat' && taggedIn(identity[FIELD_OF[claim] ?? '']) === undefined) return []
    return claimOf(identity, claim, locales, mode)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name.slice('address.'.length), value] as const)
  })
  return members.length === 0 ? [] : [['address', Object.fromEntries(members)]]
}

const claimsOf = (identity: Identity, names: readonly string[], locales: readonly string[], mode: Mode): JsonObject =>
  Object.fromEntries(
    names.flatMap((name) => (name === 'address' ? addressOf(identity, locales, mode) : claimOf(identity, name, locales, mode))),
  )

const frameworkFits = (wanted: unknown, { trustFramework }: VerifiedClaim): boolean => {
  if (!isObject(wanted)) return true
  if (typeof wanted['value'] === 'string') return wanted['value'] === trustFramework
  return !Array.isArray(wanted['values']) || wanted['values'].includes(trustFramework)
}

/** What was asked for as verified, in each framework by which it was. */
const verifiedOf = (
  rows: readonly VerifiedClaim[],
  asked: unknown,
  claims: (names: readonly string[]) => JsonObject,
): readonly JsonObject[] =>
  (Array.isArray(asked) ? (asked as readonly unknown[]) : [asked]).filter(isObject).flatMap((entry) => {
    const verification = isObject(entry['verification']) ? entry['verification'] : {}
    const names = isObject(entry['claims']) ? Object.keys(entry['claims']) : []
    const fitting = rows.filter((row) => frameworkFits(verification['trust_framework'], row))
    return [...new Set(fitting.map(({ trustFramework }) => trustFramework))].flatMap((framework) => {
      const ofIt = fitting.filter(({ trustFramework }) => trustFramework === framework)
      const told = claims(names.filter((name) => ofIt.some(({ field }) => FIELD_OF[name] === field)))
      const [first] = ofIt
      return Object.keys(told).length === 0
        ? []
        : [{ verification: { ...first?.detail, trust_framework: framework, time: `${first?.at.slice(0, 23) ?? ''}000` }, claims: told }]
    })
  })

export const exchange = ({ store, mode, now, issuer, signer, proven }: Options): Exchange => {
  const payloadOf = (identity: Identity, subject: string, client: string, version: number, given: JsonObject): JsonObject => {
    const detail = version > 1 && isObject(given['acceptedClaimDetail']) ? given['acceptedClaimDetail'] : {}
    const { verified_claims: asked, ...plain } = detail
    const names = [...new Set([...texts(given['acceptedClaims']), ...Object.keys(plain)])]
    const locales = texts(given['claimLocales'])
    const tell = (wanted: readonly string[]): JsonObject =>
      claimsOf(identity, wanted, locales.length === 0 ? DEFAULT_LOCALES : locales, mode)
    const verified = asked === undefined ? [] : verifiedOf(store.verifiedOf(String(identity['individualId'])), asked, tell)
    const moved = verified.flatMap(({ claims }) => Object.keys(claims as JsonObject))
    const claims = Object.fromEntries(Object.entries(tell(names)).filter(([name]) => !moved.includes(name)))
    return { ...claims, ...(verified.length > 0 && { verified_claims: verified }), sub: subject, iss: issuer, aud: client }
  }

  return async (version, relyingParty, client, given) => {
    const token = String(given['kycToken'])
    const held = proven.get(token)
    const isIts = held?.transaction === given['transactionId'] && held?.individualId === given['individualId']
    if (held === undefined || !isIts) return { error: 'mock-ida-006' }
    // `compat` believes the caller's clock: one that is behind ends the token.
    const age = (mode === 'compat' ? instantOf(given['requestDateTime']) : Date.parse(now())) - Date.parse(held.at)
    proven.delete(token)
    if (!(age >= 0 && age <= LIFETIME_MS)) return { error: 'mock-ida-007' }
    try {
      const identity = store.find(held.individualId)
      if (identity === undefined) return { error: 'mock-ida-008' }
      const jws = await signer.sign(payloadOf(identity, held.subject, client, version, given))
      const type = given['respType'] ?? (mode === 'strict' ? given['responseType'] : undefined)
      const wantsJwe = version === 3 && type === 'JWE'
      return { said: { kyc: wantsJwe ? await signer.encrypt(jws, store.partnerKey(relyingParty)) : jws } }
    } catch {
      return { error: 'mock-ida-008' }
    }
  }
}
