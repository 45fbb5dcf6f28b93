import type { Factor, FactorOffer, IdType, Json, PluginDescription } from './plugin.ts'

type IdTypes = PluginDescription['idTypes']

/** What MOSIP's numbers look like; a country's own are a setting. */
export const MOSIP_IDS: IdTypes = [
  { type: 'uin', pattern: '^[0-9]{10}$', lengthMax: 10 },
  { type: 'vid', pattern: '^[0-9]{16}$', lengthMax: 16 },
]

const KINDS: readonly IdType[] = ['uin', 'vid', 'phone', 'email', 'handle']

/** A setting: which identifiers people type, and what they look like. */
export const idTypesSetting = (initial: IdTypes): Json => ({
  type: 'array',
  minItems: 1,
  maxItems: 5,
  default: initial,
  description: 'Which identifiers people may type, and the form of each (a regular expression over the whole value).',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['type', 'pattern', 'lengthMax'],
    properties: {
      type: { enum: KINDS },
      pattern: { type: 'string', minLength: 1, maxLength: 300 },
      lengthMax: { type: 'integer', minimum: 1, maximum: 320 },
    },
  },
})

/** A setting: by which of its factors an ID system is asked here. */
export const factorsSetting = (all: readonly Factor[], initial: readonly Factor[]): Json => ({
  type: 'array',
  items: { enum: all },
  minItems: 1,
  uniqueItems: true,
  default: initial,
  description: 'By which factors people may prove who they are.',
})

/** A setting: languages in which the ID system holds text. */
export const languagesSetting: Json = {
  type: 'array',
  items: { type: 'string', pattern: '^[a-z]{2,3}$' },
  minItems: 1,
  maxItems: 20,
  uniqueItems: true,
  default: ['en'],
  description: 'Languages in which the ID system is asked for text, most usual first.',
}

/** A setting: claims that the ID system can tell. */
export const claimsSetting = (initial: readonly string[]): Json => ({
  type: 'array',
  items: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' },
  maxItems: 64,
  uniqueItems: true,
  default: initial,
  description: 'Claims that it can tell, by their OpenID names.',
})

export const validitySetting = (initial: number): Json => ({
  type: 'integer',
  minimum: 30,
  maximum: 600,
  default: initial,
  description: 'How long a code that it sends works, seconds: as it is set there.',
})

/** What MOSIP's factors look like where they are typed, or how long what a reader gives may be. */
export const mosipOffer = (factor: Factor, otpValidForS: number): FactorOffer | undefined => {
  switch (factor) {
    case 'otp':
      return { factor, format: { kind: 'digits', lengthMin: 6, lengthMax: 6 }, validForS: otpValidForS }
    case 'pin':
      return { factor, format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } }
    case 'password':
      return { factor, format: { kind: 'text', lengthMin: 8, lengthMax: 30 } }
    case 'biometrics':
      return { factor, format: { kind: 'text', lengthMin: 500, lengthMax: 500_000 }, modalities: ['Face', 'Finger', 'Iris'] }
    case 'knowledge':
    case 'wallet':
      return undefined
  }
}

/** The people whom a MOSIP system knows have these, or some of them. */
export const MOSIP_CLAIMS: readonly string[] = ['name', 'gender', 'birthdate', 'email', 'phone_number', 'address', 'picture']
