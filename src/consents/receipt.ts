import { consentHistory } from './history.ts'
import { clientOf } from '../clients.ts'
import { signJwt } from '../crypto/jwt.ts'
import { signerFor, type Keyed } from '../signing-keys.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import type { ConsentMoment, ConsentMove, ConsentStatus } from '../../domain/consent/history.ts'
import type { StandingConsent } from '../../domain/consent/consent.ts'
import type { Instant, Json } from '../../domain/ports.ts'
import { consentStream } from '../../domain/streams.ts'
import { epochSeconds, millisecondsOf } from '../../domain/time.ts'
import { claimNamed, isVerifiedName } from '../../domain/verified/names.ts'
import { OWN_PAGE } from '../ui/layout.ts'

export const RECEIPT_SCHEMA = 'esignet-consent-receipt/1 (ISO/IEC TS 27560:2023)'

/** What a receipt is given for: consent given, changed, withdrawn (REG-04). */
const RECEIVED: readonly ConsentMove[] = ['given', 'renewed', 'narrowed', 'widened', 'changed', 'withdrawn']

export const receiptMoments = (moments: readonly ConsentMoment[]): readonly ConsentMoment[] =>
  moments.filter(({ move }) => RECEIVED.includes(move))

const DAY_MS = 86_400_000

/** RFC 3339 appendix A: days, since an agreement stands for days. One that is asked for each time has none. */
const durationOf = ({ givenAt, expiresAt }: StandingConsent): string =>
  `P${String(Math.max(0, Math.round((millisecondsOf(expiresAt) - millisecondsOf(givenAt)) / DAY_MS)))}D`

/** Words of the Data Privacy Vocabulary for the states of a consent. */
const eventOf = (moment: ConsentMoment, standing: StandingConsent, principal: string) => {
  const by = moment.withdrawal?.by ?? 'self'
  const state: ConsentStatus | 'withdrawal_requested' = moment.move === 'withdrawal_requested' ? moment.move : moment.status
  return {
    event_time: moment.at,
    event_type: 'explicit',
    event_state: state,
    change: moment.move,
    validity_duration: moment.until === undefined ? 'P0D' : durationOf(moment.standing ?? standing),
    valid_until: moment.until ?? null,
    entity_id: by === 'self' ? principal : (moment.withdrawal?.service ?? by),
    expressed_by: by === 'self' ? standing.by : by,
  }
}

const informationOf = ({ essential, accepted }: StandingConsent) => {
  const told = (optional: boolean) => (name: string) => ({
    pii_type: claimNamed(name),
    pii_optional: optional,
    verified: isVerifiedName(name),
  })
  return [...essential.map(told(false)), ...accepted.map(told(true))]
}

type PartyType = 'pii_controller' | 'consent_record_keeper' | 'authority'

type Issuing = Pick<World, 'journal' | 'states' | 'settings' | 'brand'>

const partiesOf = async (world: Issuing, { client }: StandingConsent, name: string, links: Readonly<Record<string, Json>>) => {
  const { settings, brand } = world
  const { authority } = brand
  const party = (id: string, type: PartyType, called: string, address: string, contact: string | null) => ({
    party_id: id,
    party_type: type,
    party_role: type,
    party_name: called,
    party_address: address || null,
    party_contact: contact,
  })
  // Where they are written to today: who was moved since would not get a letter to where they were.
  const { configuration } = await clientOf(world, client)
  const { policy_uri: privacy, client_uri: site, contacts = [] } = configuration ?? {}
  const contact = [textOf(links['privacy']), privacy, site, ...contacts].find((one) => one !== undefined && one !== '') ?? null
  const keeper = `${brand.product}, ${brand.country['en'] ?? ''}`
  return [
    party(client, 'pii_controller', name, configuration?.postal_address ?? '', contact),
    party(settings.issuer, 'consent_record_keeper', keeper, brand.address, brand.telephone),
    ...(authority.url === '' ? [] : [party(authority.url, 'authority', authority.name['en'] ?? '', authority.address, authority.url)]),
  ]
}

/**
 * A consent record of ISO/IEC TS 27560:2023 up to one event, as a receipt: its field names with underscores. It names the person by the
 * consent's own name, which is made for this person and this relying party and leads nowhere else. Undefined where no receipt is due.
 */
export const receiptOf = async (world: Issuing, consent: string, revision: number) => {
  const [history, events] = await Promise.all([consentHistory(world.journal, consent), world.journal.read(consentStream(consent))])
  const moment = receiptMoments(history.moments).find((one) => one.revision === revision)
  const recorded = events[revision]
  const standing = moment?.standing
  if (moment === undefined || standing === undefined || recorded === undefined) return undefined
  const notice = await world.journal.artefact(standing.notice.digest)
  const links = (notice?.['links'] ?? {}) as Readonly<Record<string, Json>>
  const past = history.moments.filter((one) => one.revision <= revision && one.at <= moment.at)
  const page = `${new URL(world.settings.issuer).origin}${OWN_PAGE}`
  return {
    schema_version: RECEIPT_SCHEMA,
    receipt_id: `${consent}.${String(revision)}`,
    record_id: consent,
    pii_principal_id: consent,
    // The record in the audit log that this is the receipt of, by the digest of its event (rule 7).
    record_digest: recorded.digest,
    pii_processing: [
      {
        privacy_notice: { digest: standing.notice.digest, version: standing.notice.version },
        language: standing.notice.language,
        // The broker passes details on so that the person is signed in, whatever else the relying party says of it.
        purpose: standing.purpose ?? 'sign-in',
        purpose_type: 'sign_in',
        lawful_basis: 'consent',
        pii_information: informationOf(standing),
        pii_refused: standing.refused,
        scopes: standing.scopes,
        scopes_refused: standing.refusedScopes,
        pii_controllers: [standing.client],
        collection_method: 'released by the national ID system at each sign-in, through the broker, which deletes it',
        storage_locations: ['the PII controller'],
        retention_period: 'as the privacy notice of the PII controller says',
        jurisdiction: world.brand.country['en'] ?? '',
        recipient_third_parties: [],
        withdrawal_method: page,
        privacy_rights: [page],
        authority_party: world.brand.authority.url || null,
      },
    ],
    party_identification: await partiesOf(world, standing, textOf(notice?.['client_name']) || standing.client, links),
    events: past.map((one) => eventOf(one, standing, consent)),
  }
}

export type Receipt = NonNullable<Awaited<ReturnType<typeof receiptOf>>>

/** Signed by the broker's present key: whoever has its published keys needs nobody else to believe it (REG-02). */
export const signReceipt = async (
  world: Keyed & Pick<World, 'timers' | 'settings'>,
  receipt: Receipt,
  at: Instant = world.clock.now(),
): Promise<string> =>
  signJwt(await signerFor(world, 'ES256'), 'consent-receipt+jwt', {
    iss: world.settings.issuer,
    iat: epochSeconds(at),
    jti: receipt.receipt_id,
    receipt: receipt,
  })
