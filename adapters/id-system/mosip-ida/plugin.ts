/**
 * MOSIP's ID Authentication (IDA) 1.2 as eSignet asks it: what a person hands in is encrypted for IDA, and every question is signed by
 * this broker as one of IDA's partners. What is on the wire is eSignet's; what comes of it is ours (rule 43).
 */
import type { X509Certificate } from 'node:crypto'
import { below, endpoint, type HttpClient } from '../../http-client.ts'
import { describeMosip, mosipSystem, type Asked, type MosipCalls, type Party, type Question } from '../mosip.ts'
import type { IdSystem, Json, PluginDescription, PluginTools, VerifyRequest } from '../plugin.ts'
import { secretOf } from '../plugin-key.ts'
import { connect, failed, HEALTH_MS, isMembers, listOf, textOf, type Members } from '../wire.ts'
import { addresses, ask, type Signed } from './asking.ts'
import { isAboutTheKey } from './errors.ts'
import { recipientAt, signingKeysAt } from './published.ts'
import { IV_BYTES, sealRequest, SESSION_KEY_BYTES } from './sealing.ts'
import { readSettings, type MosipIdaSettings } from './settings.ts'
import { partnerOf, type Partner } from './signing.ts'

export { settingsSchema } from './settings.ts'

const VERSION = '1.0'
const NO_SETTINGS = {}

const NO_CERTIFICATE = {
  unknown: failed('unavailable', 'certificate_unknown'),
  wrong: failed('misconfigured', 'invalid_partner_cert'),
} as const

/** The operator is told this long before the broker's certificate ends. */
const CERTIFICATE_WARNING_MS = 30 * 86_400_000

export const describe = (given: { readonly [key: string]: Json } = NO_SETTINGS): PluginDescription => {
  const settings = readSettings(given)
  return describeMosip('mosip-ida', settings, settings.sessionLifetimeS)
}

const SEGMENT_MEMBERS = ['data', 'hash', 'sessionKey', 'specVersion', 'thumbprint'] as const

/** What a reader took, in IDA's members and no others; still signed by the reader and encrypted for IDA. */
const segmentsIn = (proof: string): readonly Members[] | undefined => {
  const segments = (listOf(proof) ?? []).map((entry) =>
    Object.fromEntries(SEGMENT_MEMBERS.map((name) => [name, isMembers(entry) ? textOf(entry[name]) : undefined])),
  )
  return segments.length > 0 && segments.every((segment) => textOf(segment['data']) !== undefined) ? segments : undefined
}

const challengeOf = ({ factor, proof }: Pick<VerifyRequest, 'factor' | 'proof'>): Members | undefined => {
  switch (factor) {
    case 'otp':
      return { otp: proof }
    case 'pin':
      return { staticPin: proof }
    case 'password':
      return { password: proof }
    case 'biometrics': {
      const biometrics = segmentsIn(proof)
      return biometrics && { biometrics }
    }
    case 'knowledge':
    case 'wallet':
      return undefined
  }
}

const partyIn =
  ({ relyingParty, relyingParties }: MosipIdaSettings) =>
  (client: string): Party => ({
    ...{ relyingParty, client, keepsSubjects: false },
    ...(Object.hasOwn(relyingParties, client) ? relyingParties[client] : {}),
  })

/** The certificate with which this broker signs ends some day; nothing goes on then. */
const healthOf = (clock: PluginTools['clock'], partner: Partner, isThere: boolean): Awaited<ReturnType<IdSystem['health']>> => {
  if (!isThere) return { status: 'down', detail: 'its keys cannot be had' }
  const leftMs = Date.parse(partner.until) - Date.parse(clock.now())
  if (leftMs <= 0) return { status: 'down', detail: 'the certificate in partnerCertificateFile is over' }
  return leftMs > CERTIFICATE_WARNING_MS
    ? { status: 'up' }
    : { status: 'degraded', detail: `the certificate in partnerCertificateFile ends at ${partner.until}` }
}

const officeOf = (settings: MosipIdaSettings, options: { readonly loopbackHttp: boolean }) => ({
  url: endpoint(settings.tokenUrl, 'tokenUrl', options),
  clientId: settings.tokenClient,
  secretKey: secretOf(settings.tokenSecretFile, 'tokenSecretFile'),
  appId: settings.tokenApp,
})

