import type {
  IdSystemPlugin,
  IndividualId,
  PluginAnswer,
  PluginDescription,
  ReleaseAnswer,
  SendAnswer,
  VerifyAnswer,
} from '../../adapters/id-system/plugin.ts'

/**
 * An ID system that costs next to nothing, so that the broker is measured and not what stands behind it. It knows everybody: a
 * person's one-time code is the end of their identifier.
 */
const OTP_CHARS = 6
const OTP_VALID_FOR_S = 180
const SESSION_LIFETIME_S = 600

export const otpOf = (uin: string): string => uin.slice(-OTP_CHARS)

export const describe = (): PluginDescription => ({
  id: 'bench',
  version: '1.0.0',
  api: 1,
  factors: [{ factor: 'otp', format: { kind: 'digits', lengthMin: OTP_CHARS, lengthMax: OTP_CHARS }, validForS: OTP_VALID_FOR_S }],
  channels: ['sms'],
  idTypes: [{ type: 'uin', pattern: '^[1-9][0-9]{9}$', lengthMax: 10 }],
  claims: ['name', 'birthdate', 'gender', 'email', 'phone_number', 'address'],
  sessionSingleUse: false,
  sessionLifetimeS: SESSION_LIFETIME_S,
})

export const settingsSchema = { type: 'object', additionalProperties: false, properties: {} }

/** About 700 bytes, as the reference's claims. */
export const claimsOf = (uin: string): ReleaseAnswer['claims'] => ({
  name: { languages: { en: `Maya Rahimi ${uin}`, fr: `Maya Rahimi ${uin}`, ar: `مايا رحيمي ${uin}`, hi: `माया रहीमी ${uin}` } },
  birthdate: '1988-04-17',
  gender: 'female',
  email: `maya.rahimi.${uin}@mail.almaria.example`,
  phone_number: `+999${uin}`,
  address: {
    formatted: '17 Harbour Street\nPort Almar 10407\nAlmaria',
    street_address: '17 Harbour Street',
    locality: 'Port Almar',
    region: 'Coast',
    postal_code: '10407',
    country: 'Almaria',
  },
})

const recordOf = ({ value }: IndividualId): string => `bench-record-${value}`

const denied = { ok: false, error: 'challenge_failed' } as const

export const open: IdSystemPlugin['open'] = async (_settings, { clock }) => ({
  send: async (): Promise<PluginAnswer<SendAnswer>> => ({ ok: true, value: { channels: ['sms'], validForS: OTP_VALID_FOR_S } }),
  verify: async ({ id, factor, proof }): Promise<PluginAnswer<VerifyAnswer>> => {
    if (proof !== otpOf(id.value)) return denied
    const until = new Date(Date.parse(clock.now()) + SESSION_LIFETIME_S * 1000).toISOString()
    return { ok: true, value: { subjectKey: recordOf(id), session: id.value, sessionExpiresAt: until, factorsProven: [factor] } }
  },
  release: async ({ session, claims }): Promise<PluginAnswer<ReleaseAnswer>> => {
    const wanted = Object.entries(claimsOf(session)).filter(([claim]) => claims.includes(claim))
    return { ok: true, value: { claims: Object.fromEntries(wanted) } }
  },
  resolve: async ({ id }) => ({ ok: true, value: { subjectKey: recordOf(id) } }),
  health: async () => ({ status: 'up' }),
  close: async () => undefined,
})
