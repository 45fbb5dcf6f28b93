import type { Receipt } from './receipt.ts'

// Terms as the DPVCG's guide to ISO/IEC TS 27560:2023 maps the fields (https://w3id.org/dpv/guides/consent-27560).
const CONTEXT = { dpv: 'https://w3id.org/dpv#', dct: 'http://purl.org/dc/terms/' }

type Event = Receipt['events'][number]

/** A withdrawal that was asked for ends the consent at once: by whom says which of the two states it is. */
const statusOf = ({ event_state: state, expressed_by: by }: Event): string => {
  switch (state) {
    case 'given':
      return 'dpv:ConsentGiven'
    case 'renewed':
      return 'dpv:RenewedConsentGiven'
    case 'refused':
      return 'dpv:ConsentRefused'
    case 'expired':
      return 'dpv:ConsentExpired'
    case 'withdrawn':
    case 'revoked':
    case 'withdrawal_requested':
      return by === 'self' ? 'dpv:ConsentWithdrawn' : 'dpv:ConsentRevoked'
    case 'unknown':
      return 'dpv:ConsentUnknown'
  }
}

const ROLES = { pii_controller: 'dpv:DataController', consent_record_keeper: 'dpv:DataProcessor', authority: 'dpv:Authority' } as const

const partyOf = (party: Receipt['party_identification'][number]) => ({
  '@type': ROLES[party.party_type],
  'dct:identifier': party.party_id,
  'dpv:hasName': party.party_name,
  ...(party.party_address !== null && { 'dpv:hasAddress': party.party_address }),
  ...(party.party_contact !== null && { 'dpv:hasContact': party.party_contact }),
})

const EXPLICIT = 'dpv:ExplicitlyExpressedConsent'

const processOf = (processing: Receipt['pii_processing'][number]) => ({
  '@type': 'dpv:Process',
  'dpv:hasNotice': {
    '@type': 'dpv:ConsentNotice',
    'dct:identifier': processing.privacy_notice.digest,
    'dct:hasVersion': processing.privacy_notice.version,
    'dct:language': processing.language,
  },
  'dpv:hasPurpose': processing.purpose,
  'dpv:hasLegalBasis': EXPLICIT,
  'dpv:hasPersonalData': processing.pii_information.map(({ pii_type: type, pii_optional: isOptional }) => ({
    '@type': 'dpv:PersonalData',
    'dct:identifier': type,
    'dpv:hasNecessity': isOptional ? 'dpv:Optional' : 'dpv:Required',
  })),
  'dpv:hasDataSource': processing.collection_method,
  'dpv:hasStorageCondition': [
    ...processing.storage_locations.map((location) => ({ '@type': 'dpv:StorageLocation', 'dpv:hasLocation': location })),
    { '@type': 'dpv:StorageDuration', 'dpv:hasDuration': processing.retention_period },
  ],
  'dpv:hasRecipient': processing.pii_controllers,
  'dpv:hasThirdParty': processing.recipient_third_parties,
  'dpv:hasJurisdiction': processing.jurisdiction,
  'dpv:hasConsentControl': { '@type': 'dpv:WithdrawConsent', 'dpv:hasContact': processing.withdrawal_method },
  'dpv:hasRight': processing.privacy_rights,
})

const happened = (event: Event) => ({
  'dct:date': event.event_time,
  'dct:valid': event.validity_duration,
  'dpv:isImplementedByEntity': event.entity_id,
  'dpv:hasLegalBasis': EXPLICIT,
  'dpv:hasConsentStatus': statusOf(event),
})

/** The record of a receipt in the Data Privacy Vocabulary, as JSON-LD: profile `dpv-27560#record` (REG-02). */
export const dpvOf = (receipt: Receipt) => {
  const { record_id: id, pii_principal_id: principal, party_identification: parties, events } = receipt
  const last = events.at(-1)
  const of = (type: (typeof parties)[number]['party_type']) => parties.filter((party) => party.party_type === type).map(partyOf)
  return {
    '@context': CONTEXT,
    '@type': 'dpv:ConsentRecord',
    'dct:identifier': id,
    'dct:conformsTo': 'https://w3id.org/dpv/schema/dpv-27560#record',
    'dpv:hasDataSubject': { '@type': 'dpv:DataSubject', 'dct:identifier': principal },
    'dpv:hasDataController': of('pii_controller'),
    'dpv:hasDataProcessor': of('consent_record_keeper'),
    'dpv:hasAuthority': of('authority'),
    'dpv:hasProcess': receipt.pii_processing.map(processOf),
    ...(last && { 'dpv:hasConsentStatus': statusOf(last) }),
    'dct:provenance': events.map(happened),
  }
}
