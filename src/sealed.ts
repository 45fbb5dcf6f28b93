import type { World } from './world.ts'
import { Fault, type ClaimValue, type Digest, type IndividualId, type Instant } from '../domain/ports.ts'
import { plusSeconds } from '../domain/time.ts'
import type { Stage, TransactionState } from '../domain/transaction/state.ts'
import type { VerifiedAnswer } from '../domain/verified/answer.ts'
import { isVerifiedName, verifiedName } from '../domain/verified/names.ts'
import { PLACES, type Place } from '../domain/verified/request.ts'
import type { Policy } from '../schemas/generated.ts'

/** How a message goes on in time, milliseconds. */
export type Paced = {
  /** How long the ID system took to name somebody. Absent where it did not, or was not asked: then this is no measure for others. */
  readonly named?: number
  /** How long sending it to somebody took; absent where somebody is meant, or nothing was noted yet. */
  readonly sent?: number
}

/**
 * What must survive between two requests of one login, and may be in no event (rule 1): sealed in the vault under
 * `<transaction>/<part>`, with a time limit.
 */
export type SealedParts = {
  /** The raw authorization request: `state`, `nonce`, hints, locales, as they came. */
  readonly request: { readonly [parameter: string]: string }
  /** Who the person says they are. */
  readonly person: {
    readonly id: IndividualId
    readonly index: Digest
    readonly ownDevice: boolean
    /** The counters refuse a message, and the page must not show it: none is sent, and all goes on as for somebody unknown. */
    readonly withheld?: boolean
    /** On a device that is not known (rule 22). */
    readonly paced?: Paced
  }
  /** What the ID system answered to the proof, and which opening of it did: its session is good there. */
  readonly proof: {
    readonly subjectKey: string
    readonly pairwiseSubject?: string
    readonly session: string
    readonly sub: string
    readonly generation?: number
  }
  /** The claims that it released, for the relying party. */
  readonly claims: { readonly [claim: string]: ClaimValue }
  /** The answers to `verified_claims`, for each place where one was asked for and can be given. */
  readonly verified: Partial<Readonly<Record<Place, VerifiedAnswer>>>
}

/**
 * What is known of a person is kept under that person's reference: whoever names two people in one sign-in must never have a proof of
 * the one counted on the other (rules 11 and 21).
 */
type Part = 'request' | 'claims' | 'verified' | `person.${string}` | `proof.${string}`

type Sealed<P extends Part> = P extends `${infer Name extends 'person' | 'proof'}.${string}`
  ? SealedParts[Name]
  : SealedParts[P & keyof SealedParts]

const nameOf = (transaction: string, part: Part): string => `${transaction}/${part}`

/** The member of the sealed request that says when it was made: ages of what was verified are counted up to then. */
export const ASKED_AT = 'asked_at'

/** What is told as verified in some places, or in all, by the names that consent and events have for it. */
export const verifiedNamesIn = (verified: SealedParts['verified'], ...places: readonly Place[]): readonly string[] =>
  [...new Set((places.length === 0 ? PLACES : places).flatMap((place) => verified[place]?.names ?? []))].map(verifiedName)

/** The answers to `verified_claims` of a login. Nobody looks for them where, by what the code was issued for, there are none. */
export const openVerified = async (
  world: Pick<World, 'vault'>,
  transaction: string,
  released: readonly string[] = [],
): Promise<SealedParts['verified']> => (released.some(isVerifiedName) ? await unseal(world, transaction, 'verified') : undefined) ?? {}

/** How much longer than the transaction's own deadline its sealed parts live: the steps that may still follow, and a margin. */
export const sealedUntil = (policy: Policy, deadline: Instant): Instant => {
  const { beforeAuthenticationS, afterAuthenticationS, codeS, accessTokenS } = policy.lifetimes
  return plusSeconds(deadline, beforeAuthenticationS + afterAuthenticationS + codeS + accessTokenS + 120)
}

export const seal = async <P extends Part>(
  world: Pick<World, 'vault'>,
  transaction: string,
  part: P,
  value: Sealed<P>,
  until: Instant,
): Promise<void> => world.vault.put(nameOf(transaction, part), new TextEncoder().encode(JSON.stringify(value)), until)

export const unseal = async <P extends Part>(world: Pick<World, 'vault'>, transaction: string, part: P): Promise<Sealed<P> | undefined> => {
  const bytes = await world.vault.get(nameOf(transaction, part))
  // Only `seal` writes here, and the vault's seal shows that nobody changed it.
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Sealed<P>)
}

/** The raw request of a transaction, while it is kept. */
export const openRequest = async (
  { vault, clock, openedRequests }: Pick<World, 'vault' | 'clock' | 'openedRequests'>,
  transaction: string,
): Promise<SealedParts['request'] | undefined> => {
  const at = clock.now()
  const known = openedRequests.get(transaction, at)
  if (known !== undefined) return known
  const request = await unseal({ vault }, transaction, 'request')
  if (request !== undefined) openedRequests.set(transaction, request, at)
  return request
}

/** Moves the limit of what is kept, of the person whom the transaction is about too. */
export const extendSealed = async (
  world: Pick<World, 'vault'>,
  transaction: string,
  person: string | undefined,
  until: Instant,
): Promise<void> => {
  const parts: readonly Part[] = person === undefined ? ['request'] : ['request', `person.${person}`, `proof.${person}`]
  // At once: where the vault is elsewhere that is one trip.
  await Promise.all(parts.map((part) => world.vault.extend(nameOf(transaction, part), until)))
}

/** Everything that a transaction kept: gone. */
export const shred = async (world: Pick<World, 'vault' | 'openedRequests'>, transaction: string): Promise<void> => {
  world.openedRequests.delete(transaction)
  await world.vault.removeAll(`${transaction}/`)
}

/** Nothing comes of these parts: gone at once, or with their time limit where the vault is away. */
export const removeSealed = async (world: Pick<World, 'vault'>, transaction: string, parts: readonly Part[]): Promise<void> => {
  try {
    await Promise.all(parts.map((part) => world.vault.remove(nameOf(transaction, part))))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
  }
}

/** After these nobody asks for what a sign-in was proven by. */
const OVER = new Set<Stage>(['failed', 'expired', 'closed', 'revoked'])

/** What was sealed while the transaction ended, and is of no use to anybody: gone at once. */
export const removeIfOver = async (
  world: Pick<World, 'vault'>,
  transaction: string,
  { stage }: Pick<TransactionState, 'stage'>,
  parts: readonly Part[],
): Promise<void> => {
  if (OVER.has(stage)) await removeSealed(world, transaction, parts)
}
