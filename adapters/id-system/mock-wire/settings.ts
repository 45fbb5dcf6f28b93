import { fieldsSetting, type AskedField } from '../asked-fields.ts'
import { claimsSetting, factorsSetting, idTypesSetting, languagesSetting, validitySetting } from '../identifiers.ts'
import type { MosipSettings } from '../mosip.ts'
import type { Json } from '../plugin.ts'
import { connectionSettings, urlSetting, type ConnectionSettings } from '../wire.ts'

export type MockWireSettings = ConnectionSettings &
  MosipSettings & {
    readonly url: string
    readonly relyingParty: string
    readonly relyingParties: Readonly<Record<string, string>>
    readonly questions: readonly AskedField[]
  }

const OTP_VALID_FOR_S = 600

/** What the service compares where nobody configured it otherwise. */
const QUESTIONS: readonly AskedField[] = [
  {
    id: 'phone',
    type: 'text',
    titles: {
      en: 'Phone number, with country code',
      fr: 'Numéro de téléphone, avec indicatif du pays',
      ar: 'رقم الهاتف مع رمز البلد',
      hi: 'फ़ोन नंबर, देश कोड के साथ',
      km: 'លេខទូរស័ព្ទ ជាមួយលេខកូដប្រទេស',
      kn: 'ದೂರವಾಣಿ ಸಂಖ್ಯೆ, ದೇಶದ ಕೋಡ್‌ನೊಂದಿಗೆ',
      ta: 'தொலைபேசி எண், நாட்டுக் குறியீட்டுடன்',
    },
  },
  {
    id: 'email',
    type: 'text',
    titles: {
      en: 'E-mail address',
      fr: 'Adresse e-mail',
      ar: 'عنوان البريد الإلكتروني',
      hi: 'ईमेल पता',
      km: 'អាសយដ្ឋានអ៊ីមែល',
      kn: 'ಇಮೇಲ್ ವಿಳಾಸ',
      ta: 'மின்னஞ்சல் முகவரி',
    },
  },
  {
    id: 'dateOfBirth',
    type: 'date',
    titles: {
      en: 'Date of birth',
      fr: 'Date de naissance',
      ar: 'تاريخ الميلاد',
      hi: 'जन्म तिथि',
      km: 'ថ្ងៃខែឆ្នាំកំណើត',
      kn: 'ಹುಟ್ಟಿದ ದಿನಾಂಕ',
      ta: 'பிறந்த தேதி',
    },
  },
]

const segment: Json = { type: 'string', pattern: '^[A-Za-z0-9._-]{1,100}$' }

const DEFAULTS: Omit<MockWireSettings, 'url'> = {
  relyingParty: 'esignet',
  relyingParties: {},
  factors: ['otp', 'pin', 'password'],
  questions: QUESTIONS,
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
    questions: fieldsSetting('What the factor knowledge asks: what the service is configured to compare.', DEFAULTS.questions),
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
