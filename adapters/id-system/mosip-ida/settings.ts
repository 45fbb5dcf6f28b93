import {
  claimsSetting,
  factorsSetting,
  idTypesSetting,
  languagesSetting,
  MOSIP_CLAIMS,
  MOSIP_IDS,
  validitySetting,
} from '../identifiers.ts'
import type { MosipSettings } from '../mosip.ts'
import type { Json } from '../plugin.ts'
import { connectionSettings, fileSetting, urlSetting, type ConnectionSettings } from '../wire.ts'

/** As whom IDA is asked for a client that it knows by other names. */
type PartyNames = { readonly relyingParty?: string; readonly client?: string; readonly keepsSubjects?: boolean }

export type MosipIdaSettings = ConnectionSettings &
  MosipSettings & {
    readonly url: string
    readonly otpUrl?: string
    readonly internalUrl?: string
    readonly tokenUrl: string
    readonly certificateUrl: string
    readonly licenceKeyFile: string
    readonly partnerKeyFile: string
    readonly partnerCertificateFile: string
    readonly tokenClient: string
    readonly tokenSecretFile: string
    readonly tokenApp: string
    readonly relyingParty: string
    readonly relyingParties: Readonly<Record<string, PartyNames>>
    readonly domainUri: string
    readonly env: string
    readonly sessionLifetimeS: number
  }

/** IDA's own default is 300 s; its clock may be a little ahead of ours. */
const SESSION_LIFETIME_S = 170
const OTP_VALID_FOR_S = 180

const segment = { type: 'string', pattern: '^[A-Za-z0-9._-]{1,100}$' } as const
const word = { type: 'string', minLength: 1, maxLength: 500 } as const

type Optional = 'tokenClient' | 'tokenApp' | 'relyingParty' | 'relyingParties' | 'env' | 'sessionLifetimeS' | keyof MosipSettings

const DEFAULTS: Omit<Pick<MosipIdaSettings, Optional>, 'sessionKeyFile'> = {
  tokenClient: 'mosip-ida-client',
  tokenApp: 'ida',
  relyingParty: 'esignet',
  relyingParties: {},
  env: 'Staging',
  sessionLifetimeS: SESSION_LIFETIME_S,
  factors: ['otp'],
  idTypes: MOSIP_IDS,
  claims: MOSIP_CLAIMS,
  languages: ['en'],
  otpValidForS: OTP_VALID_FOR_S,
}

const NEEDED = [
  'url',
  'tokenUrl',
  'certificateUrl',
  'licenceKeyFile',
  'partnerKeyFile',
  'partnerCertificateFile',
  'tokenSecretFile',
  'domainUri',
]

export const settingsSchema: { readonly [key: string]: Json } = {
  type: 'object',
  additionalProperties: false,
  required: NEEDED,
  properties: {
    url: urlSetting('Where IDA answers, with its context: https://ida.example/idauthentication/v1.'),
    otpUrl: urlSetting('The same for its service of one-time codes, where that is another.'),
    internalUrl: urlSetting('The same for its internal service, which publishes the keys that sign facts, where that is another.'),
    tokenUrl: urlSetting('Where authmanager gives tokens: https://authmanager.example/v1/authmanager/authenticate/clientidsecretkey.'),
    certificateUrl: urlSetting('Where the certificate (PEM) lies for which proofs are encrypted: ida-partner.cer.'),
    licenceKeyFile: fileSetting('File with the licence key of the MISP, that is, of this broker.'),
    partnerKeyFile: fileSetting('PEM file of the private key (RSA) with which this broker signs what it asks.'),
    partnerCertificateFile: fileSetting('PEM file of its certificate, as partner management gave it out.'),
    tokenClient: { ...word, default: DEFAULTS.tokenClient, description: 'As which client this broker gets tokens of authmanager.' },
    tokenSecretFile: fileSetting('File with the secret of that client.'),
    tokenApp: { ...word, default: DEFAULTS.tokenApp, description: 'The application that authmanager knows it by.' },
    relyingParty: { ...segment, default: DEFAULTS.relyingParty, description: 'The partner for whose clients this broker asks.' },
    relyingParties: {
      type: 'object',
      maxProperties: 1000,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          relyingParty: segment,
          client: segment,
          keepsSubjects: { type: 'boolean', default: false },
        },
      },
      default: {},
      description:
        'By client: its partner in IDA where that is another, its client id there, and whether it came from eSignet with its users: ' +
        'then it keeps the `sub` that it knows.',
    },
    domainUri: { ...word, description: 'What this broker is called in requests, and by readers in what they sign: sbi.domainUri.' },
    env: { ...word, default: DEFAULTS.env, description: 'Which environment requests and readers name: sbi.env.' },
    sessionLifetimeS: {
      type: 'integer',
      minimum: 10,
      maximum: 3600,
      default: SESSION_LIFETIME_S,
      description: 'How long facts can be fetched after a proof, seconds: a little less than is set there.',
    },
    factors: factorsSetting(['otp', 'pin', 'password', 'biometrics'], DEFAULTS.factors),
    idTypes: idTypesSetting(DEFAULTS.idTypes),
    claims: claimsSetting(DEFAULTS.claims),
    languages: languagesSetting,
    otpValidForS: validitySetting(OTP_VALID_FOR_S),
    ...connectionSettings,
  },
}

/** Settings that were checked against the schema; what is left out takes its default. */
export const readSettings = (given: { readonly [key: string]: Json }): MosipIdaSettings =>
  // The schema above is this type, word for word.
  ({ ...DEFAULTS, ...given }) as MosipIdaSettings
