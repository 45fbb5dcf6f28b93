import type { MySession } from './my-session.ts'
import { clientOf } from '../clients.ts'
import { ownRecords, type Agreement, type OwnLogin, type OwnRecords } from '../consents/person-view.ts'
import { agreedOf } from '../consents/tell.ts'
import { answerOf } from '../consents/tell.ts'
import { receiptMoments } from '../consents/receipt.ts'
import { nameIn } from '../localised.ts'
import { referenceOf } from '../reference.ts'
import type { World } from '../world.ts'
import { isClaimScope } from '../../domain/claims.ts'
import type { Factor, Instant } from '../../domain/ports.ts'
import { secondsUntil } from '../../domain/time.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'
import { inLanguage } from '../ui/brand.ts'
import { OWN_PAGE } from '../ui/layout.ts'
import type { Language, MyAgreement, MyLogin, MyView } from '../ui/views.ts'

/** Sign-ins on one page. */
const PAGE_LOGINS = 20

type Parties = ReadonlyMap<string, ClientConfiguration | undefined>

export const recordsOf = (world: World, { person, session }: MySession, at: Instant): Promise<OwnRecords> => {
  const { subjectKey, idSystem } = session
  const isSure = world.idSystems.named(idSystem)?.system.resolve !== undefined
  return ownRecords(world.journal, { person, subjectKey, isSure }, at)
}

/** The relying parties that are named, each read once. */
const partiesOf = async (world: World, clients: readonly string[]): Promise<Parties> =>
  new Map(await Promise.all([...new Set(clients)].map(async (id) => [id, (await clientOf(world, id)).configuration] as const)))

const nameOf = (parties: Parties, client: string, language: Language): string => {
  const configuration = parties.get(client)
  return (configuration && nameIn(configuration, 'client_name', [language])) ?? client
}

/** `openid` and scopes that are names for claims say nothing more. */
const moreThanClaims = (scopes: readonly string[]): readonly string[] => scopes.filter((scope) => !isClaimScope(scope))

const STATUS = {
  given: 'given',
  renewed: 'given',
  refused: 'refused',
  expired: 'expired',
  withdrawn: 'withdrawn',
  revoked: 'revoked',
} as const

const agreementView = ({ consent, client, answer }: Agreement, parties: Parties, language: Language): MyAgreement | undefined => {
  const last = answer.moments.at(-1)
  if (last === undefined || answer.status === 'unknown') return undefined
  const agreed = answer.standing && agreedOf(answer.standing)
  const isOnce = answer.standing !== undefined && answer.standing.expiresAt <= answer.standing.givenAt
  const privacy = parties.get(client)?.policy_uri
  return {
    consent,
    party: nameOf(parties, client, language),
    status: STATUS[answer.status],
    at: last.at,
    ...(answer.until !== undefined && !isOnce && { until: answer.until }),
    ...(agreed && { givenAt: agreed.given_at, ...(agreed.purpose !== null && { purpose: agreed.purpose }) }),
    claims: agreed === undefined ? [] : [...agreed.claims, ...agreed.verified_claims],
    scopes: moreThanClaims(agreed?.scopes ?? []),
    refused: [...(agreed?.refused ?? []), ...(agreed?.refused_scopes ?? [])],
    ...(privacy !== undefined && { privacy }),
    receipts: receiptMoments(answer.moments).map(({ revision, at }) => ({ revision, at })),
  }
}

const loginView = (login: OwnLogin, parties: Parties, language: Language): MyLogin => ({
  at: login.at,
  party: nameOf(parties, login.client, language),
  end: login.end,
  asked: login.asked,
  scopes: moreThanClaims(login.scopes),
  got: login.got,
  // Events hold words of the schema's list.
  factors: login.factors as readonly Factor[],
  reference: referenceOf(login.transaction),
})

export type Place = { readonly from: number; readonly withdrawn?: string }

export const myView = async (world: World, mine: MySession, at: Instant, { from, withdrawn }: Place): Promise<MyView> => {
  const { agreements, logins } = await recordsOf(world, mine, at)
  const { language } = mine.frame
  const parties = await partiesOf(
    world,
    [...logins, ...agreements].map(({ client }) => client),
  )
  const done = agreements.find(({ consent }) => consent === withdrawn)
  const { until } = mine.session
  return {
    agreements: agreements.flatMap((one) => agreementView(one, parties, language) ?? []),
    logins: logins.slice(from, from + PAGE_LOGINS).map((one) => loginView(one, parties, language)),
    ...(from > 0 && { newer: `${OWN_PAGE}?from=${String(Math.max(0, from - PAGE_LOGINS))}` }),
    ...(logins.length > from + PAGE_LOGINS && { older: `${OWN_PAGE}?from=${String(from + PAGE_LOGINS)}` }),
    ...(done && { withdrawn: nameOf(parties, done.client, language) }),
    authority: inLanguage(world.brand.authority.name, language),
    limit: { until, secondsLeft: secondsUntil(at, until), extensible: true },
  }
}

/** The same for a machine, and everything that there is: `schemas/responses/my-data.json` (REG-10). */
export const myData = async (world: World, mine: MySession, at: Instant) => {
  const { agreements, logins, isCut } = await recordsOf(world, mine, at)
  const parties = await partiesOf(
    world,
    [...logins, ...agreements].map(({ client }) => client),
  )
  const partyOf = (client: string) => ({ client, client_name: nameOf(parties, client, mine.frame.language) })
  return {
    format: 'esignet-my-data',
    version: 1,
    issuer: world.settings.issuer,
    made_at: at,
    agreements: agreements.map(({ consent, client, answer }) => ({ ...answerOf(consent, answer), ...partyOf(client) })),
    logins: logins.map(({ client, ...login }) => ({ ...login, ...partyOf(client) })),
    complete: !isCut,
  }
}
