import { hmac } from '../crypto/hash.ts'
import { consents } from '../deciders.ts'
import { load, type Handled } from '../handle.ts'
import { consentIdOf, type SignedIn } from '../people.ts'
import { openRequest, unseal, type SealedParts } from '../sealed.ts'
import type { World } from '../world.ts'
import { clientIdOf, command, commandStream, type Act, type Outcome } from './act.ts'
import { keepNotice, NOTICE_VERSION, noticeDigest } from './notice.ts'
import { takeBack } from './withdraw.ts'
import { canonical } from '../../domain/canonical.ts'
import { covers, type ConsentState, type StandingConsent } from '../../domain/consent/consent.ts'
import type { Digest, Instant, Json } from '../../domain/ports.ts'
import { consentStream } from '../../domain/streams.ts'
import { plusDays, plusSeconds } from '../../domain/time.ts'
import { expire } from '../../domain/transaction/deadlines.ts'
import type { TransactionState } from '../../domain/transaction/state.ts'
import { summaryOf } from '../../domain/verified/consent.ts'
import { isVerifiedName } from '../../domain/verified/names.ts'
import { PLACES, readVerifiedRequests } from '../../domain/verified/request.ts'
import type { ConsentCommand, Policy } from '../../schemas/generated.ts'
import { isClaimScope } from '../../domain/claims.ts'
import type { Language } from '../ui/views.ts'

/** What the person chose on the page: voluntary claims, and scopes that are more than names for claims. */
export type Choice = {
  readonly claims: readonly string[]
  readonly scopes: readonly string[]
  readonly language: Language
  /** The notice that the page showed. */
  readonly notice?: string
}

/** No code or token of a login lives longer than this after consent: what a withdrawal must reach (rule 13). */
const liveUntil = ({ lifetimes, limits }: Policy, at: Instant): Instant =>
  plusSeconds(at, lifetimes.afterAuthenticationS * (limits.extensionsMax + 1) + lifetimes.codeS + lifetimes.accessTokenS)

