/** What the plugins of MOSIP's systems share: a proof becomes a token, and the token facts that the system signed. */
import { signaturesBy, type PublishedKeys, type Signatures } from './certificates.ts'
import { factsOf } from './facts.ts'
import { mosipOffer } from './identifiers.ts'
import { threeLetters } from './languages.ts'
import { onceOf } from './once.ts'
import type { Channel, Factor, FactorOffer, IdSystem, PluginAnswer, PluginDescription, PluginTools } from './plugin.ts'
import type { ReleaseAnswer, ReleaseRequest, SendAnswer, SendRequest, VerifyAnswer, VerifyRequest } from './plugin.ts'
import { sharedKeyOf } from './plugin-key.ts'
import { formOf, KNOWLEDGE_FORMAT, type AskedField } from './asked-fields.ts'
import { sessionsOf, type Sessions } from './sessions.ts'
import { answering, DENIED, failed, fits, isMembers, leftMs, listOf, readerTransaction, shortTransaction, textOf } from './wire.ts'
import { WRONG, type ConnectionSettings, type Failed, type Members } from './wire.ts'

/** Settings of every plugin of this family. */
export type MosipSettings = Pick<ConnectionSettings, 'sessionKeyFile'> & {
  readonly factors: readonly Factor[]
  /** What `knowledge` asks. */
  readonly questions?: readonly AskedField[]
  readonly idTypes: PluginDescription['idTypes']
  readonly claims: readonly string[]
  readonly languages: readonly string[]
  readonly otpValidForS: number
}

/** As whom the system is asked for one of the broker's clients. */
export type Party = {
  readonly relyingParty: string
  readonly client: string
  /** The client came from eSignet with its users: it keeps the subjects that it knows. */
  readonly keepsSubjects: boolean
}

export type Asked = { readonly ok: true; readonly response: Members } | Failed

/** One question about one person. */
export type Question = { readonly party: Party; readonly id: string; readonly transaction: string; readonly waitMs: number }

export type Authenticated = { readonly ok: true; readonly isRight: boolean; readonly token?: string; readonly subject?: string }

/** What the systems differ in. None throws. */
export type MosipCalls = {
  /** The members of a question that carry a proof; undefined where the proof has a form that can never be right. */
  readonly challengeOf: (request: Pick<VerifyRequest, 'factor' | 'proof'>) => Members | undefined
  readonly authenticate: (question: Question, challenge: Members) => Promise<Authenticated | Failed>
  /** The answer holds `maskedMobile` and `maskedEmail`, as far as a code went there. */
  readonly sendCode: (question: Question, channels: readonly string[]) => Promise<Asked>
  /** What the system signed about the person. */
  readonly exchange: (
    question: Question,
    wish: { readonly token: string; readonly claims: readonly string[]; readonly locales: readonly string[] },
  ) => Promise<{ readonly ok: true; readonly jws: string } | Failed>
  readonly keys: () => Promise<PublishedKeys | undefined>
  readonly health: IdSystem['health']
  readonly close: () => void
}

export type MosipSystem = {
  readonly description: PluginDescription
  readonly settings: MosipSettings
  readonly partyOf: (client: string) => Party
  /** What it signs always names the client; otherwise only where it names somebody. */
  readonly namesAudience: boolean
}

const offerOf = (factor: Factor, { questions, otpValidForS }: MosipSettings): FactorOffer | undefined =>
  factor === 'knowledge' ? questions && { factor, format: KNOWLEDGE_FORMAT, form: formOf(questions) } : mosipOffer(factor, otpValidForS)

/** What is described of such a system. */
export const describeMosip = (id: string, settings: MosipSettings, sessionLifetimeS: number): PluginDescription => {
  const { factors, idTypes, claims } = settings
  return {
    id,
    version: '1.0.0',
    api: 1,
    factors: factors.flatMap((factor) => offerOf(factor, settings) ?? []),
    channels: factors.includes('otp') ? ['sms', 'email'] : [],
    idTypes,
    claims,
    sessionSingleUse: true,
    sessionLifetimeS,
  }
}

/** What stands in an envelope: a response, or what its first error means. Errors that mean nothing here say that it could not answer. */
export const openEnvelope = (body: Members | undefined, meaning: (code: string, message: string) => Failed | undefined): Asked => {
  if (body === undefined) return failed('unavailable', 'answer_unfit')
  const { errors, response } = body
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  const code = isMembers(first) ? textOf(first['errorCode']) : undefined
  if (code !== undefined && isMembers(first)) return meaning(code, textOf(first['errorMessage']) ?? '') ?? failed('unavailable', code)
  return isMembers(response) ? { ok: true, response } : failed('unavailable', 'answer_unfit')
}

/** What the facts of a person are fetched with. */
type Facts = { readonly id: string; readonly transaction: string; readonly token: string; readonly subject: string; readonly party: Party }

type Wire = MosipSystem & {
  readonly calls: MosipCalls
  readonly tools: PluginTools
  readonly sessions: Sessions<Facts>
  readonly signatures: Signatures
}

