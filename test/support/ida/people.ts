import { createHash } from 'node:crypto'

/** What IDA knows of a person: text by three-letter language. */
export type IdaPerson = {
  readonly uin: string
  readonly vid?: string
  readonly pin: string
  readonly password: string
  readonly email?: string
  readonly phone?: string
  readonly name: Readonly<Record<string, string>>
  readonly gender: Readonly<Record<string, string>>
  readonly birthdate: string
  readonly address: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly picture: string
  /** What the face at a simulated reader is made of. */
  readonly seed?: string
  /** The code with which IDA refuses every question about this person. */
  readonly refusedWith?: string
}

const picture = `data:image/jpeg;base64,${Buffer.from('a face of almaria '.repeat(8)).toString('base64')}`

const person = (uin: string, name: string, more: Partial<IdaPerson> = {}): IdaPerson => ({
  uin,
  pin: '545411',
  password: 'Harbour-Lamp-71',
  email: `${name.split(' ')[0]!.toLowerCase()}@mail.almaria.example`,
  phone: '+999205550171',
  name: { eng: name, fra: `${name} (fr)` },
  gender: { eng: 'Female', fra: 'Féminin' },
  birthdate: '1987/11/25',
  address: {
    street_address: { eng: '12 Harbour Road', fra: '12 rue du Port' },
    locality: { eng: 'Port Selen', fra: 'Port-Sélène' },
    postal_code: { eng: '10042' },
  },
  picture,
  ...more,
})

export const MAYA = person('8267411571', 'Maya Rahimi', { vid: '9120384756610423', seed: 'a face of her own' })
export const LEO = person('1774231323', 'Leo Martin', { pin: '111111', password: 'Orchard-Gate-23', phone: '+999205550123' })
export const NADIA = person('5983620147', 'Nadia Karam', { pin: '552310', password: 'Winter-Bridge-47', refusedWith: 'IDA-MLC-022' })
export const SILENT = person('6148230579', 'Omar Benali', { refusedWith: 'IDA-MLC-014' })

export const PEOPLE: readonly IdaPerson[] = [MAYA, LEO, NADIA, SILENT]

const twice = (text: string): string => createHash('sha256').update(createHash('sha256').update(text).digest()).digest('hex').toUpperCase()

/** The token by which one partner knows a person, and no other partner does: 36 digits. */
export const partnerToken = (uin: string, partner: string): string => {
  const hash = twice(`partner-salt${partner}${twice(`${uin}uin-salt`)}`)
  return BigInt(`0x${Buffer.from(hash).toString('hex')}`)
    .toString()
    .slice(0, 36)
}

/** What each code of IDA says, as far as this stand-in says it. */
export const MESSAGES: Readonly<Record<string, string>> = {
  'IDA-OTA-001': 'Innumerous OTP requests received',
  'IDA-OTA-003': 'OTP has expired',
  'IDA-OTA-004': 'OTP is invalid',
  'IDA-OTA-005': 'Input transactionID does not match transactionID of OTP Request',
  'IDA-OTA-006': 'UIN is locked for OTP generation. Please try again later',
  'IDA-OTA-007': 'UIN is locked for OTP validation due to exceeding no of invalid OTP trials',
  'IDA-OTA-008': 'OTP Notification Channel not provided',
  'IDA-MLC-001': 'Request to be received at MOSIP within 180 seconds',
  'IDA-MLC-012': "Individual's Consent is not available",
  'IDA-MLC-014': 'Email, Phone not registered. Individual has to register and try again',
  'IDA-MLC-016': 'Transaction ID parameters in the request does not match',
  'IDA-MLC-018': 'UIN not available in database',
  'IDA-MLC-022': 'UIN is deactivated/blocked',
  'IDA-MLC-024': 'domainUri of request is not matching with domainUri of biometrics',
  'IDA-BIA-001': 'Biometric data did not match',
  'IDA-SPA-001': 'Pin value did not match',
  'IDA-PSD-001': 'Password value did not match',
  'IDA-KYE-001': 'KYC Token not found in Store.',
  'IDA-KYE-002': 'KYC Token Expired.',
  'IDA-KYE-003': 'KYC Token already processed.',
  'IDA-KYE-004': 'KYC Token does not belong to the input oidc client id.',
  'IDA-KYE-005': 'KYC Auth and KYC Exchange transaction ids are different.',
  'IDA-KYE-007': 'KYC Token does not belong to the input UIN/VID.',
  'IDA-MPA-001': 'Digital signature verification failed for header',
  'IDA-MPA-003': 'Unable to decrypt Request',
  'IDA-MPA-007': 'License key does not belong to a registered MISP',
  'IDA-MPA-009': 'Partner is not registered',
  'IDA-MPA-016': 'HMAC Validation failed',
  'IDA-MPA-021': 'Partner (Auth) Certificate not matching with signature header certificate.',
  'IDA-MPA-022': 'Partner (Auth) Certificate not found in Request signature header.',
  'IDA-MPA-028': 'OIDC Client is not registered',
  'IDA-MPA-029': 'Authentication usage not allowed as per client AMR configuration',
}
