/**
 * A mock-identity-system 0.13 over its REST API: the one of eSignet's own demonstrations, or `ops/demo/mock-identity-system` beside it.
 * It asks nobody who calls it, so it belongs into a network of its own.
 */
import { below, endpoint, type HttpClient } from '../../http-client.ts'
import { readCertificates, signaturesBy, type Signatures } from '../certificates.ts'
import { factsOf } from '../facts.ts'
import { mosipOffer } from '../identifiers.ts'
import { threeLetters } from '../languages.ts'
import { onceOf, type Once } from '../once.ts'
import type { Channel, FactorOffer, IdSystem, Json, PluginAnswer, PluginDescription, PluginTools } from '../plugin.ts'
import type { ReleaseAnswer, ReleaseRequest, SendAnswer, SendRequest, VerifyAnswer, VerifyRequest } from '../plugin.ts'
import { sharedKeyOf } from '../plugin-key.ts'
import { sessionsOf, type Sessions } from '../sessions.ts'
import { answering, connect, DENIED, failed, fits, HEALTH_MS, leftMs, listOf, membersOf } from '../wire.ts'
import { readerTransaction, shortTransaction, textOf, WRONG, type Members } from '../wire.ts'
import { ask, requestTime } from './asking.ts'
import { readSettings, type MockWireSettings } from './settings.ts'

export { settingsSchema } from './settings.ts'

const ID = 'mock-wire'

/** Its tokens live 180 s by its clock, which may be a little ahead of ours. */
const SESSION_LIFETIME_S = 170

const NO_SETTINGS = { url: '' }

const offersOf = ({ factors, otpValidForS }: MockWireSettings): readonly FactorOffer[] =>
  factors.flatMap((factor) => mosipOffer(factor, otpValidForS) ?? [])

export const describe = (given: { readonly [key: string]: Json } = NO_SETTINGS): PluginDescription => {
  const settings = readSettings(given)
  const { idTypes, claims } = settings
  return {
    id: ID,
    version: '1.0.0',
    api: 1,
    factors: offersOf(settings),
    channels: settings.factors.includes('otp') ? ['sms', 'email'] : [],
    idTypes,
    claims,
    sessionSingleUse: true,
    sessionLifetimeS: SESSION_LIFETIME_S,
  }
}

/** What the facts of a person are fetched with. */
type Facts = { readonly id: string; readonly transaction: string; readonly token: string; readonly subject: string; readonly party: string }

type Wire = {
  readonly settings: MockWireSettings
  readonly description: PluginDescription
  readonly tools: PluginTools
  readonly base: URL
  readonly client: HttpClient
  readonly sessions: Sessions<Facts>
  readonly once: Once
  readonly signatures: Signatures
}

const partyOf = ({ relyingParties, relyingParty }: MockWireSettings, client: string): string =>
  (Object.hasOwn(relyingParties, client) ? relyingParties[client] : undefined) ?? relyingParty

/** The member of a question that carries a proof; undefined where the proof has a form that can never be right. */
const challengeOf = ({ factor, proof }: VerifyRequest): Members | undefined => {
  switch (factor) {
    case 'otp':
      return { otp: proof }
    case 'pin':
      return { pin: proof }
    case 'password':
      return { password: proof }
    case 'knowledge':
      return membersOf(proof) && { kbi: Buffer.from(proof).toString('base64url') }
    case 'biometrics':
      return listOf(proof) && { biometrics: Buffer.from(proof).toString('base64url') }
    case 'wallet':
      return undefined
  }
}

/** A reader signs a transaction of its own making, which the question must name. */
const transactionOf = ({ factor, proof, transaction }: VerifyRequest): string =>
  (factor === 'biometrics' ? readerTransaction(listOf(proof) ?? []) : undefined) ?? shortTransaction(transaction)

const verify = async (wire: Wire, request: VerifyRequest): Promise<PluginAnswer<VerifyAnswer>> => {
  const { settings, description, tools, client, base, sessions } = wire
  if (!description.factors.some(({ factor }) => factor === request.factor)) return failed('unsupported')
  if (!fits(description, request.id)) return failed('invalid_input')
  const challenge = challengeOf(request)
  if (challenge === undefined) return failed('invalid_input')
  const transaction = transactionOf(request)
  const party = partyOf(settings, request.client)
  const body = { transactionId: transaction, individualId: request.id.value, ...challenge }
  const asked = await ask(client, base, ['v2', 'kyc-auth', party, request.client], body, leftMs(request, tools.clock))
  if (!asked.ok) return asked
  const { authStatus, kycToken, partnerSpecificUserToken } = asked.response
  if (authStatus === false) return WRONG
  const [token, subject] = [textOf(kycToken), textOf(partnerSpecificUserToken)]
  if (authStatus !== true || token === undefined || subject === undefined) return failed('unavailable', 'answer_unfit')
  const until = new Date(Date.parse(tools.clock.now()) + SESSION_LIFETIME_S * 1000).toISOString()
  const session = sessions.seal({ id: request.id.value, transaction, token, subject, party }, request, until)
  const pairwise = Object.hasOwn(settings.relyingParties, request.client) ? { pairwiseSubject: subject } : {}
  return { ok: true, value: { subjectKey: subject, ...pairwise, session, sessionExpiresAt: until, factorsProven: [request.factor] } }
}

