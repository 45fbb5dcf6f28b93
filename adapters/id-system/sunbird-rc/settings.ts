import { fieldsSetting, type AskedField } from '../asked-fields.ts'
import { idTypesSetting } from '../identifiers.ts'
import type { Json, PluginDescription } from '../plugin.ts'
import { connectionSettings, urlSetting, type ConnectionSettings } from '../wire.ts'

export type SunbirdSettings = ConnectionSettings & {
  readonly searchUrl: string
  readonly entityUrl: string
  readonly individualIdField: string
  readonly individualIdCase: 'as_typed' | 'upper'
  readonly entityIdField: string
  readonly questions: readonly AskedField[]
  /** Claim to member of the registry's record. */
  readonly claims: Readonly<Record<string, string>>
  readonly idTypes: PluginDescription['idTypes']
}

const DEFAULTS = {
  individualIdField: 'policyNumber',
  individualIdCase: 'as_typed',
  entityIdField: 'osid',
  claims: { name: 'fullName', email: 'email', phone_number: 'mobile', gender: 'gender', birthdate: 'dob' },
  idTypes: [{ type: 'uin', pattern: '^[0-9A-Za-z]{4,40}$', lengthMax: 40 }],
} as const satisfies Partial<SunbirdSettings>

const member: Json = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]{0,39}(\\.[A-Za-z_][A-Za-z0-9_]{0,39}){0,3}$' }

export const settingsSchema: { readonly [key: string]: Json } = {
  type: 'object',
  additionalProperties: false,
  required: ['searchUrl', 'entityUrl', 'questions'],
  properties: {
    searchUrl: urlSetting('Where the registry is searched: https://sunbird.example/api/v1/Insurance/search.'),
    entityUrl: urlSetting('Where one record is read, without its id: https://sunbird.example/api/v1/Insurance.'),
    individualIdField: {
      ...member,
      default: DEFAULTS.individualIdField,
      description: 'The member that holds what people type as their identifier.',
    },
    individualIdCase: {
      enum: ['as_typed', 'upper'],
      default: DEFAULTS.individualIdCase,
      description: 'How the registry writes identifiers. Those of the type handle come in small letters.',
    },
    entityIdField: { ...member, default: DEFAULTS.entityIdField, description: 'The member that holds the id of a record.' },
    questions: fieldsSetting('What people are asked besides their identifier; the registry must find exactly one record by all of it.'),
    claims: {
      type: 'object',
      maxProperties: 64,
      propertyNames: { pattern: '^[a-z][a-z0-9_]{0,63}$' },
      additionalProperties: member,
      default: DEFAULTS.claims,
      description:
        'Claims that it can tell, by their OpenID names: the member of a record that holds each, with dots into what stands deeper.',
    },
    idTypes: idTypesSetting(DEFAULTS.idTypes),
    ...connectionSettings,
  },
}

/** Settings that were checked against the schema; what is left out takes its default. */
export const readSettings = (given: { readonly [key: string]: Json }): SunbirdSettings =>
  // The schema above is this type, word for word.
  ({ ...DEFAULTS, ...given }) as unknown as SunbirdSettings
