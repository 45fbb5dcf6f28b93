import type { Json, PluginDescription, VerifiedFacts } from './plugin.ts'

/** Sets of facts in one answer: ways in which a person was verified. */
const SETS_MAX = 16
const ITEMS_MAX = 20

const object = (optional: Readonly<Record<string, Json>>, required: Readonly<Record<string, Json>> = {}): Json => ({
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  required: Object.keys(required),
  properties: { ...required, ...optional },
})

const list = (items: Json): Json => ({ type: 'array', items, minItems: 1, maxItems: ITEMS_MAX })

const text: Json = { type: 'string', minLength: 1, maxLength: 300 }
const date: Json = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' }
/** In UTC: a time zone may tell where somebody was (Identity Assurance 1.0, privacy considerations). */
const moment: Json = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?Z$' }

const texts = (...names: readonly string[]): Readonly<Record<string, Json>> => Object.fromEntries(names.map((name) => [name, text]))

const place = texts('country', 'country_code', 'formatted', 'jurisdiction', 'locality', 'name', 'postal_code', 'region', 'street_address')

const claimNames: Json = { type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' }
const claims: Json = { type: 'object', minProperties: 1, maxProperties: 64, propertyNames: claimNames }

const checks = list(object({ ...texts('organization', 'check_id'), time: moment }, { check_method: text }))

const evidence = (type: string, optional: Readonly<Record<string, Json>>, required: Readonly<Record<string, Json>> = {}): Json =>
  object({ derived_claims: claims, ...optional }, { type: { const: type }, ...required })

const evidences: Json = {
  oneOf: [
    evidence('document', {
      check_details: checks,
      document_details: object(
        { ...texts('document_number', 'serial_number'), date_of_issuance: date, date_of_expiry: date, issuer: object(place) },
        { type: text },
      ),
    }),
    evidence('electronic_record', {
      check_details: checks,
      record: object({ created_at: moment, date_of_expiry: date, source: object(place) }, { type: text }),
    }),
    evidence('vouch', {
      check_details: checks,
      attestation: object(
        {
          reference_number: text,
          date_of_issuance: date,
          date_of_expiry: date,
          voucher: object({ ...place, birthdate: date, ...texts('occupation', 'organization') }),
        },
        { type: text },
      ),
    }),
    evidence('electronic_signature', { created_at: moment }, texts('signature_type', 'issuer', 'serial_number')),
  ],
}

const assurance = object({
  ...texts('assurance_type', 'assurance_classification'),
  evidence_ref: list(object({ evidence_metadata: object(texts('evidence_classification')) }, { check_id: text })),
})

/** What a plugin may answer: OpenID Identity Assurance Schema Definition 1.0 §5.4, narrower, with nothing that has no name there. */
export const verifiedSchema: Json = {
  type: 'array',
  maxItems: SETS_MAX,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['verification', 'claims'],
    properties: {
      claims,
      verification: object(
        {
          ...texts('assurance_level', 'verification_process'),
          time: moment,
          assurance_process: object({ ...texts('policy', 'procedure'), assurance_details: list(assurance) }),
          evidence: list(evidences),
        },
        { trust_framework: text },
      ),
    },
  },
}

type Evidence = {
  readonly type: string
  readonly derived_claims?: object
  readonly check_details?: readonly { readonly check_method: string; readonly check_id?: string }[]
  readonly document_details?: { readonly type: string }
  readonly record?: { readonly type: string }
}
type Verification = {
  readonly trust_framework: string
  readonly evidence?: readonly Evidence[]
  readonly assurance_process?: {
    readonly assurance_details?: readonly { readonly evidence_ref?: readonly { readonly check_id: string }[] }[]
  }
}

const isPart = (part: readonly (string | undefined)[], whole: readonly string[]): boolean =>
  part.every((item) => item === undefined || whole.includes(item))

/** Nothing but claims that were asked for, and no kind of verification that discovery does not say (Identity Assurance 1.0, OP metadata). */
export const verifiedFits = (
  sets: readonly VerifiedFacts[],
  asked: readonly string[],
  { verifiedClaims: described }: Pick<PluginDescription, 'verifiedClaims'>,
): boolean =>
  described !== undefined &&
  sets.every(({ verification, claims: told }) => {
    // The schema above is this type.
    const { trust_framework: framework, evidence = [], assurance_process: process } = verification as unknown as Verification
    const documents = evidence.filter(({ type }) => type === 'document')
    const methods = documents.flatMap(({ check_details: details = [] }) => details.map(({ check_method: method }) => method))
    const checkIds = evidence.flatMap(({ check_details: details = [] }) => details.flatMap(({ check_id: id }) => id ?? []))
    const references = (process?.assurance_details ?? []).flatMap(({ evidence_ref: refs = [] }) => refs.map(({ check_id: id }) => id))
    return (
      isPart(Object.keys(told), asked) &&
      isPart(
        [framework],
        described.trustFrameworks.map(({ id }) => id),
      ) &&
      isPart(
        evidence.map(({ type }) => type),
        described.evidence,
      ) &&
      isPart(
        documents.map(({ document_details: details }) => details?.type),
        described.documents,
      ) &&
      isPart(methods, described.documentCheckMethods) &&
      isPart(
        evidence.map(({ record }) => record?.type),
        described.electronicRecords,
      ) &&
      // Schema Definition 1.0 §5.4.4: what is derived from evidence is mirrored in `claims`; §5.4.3: a reference leads to a check.
      evidence.every(({ derived_claims: derived = {} }) => isPart(Object.keys(derived), Object.keys(told))) &&
      isPart(references, checkIds)
    )
  })
