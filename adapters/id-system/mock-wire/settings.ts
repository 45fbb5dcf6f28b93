import { claimsSetting, factorsSetting, idTypesSetting, languagesSetting, validitySetting } from '../identifiers.ts'
import type { Factor, Json, PluginDescription } from '../plugin.ts'
import { connectionSettings, urlSetting, type ConnectionSettings } from '../wire.ts'

export type MockWireSettings = ConnectionSettings & {
  readonly url: string
  readonly relyingParty: string
  readonly relyingParties: Readonly<Record<string, string>>
  readonly factors: readonly Factor[]
  readonly idTypes: PluginDescription['idTypes']
  readonly claims: readonly string[]
  readonly languages: readonly string[]
  readonly otpValidForS: number
}

const OTP_VALID_FOR_S = 600

const segment: Json = { type: 'string', pattern: '^[A-Za-z0-9._-]{1,100}$' }

const DEFAULTS: Omit<MockWireSettings, 'url'> = {
  relyingParty: 'esignet',
  relyingParties: {},
  factors: ['otp', 'pin', 'password'],
  idTypes: [{ type: 'uin', pattern: '^[0-9]{5,19}$', lengthMax: 19 }],
  claims: [
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'gender',
    'birthdate',
    'email',
    'phone_number',
    'address',
    'picture',
  ],
  languages: ['en'],
  otpValidForS: OTP_VALID_FOR_S,
}

export const settingsSchema: { readonly [key: string]: Json } = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: urlSetting('Where the service is, with its context: https://id.example/v1/mock-identity-system.'),
    relyingParty: { ...segment, default: DEFAULTS.relyingParty, description: 'The relying party as which this broker asks.' },
    relyingParties: {
      type: 'object',
      maxProperties: 1000,
      additionalProperties: segment,
      default: {},
      description: 'Clients that came from eSignet with their users: client to relying party. They keep the `sub` that they know.',
    },
    factors: factorsSetting(['otp', 'pin', 'password', 'knowledge', 'biometrics'], DEFAULTS.factors),
    idTypes: idTypesSetting(DEFAULTS.idTypes),
    claims: claimsSetting(DEFAULTS.claims),
    languages: languagesSetting,
    otpValidForS: validitySetting(OTP_VALID_FOR_S),
    ...connectionSettings,
  },
}

/** Settings that were checked against the schema; what is left out takes its default. */
export const readSettings = (given: { readonly [key: string]: Json }): MockWireSettings =>
  // The schema above is this type, word for word.
  ({ ...DEFAULTS, ...(given as Partial<MockWireSettings>), url: given['url'] as string })