/** A reader signs a transaction of its own making, which the question must name. */
const transactionOf = ({ factor, proof, transaction }: VerifyRequest): string =>
  (factor === 'biometrics' ? readerTransaction(listOf(proof) ?? []) : undefined) ?? shortTransaction(transaction)

const verify = async (wire: Wire, request: VerifyRequest): Promise<PluginAnswer<VerifyAnswer>> => {
  const { calls, description, tools, sessions, partyOf } = wire
  if (!description.factors.some(({ factor }) => factor === request.factor)) return failed('unsupported')
  if (!fits(description, request.id)) return failed('invalid_input')
  const challenge = calls.challengeOf(request)
  if (challenge === undefined) return failed('invalid_input')
  const party = partyOf(request.client)
  const question = { party, id: request.id.value, transaction: transactionOf(request), waitMs: leftMs(request, tools.clock) }
  const answer = await calls.authenticate(question, challenge)
  if (!answer.ok) return answer
  if (!answer.isRight) return WRONG
  const { token, subject } = answer
  if (token === undefined || subject === undefined) return failed('unavailable', 'answer_unfit')
  const until = new Date(Date.parse(tools.clock.now()) + description.sessionLifetimeS * 1000).toISOString()
  const session = sessions.seal({ id: question.id, transaction: question.transaction, token, subject, party }, request, until)
  const pairwise = party.keepsSubjects ? { pairwiseSubject: subject } : {}
  return { ok: true, value: { subjectKey: subject, ...pairwise, session, sessionExpiresAt: until, factorsProven: [request.factor] } }
}

const CHANNELS: readonly (readonly [channel: Channel, theirs: string, masked: string])[] = [
  ['sms', 'phone', 'maskedMobile'],
  ['email', 'email', 'maskedEmail'],
]

const send = async (wire: Wire, request: SendRequest): Promise<PluginAnswer<SendAnswer>> => {
  const { settings, description, tools, calls, partyOf } = wire
  if (!fits(description, request.id)) return failed('invalid_input')
  const wished = CHANNELS.filter(([channel]) => request.channels.length === 0 || request.channels.includes(channel))
  const question = {
    party: partyOf(request.client),
    id: request.id.value,
    transaction: shortTransaction(request.transaction),
    waitMs: leftMs(request, tools.clock),
  }
  const asked = await calls.sendCode(
    question,
    wished.map(([, theirs]) => theirs),
  )
  if (!asked.ok) return asked
  const reached = wished.filter(([, , masked]) => textOf(asked.response[masked]) !== undefined).map(([channel]) => channel)
  return reached.length === 0 ? DENIED : { ok: true, value: { channels: reached, validForS: settings.otpValidForS } }
}

/** What was signed for somebody else, or about somebody else, is not this answer. */
const isAbout = (told: Members, { subject, party }: Facts, namesAudience: boolean): boolean =>
  told['sub'] === subject && (told['aud'] === party.client || (!namesAudience && told['aud'] === undefined))

const release = async (wire: Wire, request: ReleaseRequest): Promise<PluginAnswer<ReleaseAnswer>> => {
  const { settings, tools, calls, sessions, signatures, namesAudience } = wire
  const facts = sessions.open(request.session, request)
  if (facts === undefined) return failed('session_expired')
  const { id, transaction, token, party } = facts
  const wish = { token, claims: request.claims, locales: settings.languages.map(threeLetters) }
  const exchanged = await calls.exchange({ party, id, transaction, waitMs: leftMs(request, tools.clock) }, wish)
  if (!exchanged.ok) return exchanged
  const told = await signatures.open(exchanged.jws)
  if (told === 'unknown') return failed('unavailable', 'keys_unknown')
  if (told === 'wrong') return failed('misconfigured', 'signature_wrong')
  if (!isAbout(told, facts, namesAudience)) return failed('misconfigured', 'facts_of_another')
  return { ok: true, value: { claims: factsOf(told, request.claims, settings.languages) } }
}

/** The plugin of such a system, over its calls. */
export const mosipSystem = (system: MosipSystem, calls: MosipCalls, tools: PluginTools): IdSystem => {
  const { id } = system.description
  const key = sharedKeyOf(system.settings.sessionKeyFile, tools.dataDirectory, tools.chance)
  const once = onceOf(key, tools)
  const wire: Wire = { ...system, calls, tools, sessions: sessionsOf(key, tools), signatures: signaturesBy(tools.clock, calls.keys) }
  return {
    verify: answering(tools, id, (request) => once.act('verify', request.idempotencyKey, 'disk', () => verify(wire, request))),
    release: answering(tools, id, (request) => once.act('release', request.idempotencyKey, 'memory', () => release(wire, request))),
    ...(system.settings.factors.includes('otp') && {
      send: answering(tools, id, (request: SendRequest) => once.act('send', request.idempotencyKey, 'begun', () => send(wire, request))),
    }),
    health: calls.health,
    close: async () => {
      calls.close()
      once.close()
    },
  }
}
