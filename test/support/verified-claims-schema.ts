/**
 * What a valid `verified_claims` is, written from the text of OpenID Identity Assurance Schema Definition 1.0 §5 (The OpenID Foundation,
 * https://openid.net/specs/openid-ida-verified-claims-1_0-final.html). The JSON schema that the foundation publishes beside it is free
 * to use for those who implement the specification, but not under this project's licence, so it is not kept here.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const date: Schema = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' }
const moment: Schema = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?Z$' }

const object = (required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
})
const some = (items: Schema): Schema => ({ type: 'array', minItems: 1, items })

/** §5.4.4.2: a check has a method. */
const checks = some(object({ check_method: text }, { organization: text, check_id: text, time: moment }))
const place = object({}, Object.fromEntries(['name', 'country', 'country_code', 'region', 'street_address'].map((name) => [name, text])))

const claims: Schema = {
  ...object(
    {},
    {
      name: text,
      given_name: text,
      family_name: text,
      gender: text,
      birthdate: { type: 'string', pattern: '^\\d{4}-[01]\\d-[0-3]\\d$' },
      email: { type: 'string', pattern: '^[^@]+@[^@]+$' },
      phone_number: { type: 'string', pattern: '^\\+?\\d{5,15}$' },
      address: { type: 'object', minProperties: 1 },
    },
  ),
  minProperties: 1,
}

const dated = { date_of_issuance: date, date_of_expiry: date }

const evidence: Schema = {
  oneOf: [
    object(
      { type: { const: 'document' } },
      {
        check_details: checks,
        derived_claims: claims,
        document_details: object({ type: text }, { document_number: text, serial_number: text, issuer: place, ...dated }),
      },
    ),
    object(
      { type: { const: 'electronic_record' } },
      {
        check_details: checks,
        derived_claims: claims,
        record: object({ type: text }, { created_at: moment, date_of_expiry: date, source: place }),
      },
    ),
    object(
      { type: { const: 'vouch' } },
      {
        check_details: checks,
        derived_claims: claims,
        attestation: object({ type: text }, { reference_number: text, voucher: place, ...dated }),
      },
    ),
    object(
      { type: { const: 'electronic_signature' }, signature_type: text, issuer: text, serial_number: text },
      { created_at: moment, derived_claims: claims },
    ),
  ],
}

const assurance = object(
  {},
  {
    assurance_type: text,
    assurance_classification: text,
    evidence_ref: some(object({ check_id: text }, { evidence_metadata: { type: 'object' } })),
  },
)

const one: Schema = {
  type: 'object',
  required: ['verification', 'claims'],
  additionalProperties: false,
  properties: {
    claims,
    verification: object(
      { trust_framework: text },
      {
        assurance_level: text,
        time: moment,
        verification_process: text,
        evidence: some(evidence),
        assurance_process: object({}, { policy: text, procedure: text, assurance_details: some(assurance) }),
      },
    ),
  },
}

const validate: ValidateFunction = new Ajv2020({ strict: false }).compile({ oneOf: [one, some(one)] })

/** What is wrong with an answer; nothing where it is valid. */
export const problemsOfVerifiedClaims = (answer: unknown): readonly string[] =>
  validate(answer) ? [] : (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`)