/** The purpose in every language that the relying party gave: whichever the person reads next is what was agreed to. */
const purposesOf = ({ client }: Act): { readonly [member: string]: Json } =>
  Object.fromEntries(Object.entries(client.configuration ?? {}).filter(([member]) => /^purpose(#|$)/.test(member))) as {
    readonly [member: string]: Json
  }

/**
 * Every constraint on how claims were verified, and what the page says is told with them. The constraints are in no event,
 * but a change of them asks again (rules 1 and 28).
 */
const verificationOf = (world: World, raw: SealedParts['request']): Json | undefined => {
  const { verifiedClaims: described } = world.idSystem.description
  const requests = readVerifiedRequests(raw['claims'])
  if (requests === undefined || described === undefined) return undefined
  const asked = PLACES.flatMap((place) =>
    requests[place].requests.map(({ verification, claims }) => ({
      place,
      verification: verification as Json,
      claims: [...claims] as Json,
    })),
  )
  return { asked, ...summaryOf(requests, described) }
}

/** Digest of exactly what is shown, the language left out (rule 28). Undefined where what was asked is not kept any more. */
const requestDigestOf = async (world: World, act: Act, state: TransactionState): Promise<Digest | undefined> => {
  const { claims = [], scopes = [] } = state.request ?? {}
  const isVerified = claims.some(({ name }) => isVerifiedName(name))
  const raw = isVerified ? await openRequest(world, act.transaction) : undefined
  const verification = raw && verificationOf(world, raw)
  if (isVerified && verification === undefined) return undefined
  const shown = {
    client: clientIdOf(act),
    notice: NOTICE_VERSION,
    claims: [...claims].sort((one, other) => (one.name < other.name ? -1 : 1)),
    scopes: [...scopes].sort(),
    purposes: purposesOf(act),
    ...(verification !== undefined && { verification }),
  }
  return hmac(world.secrets.digest, `consent:${canonical(shown)}`)
}

const commandConsent = (world: World, act: Act, id: string, wish: ConsentCommand): Promise<Handled<ConsentState>> =>
  commandStream(world, consents, consentStream(id), wish, { ...act, correlation: act.transaction })

/** Who signed in, at once: where keys and vault are elsewhere each is asked once. */
const signedInAs = async (world: World, act: Act, state: TransactionState): Promise<SignedIn | undefined> => {
  if (state.authenticated === undefined) return undefined
  const { person: ref } = state.authenticated
  const [person, proof] = await Promise.all([world.personKeys.byRef(ref), unseal(world, act.transaction, `proof.${ref}`)])
  return person && proof && { person, proof }
}

const consentOf = ({ person, proof }: SignedIn, act: Act): string => consentIdOf(person, proof.subjectKey, clientIdOf(act))

export type Agreed = Outcome & {
  /** Who agreed, where this very request recorded it: nothing was released for it before. */
  readonly signedIn?: SignedIn
}

/** Cites the revision of the consent stream, which was written first (rule 12). */
const recordOnTransaction = async (
  world: World,
  act: Act,
  how: 'given' | 'reused',
  consent: { readonly id: string; readonly revision: number; readonly standing: StandingConsent },
  signedIn: SignedIn,
): Promise<Agreed> => {
  const { id, revision, standing } = consent
  const claims = [...standing.essential, ...standing.accepted]
  const wish = { type: 'RecordConsent', at: act.at, how, consent: id, revision, claims, scopes: standing.scopes } as const
  const recorded = await command(world, act, wish)
  return recorded.refusal === undefined && recorded.events.length > 0 ? { ...recorded, signedIn } : recorded
}

/** A standing consent that covers this request is used without asking, unless the relying party wants the person asked. */
export const reuseConsent = async (world: World, act: Act, state: TransactionState, known?: SignedIn): Promise<Agreed> => {
  if (state.stage !== 'authenticated' || state.request?.prompt.includes('consent')) return { state, refusal: 'consent_pending' }
  const signedIn = known ?? (await signedInAs(world, act, state))
  if (signedIn === undefined) return { state, refusal: 'consent_pending' }
  const consent = consentOf(signedIn, act)
  const requestDigest = await requestDigestOf(world, act, state)
  const standing = await load(world, consents, consentStream(consent))
  if (requestDigest === undefined || !covers(standing.state, requestDigest, act.at)) return { state, refusal: 'consent_pending' }
  const { at, transaction } = act
  const wish = { type: 'ReuseConsent', at, transaction, requestDigest, liveUntil: liveUntil(world.policy.value, at) } as const
  const used = await commandConsent(world, act, consent, wish)
  if (used.refusal !== undefined || used.state.standing === undefined) return { state, refusal: 'consent_pending' }
  const { revision } = used
  return recordOnTransaction(world, act, 'reused', { id: consent, revision, standing: used.state.standing }, signedIn)
}

/** The person agreed. What was needed is accepted with it; what was not ticked is refused, and stays refused (rule 28). */
export const giveConsent = async (world: World, act: Act, state: TransactionState, choice: Choice): Promise<Agreed> => {
  const { request } = state
  if (state.stage !== 'authenticated' || request === undefined) return { state, refusal: 'step_out_of_order' }
  // A login that is over leaves no standing consent behind (rule 14).
  if (expire(state, act.at).length > 0) return { state, refusal: 'transaction_expired' }
  const essential = request.claims.filter((claim) => claim.essential).map((claim) => claim.name)
  const voluntary = request.claims.filter((claim) => !claim.essential).map((claim) => claim.name)
  const asked = request.scopes.filter((scope) => !isClaimScope(scope))
  if (!choice.claims.every((claim) => voluntary.includes(claim)) || !choice.scopes.every((scope) => asked.includes(scope)))
    return { state, refusal: 'form_invalid' }
  const asking = { client: act.client, state, raw: await openRequest(world, act.transaction), language: choice.language }
  // The relying party, or the language, changed since the page was shown: nobody agreed to what stands there now (REG-07).
  if (choice.notice !== undefined && choice.notice !== noticeDigest(world, asking)) return { state, refusal: 'form_stale' }
  const signedIn = await signedInAs(world, act, state)
  const { configuration } = act.client
  const requestDigest = await requestDigestOf(world, act, state)
  if (signedIn === undefined || configuration === undefined || requestDigest === undefined) return { state, refusal: 'transaction_expired' }
  const consent = consentOf(signedIn, act)
  const { at, transaction } = act
  const standing: StandingConsent = {
    client: configuration.client_id,
    transaction,
    requestDigest,
    notice: { digest: await keepNotice(world, act, asking), version: NOTICE_VERSION, language: choice.language },
    essential,
    accepted: voluntary.filter((claim) => choice.claims.includes(claim)),
    refused: voluntary.filter((claim) => !choice.claims.includes(claim)),
    scopes: request.scopes.filter((scope) => isClaimScope(scope) || choice.scopes.includes(scope)),
    refusedScopes: asked.filter((scope) => !choice.scopes.includes(scope)),
    ...(configuration.purpose !== undefined && { purpose: configuration.purpose }),
    by: 'self',
    givenAt: at,
    expiresAt: plusDays(at, configuration.consent_days),
  }
  const wish = { type: 'GiveConsent', at, standing, transaction, liveUntil: liveUntil(world.policy.value, at) } as const
  const given = await commandConsent(world, act, consent, wish)
  if (given.refusal !== undefined) return { state, refusal: given.refusal }
  const written = { id: consent, revision: given.revision, standing: given.state.standing ?? standing }
  const agreed = await recordOnTransaction(world, act, 'given', written, signedIn)
  // The person refused in another tab, or time ran out, between the two appends.
  if (agreed.refusal !== undefined && agreed.state.consent === undefined) await takeBack(world, act, consent)
  return agreed
}

/** What a refused consent leaves on its own stream. Nothing rests on it, so the login's record comes first; a reactor finishes it. */
export const recordRefusal = (world: World, act: Act, consent: string): Promise<Handled<ConsentState>> => {
  const { at, transaction } = act
  return commandConsent(world, act, consent, { type: 'RefuseConsent', at, client: clientIdOf(act), transaction })
}

export const denyConsent = async (world: World, act: Act, state: TransactionState): Promise<Outcome> => {
  const signedIn = await signedInAs(world, act, state)
  const consent = signedIn && consentOf(signedIn, act)
  const denied = await command(world, act, { type: 'DenyConsent', at: act.at, ...(consent !== undefined && { consent }) })
  // Of two clicks at once the login takes one, and that one is recorded.
  const isDenied = denied.events.some(({ type }) => type === 'ConsentDenied')
  if (consent !== undefined && isDenied) await recordRefusal(world, act, consent)
  return denied
}