const callsOf = (settings: MosipIdaSettings, { clock, chance }: PluginTools, client: HttpClient): MosipCalls => {
  const options = { loopbackHttp: settings.allowLoopbackHttp === true }
  const url = endpoint(settings.url, 'url', options)
  const otpUrl = endpoint(settings.otpUrl ?? settings.url, 'otpUrl', options)
  const internalUrl = endpoint(settings.internalUrl ?? settings.url, 'internalUrl', options)
  const partner = partnerOf(settings.partnerKeyFile, settings.partnerCertificateFile)
  const at = addresses(url, otpUrl, secretOf(settings.licenceKeyFile, 'licenceKeyFile'))
  const recipient = recipientAt(client, endpoint(settings.certificateUrl, 'certificateUrl', options), clock)
  const keys = signingKeysAt(client, internalUrl, officeOf(settings, options), clock)

  const signed = (base: URL, { party, id, transaction, waitMs }: Question, kind: string, more: Members): Signed => ({
    ...{ client, partner, waitMs, url: below(base, party.relyingParty, party.client) },
    body: { id: kind, version: VERSION, individualId: id, transactionID: transaction, requestTime: clock.now(), ...more },
  })
  const asking = (base: URL, question: Question, kind: string, more: Members): Promise<Asked> =>
    ask({ ...signed(base, question, kind, more), transaction: question.transaction })

  const proving = (question: Question, challenge: Members, certificate: X509Certificate): Promise<Asked> => {
    const randomness = { key: chance.bytes(SESSION_KEY_BYTES), requestIv: chance.bytes(IV_BYTES), hashIv: chance.bytes(IV_BYTES) }
    const sealed = sealRequest(JSON.stringify({ ...challenge, timestamp: clock.now() }), randomness, certificate)
    const { domainUri, env } = settings
    return asking(at.authenticate, question, 'mosip.identity.kycauth', { domainUri, env, consentObtained: true, ...sealed })
  }
  /** A proof that IDA could not open is not used up: it is sealed once more where another key is published by now. */
  const authenticated = async (question: Question, challenge: Members): Promise<Asked> => {
    const certificate = await recipient.current(question.waitMs)
    if (typeof certificate === 'string') return NO_CERTIFICATE[certificate]
    const asked = await proving(question, challenge, certificate)
    if (asked.ok || !isAboutTheKey(asked.code)) return asked
    recipient.forget(certificate)
    const other = await recipient.current(question.waitMs)
    return typeof other === 'string' || other.fingerprint256 === certificate.fingerprint256 ? asked : proving(question, challenge, other)
  }

  return {
    challengeOf,
    authenticate: async (question, challenge) => {
      const asked = await authenticated(question, challenge)
      if (!asked.ok) return asked
      const { kycStatus, kycToken, authToken } = asked.response
      const [token, subject] = [textOf(kycToken), textOf(authToken)]
      return { ok: true, isRight: kycStatus !== false, ...(kycStatus === true && token && subject && { token, subject }) }
    },
    sendCode: (question, otpChannel) => asking(at.code, question, 'mosip.identity.otp', { otpChannel }),
    exchange: async (question, { token, claims, locales }) => {
      const consentObtained = claims.length === 0 ? ['sub'] : claims
      const more = { kycToken: token, consentObtained, locales, respType: 'JWS' }
      const asked = await ask(signed(at.exchange, question, 'mosip.identity.kycexchange', more))
      return asked.ok ? { ok: true, jws: textOf(asked.response['encryptedKyc']) ?? '' } : asked
    },
    keys,
    health: async () => {
      const [certificate, published] = await Promise.all([recipient.current(HEALTH_MS), keys()])
      return healthOf(clock, partner, typeof certificate !== 'string' && published !== undefined)
    },
    close: client.close,
  }
}

export const open = async (given: { readonly [key: string]: Json }, tools: PluginTools): Promise<IdSystem> => {
  const settings = readSettings(given)
  const client = connect(settings)
  const system = { description: describe(given), settings, partyOf: partyIn(settings), namesAudience: false }
  return mosipSystem(system, callsOf(settings, tools, client), tools)
}
