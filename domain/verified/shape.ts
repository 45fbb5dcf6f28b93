import type { EvidenceType } from '../ports.ts'

/**
 * The tree of `verification` (OpenID Identity Assurance Schema Definition 1.0 §5.4): what may be asked for, and what an answer must
 * hold to be one. Requests are checked and facts are picked along it, so nothing that does not stand here is given out.
 */
export type Shape =
  | { readonly kind: 'value' }
  | { readonly kind: 'claims' }
  | { readonly kind: 'evidence' }
  | { readonly kind: 'list'; readonly item: Shape; readonly whole: boolean }
  | ObjectShape

export type ObjectShape = {
  readonly kind: 'object'
  readonly members: Readonly<Record<string, Shape>>
  /** Without these an answer is not valid. */
  readonly required: readonly string[]
}

const value: Shape = { kind: 'value' }

const object = (members: Readonly<Record<string, Shape>>, required: readonly string[] = []): ObjectShape => ({
  kind: 'object',
  members,
  required,
})

const values = (...names: readonly string[]): Readonly<Record<string, Shape>> => Object.fromEntries(names.map((name) => [name, value]))

/** Its items are filters, and templates for what they let through. */
const list = (item: Shape): Shape => ({ kind: 'list', item, whole: false })

/** Given whole or not at all, whichever item was asked for. */
const wholeList = (item: Shape): Shape => ({ kind: 'list', item, whole: true })

const PLACE = ['country', 'country_code', 'formatted', 'jurisdiction', 'locality', 'name', 'postal_code', 'region', 'street_address']

const voucher = object(values(...PLACE.filter((name) => name !== 'jurisdiction'), 'birthdate', 'occupation', 'organization'))

const checks = list(object(values('check_method', 'organization', 'check_id', 'time'), ['check_method']))

const evidence = (members: Readonly<Record<string, Shape>>, required: readonly string[] = []): ObjectShape =>
  object({ type: value, derived_claims: { kind: 'claims' }, ...members }, ['type', ...required])

/** §5.4.4: what each type of evidence has. */
export const EVIDENCE: Readonly<Record<EvidenceType, ObjectShape>> = {
  document: evidence({
    check_details: checks,
    document_details: object(
      { ...values('type', 'document_number', 'serial_number', 'date_of_issuance', 'date_of_expiry'), issuer: object(values(...PLACE)) },
      ['type'],
    ),
  }),
  electronic_record: evidence({
    check_details: checks,
    record: object({ ...values('type', 'created_at', 'date_of_expiry'), source: object(values(...PLACE)) }, ['type']),
  }),
  vouch: evidence({
    check_details: checks,
    attestation: object({ ...values('type', 'reference_number', 'date_of_issuance', 'date_of_expiry'), voucher }, ['type']),
  }),
  electronic_signature: evidence(values('signature_type', 'issuer', 'serial_number', 'created_at'), [
    'signature_type',
    'issuer',
    'serial_number',
  ]),
}

export const isEvidenceType = (type: unknown): type is EvidenceType => typeof type === 'string' && Object.hasOwn(EVIDENCE, type)

const evidenceRef = object({ check_id: value, evidence_metadata: object(values('evidence_classification')) }, ['check_id'])

/** §5.4: only `trust_framework` is required. */
export const VERIFICATION: ObjectShape = object(
  {
    ...values('trust_framework', 'assurance_level', 'time', 'verification_process'),
    assurance_process: object({
      ...values('policy', 'procedure'),
      assurance_details: wholeList(object({ ...values('assurance_type', 'assurance_classification'), evidence_ref: list(evidenceRef) })),
    }),
    evidence: list({ kind: 'evidence' }),
  },
  ['trust_framework'],
)
