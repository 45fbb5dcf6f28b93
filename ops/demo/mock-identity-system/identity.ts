import { Ajv2020 } from 'ajv/dist/2020.js'
import { isObject, type JsonObject } from '../../../domain/json.ts'
import type { ClaimValue } from '../../../domain/ports.ts'
import type { MockPerson } from '../../../adapters/id-system/mock/people.ts'

export type Identity = { readonly [field: string]: unknown }

/** Text in one language, tagged by ISO 639-2/T. */
export type Tagged = { readonly language: string; readonly value: string }

/** Which field is which claim; a dot leads into `address`. */
export const CLAIM_OF: Readonly<Record<string, string>> = {
  fullName: 'name',
  givenName: 'given_name',
  familyName: 'family_name',
  middleName: 'middle_name',
  nickName: 'nickname',
  preferredUsername: 'preferred_username',
  gender: 'gender',
  dateOfBirth: 'birthdate',
  email: 'email',
  phone: 'phone_number',
  encodedPhoto: 'picture',
  streetAddress: 'address.street_address',
  locality: 'address.locality',
  region: 'address.region',
  country: 'address.country',
  postalCode: 'address.postal_code',
  zoneInfo: 'address.zoneinfo',
  preferredLang: 'locale',
}

export const FIELD_OF: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CLAIM_OF).map(([field, claim]) => [claim, field]),
)

const TAGGED_FIELDS = ['fullName', 'givenName', 'familyName', 'gender', 'locality', 'region', 'country']
const TAGGED_OR_NULL = ['middleName', 'nickName', 'preferredUsername', 'streetAddress']

const tagged = {
  type: 'array',
  minItems: 1,
  maxItems: 50,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['language', 'value'],
    properties: { language: { type: 'string', minLength: 1, maxLength: 10 }, value: { type: 'string', pattern: '\\S', maxLength: 500 } },
  },
}
const text = { type: 'string', minLength: 1, maxLength: 500 }
const textOrNull = { type: ['string', 'null'], maxLength: 500 }

export const identitySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  required: ['individualId', 'pin', ...TAGGED_FIELDS, 'dateOfBirth', 'email', 'phone', 'encodedPhoto', 'postalCode', 'preferredLang'],
  properties: {
    individualId: { type: 'string', pattern: '^[0-9]{5,19}$' },
    pin: text,
    ...Object.fromEntries(TAGGED_FIELDS.map((field) => [field, tagged])),
    ...Object.fromEntries(TAGGED_OR_NULL.map((field) => [field, { ...tagged, type: ['array', 'null'] }])),
    dateOfBirth: text,
    email: { type: 'string', maxLength: 320, pattern: '^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$' },
    phone: text,
    encodedPhoto: { type: 'string', maxLength: 200_000 },
    postalCode: text,
    preferredLang: textOrNull,
    zoneInfo: textOrNull,
    locale: textOrNull,
    password: textOrNull,
  },
}

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(identitySchema)

/** What is wrong with an identity, as codes; `partial`: what is not there is fine. */
export const identityProblems = (identity: JsonObject, partial: boolean): readonly string[] => {
  if (validate(identity)) return []
  return (validate.errors ?? [])
    .filter(({ keyword }) => !partial || keyword !== 'required')
    .map(({ instancePath, params }) => {
      const { missingProperty, additionalProperty } = params as { readonly missingProperty?: string; readonly additionalProperty?: string }
      const [, top] = instancePath.split('/')
      const field = top ?? missingProperty ?? additionalProperty
      return field === undefined ? 'unknown_field' : `invalid_${field.toLowerCase()}`
    })
}

const THREE_LETTERS: Readonly<Record<string, string>> = { en: 'eng', fr: 'fra', ar: 'ara', hi: 'hin', km: 'khm', kn: 'kan', ta: 'tam' }

const taggedOf = (value: ClaimValue | undefined): readonly Tagged[] | undefined => {
  if (typeof value === 'string') return [{ language: 'eng', value }]
  if (!isObject(value) || !isObject(value['languages'])) return undefined
  return Object.entries(value['languages']).map(([tag, one]) => ({
    language: THREE_LETTERS[tag] ?? tag,
    value: typeof one === 'string' ? one : '',
  }))
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** One of the people of the embedded mock, as this system keeps people. What somebody does not have is left out. */
export const identityOf = ({ ids, pin, claims }: MockPerson): Identity => {
  const told: unknown = claims['address']
  const address = isObject(told) ? told : {}
  const fields = Object.entries(CLAIM_OF).map(([field, claim]): readonly [string, unknown] => {
    const value = claim.startsWith('address.') ? (address[claim.slice('address.'.length)] as ClaimValue | undefined) : claims[claim]
    if (field === 'dateOfBirth') return [field, textOf(value)?.replaceAll('-', '/')]
    if (field === 'preferredLang') return [field, THREE_LETTERS[textOf(value) ?? ''] ?? null]
    return [field, TAGGED_FIELDS.includes(field) || TAGGED_OR_NULL.includes(field) ? taggedOf(value) : textOf(value)]
  })
  const known = Object.fromEntries(fields.filter(([, value]) => value !== undefined))
  return { individualId: ids.uin, pin, ...known, zoneInfo: textOf(claims['zoneinfo']) ?? null, locale: textOf(claims['locale']) ?? null }
}

export const taggedIn = (value: unknown): readonly Tagged[] | undefined =>
  Array.isArray(value) && value.every((item) => isObject(item) && typeof item['language'] === 'string' && typeof item['value'] === 'string')
    ? (value as readonly Tagged[])
    : undefined
