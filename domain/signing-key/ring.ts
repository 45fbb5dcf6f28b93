import type { HeldKey, Instant, SigningAlgorithm } from '../ports.ts'
import { plusDays } from '../time.ts'
import { isPublished, type SigningKeyState } from './signing-key.ts'

/** The default first. Each has a key that signs before any door opens. */
export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'PS256', 'RS256', 'EdDSA']

/** Days for which an ID token of ours is known again as a hint (OpenID Connect Core §3.1.2.1), once its key is published no more. */
const HINT_DAYS = 400

/** A key of the store, and what its stream says of it. */
export type RingKey = HeldKey & { readonly state: SigningKeyState }

/** What is to be done next with the keys of one algorithm. */
export type KeyStep =
  /** A new pair, for there is none. */
  | { readonly step: 'make'; readonly alg: SigningAlgorithm }
  /** The store holds a key that no stream knows. */
  | { readonly step: 'record'; readonly kid: string; readonly alg: SigningAlgorithm; readonly alone: boolean }
  | { readonly step: 'activate'; readonly kid: string; readonly alone: boolean }
  | { readonly step: 'retire'; readonly kid: string }
  | { readonly step: 'disable'; readonly kid: string }
  | { readonly step: 'forget'; readonly kid: string }

const since = ({ state }: RingKey): Instant => state.signsFrom ?? ''

/** The latest first, and everybody agrees on the order. */
const byAge = (a: RingKey, b: RingKey): number => (since(a) === since(b) ? (a.kid < b.kid ? 1 : -1) : since(a) < since(b) ? 1 : -1)

const of = (keys: readonly RingKey[], alg: SigningAlgorithm): readonly RingKey[] => keys.filter((key) => key.alg === alg).toSorted(byAge)

/** The key that signs: of several the one that was let sign last. */
export const signingNow = (keys: readonly RingKey[], alg: SigningAlgorithm): RingKey | undefined =>
  of(keys, alg).find(({ signs, state }) => signs && state.status === 'active')

/** The key that waits until it may sign. */
export const signingNext = (keys: readonly RingKey[], alg: SigningAlgorithm): RingKey | undefined =>
  of(keys, alg).findLast(({ signs, state }) => signs && state.status === 'made')

/** A key that was made, but not recorded. */
export const unrecorded = (keys: readonly RingKey[], alg: SigningAlgorithm): RingKey | undefined =>
  of(keys, alg).find(({ signs, state }) => signs && state.status === 'unknown')

export const published = (keys: readonly RingKey[], now: Instant): readonly RingKey[] =>
  keys.filter(({ state }) => isPublished(state, now)).toSorted(byAge)

const endOf = (key: RingKey, now: Instant, chosen: RingKey | undefined): KeyStep | undefined => {
  const { kid, signs, state } = key
  switch (state.status) {
    case 'made':
      // Its private half is gone: it will never sign.
      return signs ? undefined : { step: 'retire', kid }
    case 'active':
      return chosen === undefined || chosen.kid === kid ? undefined : { step: 'retire', kid }
    case 'retired':
      if (signs) return { step: 'disable', kid }
      return plusDays(state.publishedUntil ?? now, HINT_DAYS) < now ? { step: 'forget', kid } : undefined
    case 'revoked':
      return { step: 'forget', kid }
    case 'unknown':
      return undefined
  }
}

/**
 * What must happen now with the keys of an algorithm, wherever a crash or another process left them: done until nothing is left, it
 * leaves one key that signs, perhaps one that waits, and no private half of any other. Each step may be done twice, by anybody.
 */
export const keySteps = (all: readonly RingKey[], alg: SigningAlgorithm, now: Instant): readonly KeyStep[] => {
  const keys = of(all, alg)
  const chosen = signingNow(keys, alg)
  const alone = chosen === undefined
  const lost = unrecorded(keys, alg)
  if (lost !== undefined) return [{ step: 'record', kid: lost.kid, alg, alone }]
  const next = signingNext(keys, alg)
  if (next !== undefined && (alone || since(next) <= now)) return [{ step: 'activate', kid: next.kid, alone }]
  if (alone) return [{ step: 'make', alg }]
  return keys.flatMap((key) => endOf(key, now, chosen) ?? [])
}