const CHANNELS: readonly (readonly [channel: Channel, theirs: string, masked: string])[] = [
  ['sms', 'phone', 'maskedMobile'],
  ['email', 'email', 'maskedEmail'],
]

const send = async (wire: Wire, request: SendRequest): Promise<PluginAnswer<SendAnswer>> => {
  const { settings, description, tools, client, base } = wire
  if (!fits(description, request.id)) return failed('invalid_input')
  const wished = CHANNELS.filter(([channel]) => request.channels.length === 0 || request.channels.includes(channel))
  const transaction = shortTransaction(request.transaction)
  const body = { transactionId: transaction, individualId: request.id.value, otpChannels: wished.map(([, theirs]) => theirs) }
  const path = ['send-otp', partyOf(settings, request.client), request.client]
  const asked = await ask(client, base, path, body, leftMs(request, tools.clock))
  if (!asked.ok) return asked
  // The code would be of another login.
  if (asked.response['transactionId'] !== transaction) return failed('unavailable', 'wrong_transaction')
  const reached = wished.filter(([, , masked]) => textOf(asked.response[masked]) !== undefined).map(([channel]) => channel)
  return reached.length === 0 ? DENIED : { ok: true, value: { channels: reached, validForS: settings.otpValidForS } }
}

const release = async (wire: Wire, request: ReleaseRequest): Promise<PluginAnswer<ReleaseAnswer>> => {
  const { settings, tools, client, base, sessions, signatures } = wire
  const facts = sessions.open(request.session, request)
  if (facts === undefined) return failed('session_expired')
  const body = {
    requestDateTime: requestTime(tools.clock),
    transactionId: facts.transaction,
    kycToken: facts.token,
    individualId: facts.id,
    acceptedClaims: request.claims,
    claimLocales: settings.languages.map(threeLetters),
    // The service reads `respType`; its successors may read the other.
    respType: 'JWS',
    responseType: 'JWS',
  }
  const asked = await ask(client, base, ['v3', 'kyc-exchange', facts.party, request.client], body, leftMs(request, tools.clock))
  if (!asked.ok) return asked
  const told = await signatures.open(textOf(asked.response['kyc']) ?? '')
  if (told === 'unknown') return failed('unavailable', 'keys_unknown')
  if (told === 'wrong') return failed('misconfigured', 'signature_wrong')
  // What was signed for somebody else, or about somebody else, is not this answer.
  if (told['sub'] !== facts.subject || told['aud'] !== request.client) return failed('misconfigured', 'facts_of_another')
  return { ok: true, value: { claims: factsOf(told, request.claims, settings.languages) } }
}

const fetchKeys = async (client: HttpClient, base: URL) => {
  const url = below(base, 'keys.json')
  const answer = await client.call({ method: 'GET', url, headers: { accept: 'application/json' }, waitMs: HEALTH_MS, repeatable: true })
  return answer.ok && answer.status === 200 ? readCertificates(membersOf(answer.body)) : undefined
}

export const open = async (given: { readonly [key: string]: Json }, tools: PluginTools): Promise<IdSystem> => {
  const settings = readSettings(given)
  const base = endpoint(settings.url, 'url', { loopbackHttp: settings.allowLoopbackHttp === true })
  const key = sharedKeyOf(settings.sessionKeyFile, tools.dataDirectory, tools.chance)
  const client = connect(settings)
  const once = onceOf(key, tools)
  const signatures = signaturesBy(tools.clock, () => fetchKeys(client, base))
  const wire: Wire = { settings, description: describe(given), tools, base, client, sessions: sessionsOf(key, tools), once, signatures }
  return {
    verify: answering(tools, ID, (request) => once.act('verify', request.idempotencyKey, 'disk', () => verify(wire, request))),
    release: answering(tools, ID, (request) => once.act('release', request.idempotencyKey, 'memory', () => release(wire, request))),
    ...(settings.factors.includes('otp') && {
      send: answering(tools, ID, (request: SendRequest) => once.act('send', request.idempotencyKey, 'begun', () => send(wire, request))),
    }),
    health: async () =>
      (await fetchKeys(client, base)) === undefined ? { status: 'down', detail: 'its keys cannot be had' } : { status: 'up' },
    close: async () => {
      client.close()
      once.close()
    },
  }
}
