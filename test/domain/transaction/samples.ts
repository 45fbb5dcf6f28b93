import { fold } from '../../../domain/decider.ts'
import { transaction } from '../../../domain/transaction/decide.ts'
import type { CommandOf, TransactionRules } from '../../../domain/transaction/rules.ts'
import type { Stage } from '../../../domain/transaction/state.ts'
import type { TransactionCommand, TransactionEvent } from '../../../schemas/generated.ts'
import { given } from '../../support/given-decider.ts'
import { at, configuration, CONSENT, digest, PERSON, policy } from '../samples.ts'

export const rules: TransactionRules = { policy, client: { configuration, active: true } }

type Type = TransactionCommand['type']

/** A login from start to end, one wish of each type, each with the instant at which it is made. */
const WISHES: { readonly [T in Type]: CommandOf<T> } = {
  StartAuthorization: {
    type: 'StartAuthorization',
    at: at(0),
    client: 'clinic',
    via: 'par',
    redirectUri: 'https://clinic.example/callback',
    responseMode: 'query',
    scopes: ['openid', 'profile'],
    claims: [
      { name: 'name', essential: true },
      { name: 'email', essential: false },
    ],
    acrs: ['mosip:idp:acr:generated-code', 'mosip:idp:acr:static-code'],
    acrEssential: false,
    factors: ['otp', 'pin'],
    prompt: [],
    codeChallenge: digest('challenge'),
    requestDigest: digest('request'),
    requestUriDigest: digest('request-uri'),
    plugin: { id: 'mock', version: '1.0.0' },
  },
  OpenAuthorization: {
    type: 'OpenAuthorization',
    at: at(1),
    client: 'clinic',
    browser: digest('browser'),
    requestUriDigest: digest('request-uri'),
  },
  ExtendTime: { type: 'ExtendTime', at: at(2) },
  RequestFactor: { type: 'RequestFactor', at: at(2), factor: 'otp', person: PERSON, idType: 'uin', path: 'unknown' },
  ReportSent: { type: 'ReportSent', at: at(3), send: 1, channels: ['sms'], validUntil: at(183) },
  ReportSendFailed: { type: 'ReportSendFailed', at: at(3), send: 1, reason: 'unavailable' },
  AttemptFactor: { type: 'AttemptFactor', at: at(10), factor: 'otp' },
  ConfirmFactor: { type: 'ConfirmFactor', at: at(11), attempt: 1, factorsProven: ['otp'], samePerson: true },
  RejectFactor: { type: 'RejectFactor', at: at(11), attempt: 1, reason: 'wrong' },
  RecordConsent: {
    type: 'RecordConsent',
    at: at(20),
    how: 'given',
    consent: CONSENT,
    revision: 4,
    claims: ['name', 'email'],
    scopes: ['openid', 'profile'],
  },
  DenyConsent: { type: 'DenyConsent', at: at(20) },
  IssueCode: { type: 'IssueCode', at: at(21), codeDigest: digest('code'), issue: 1, released: ['name'] },
  FailAuthorization: { type: 'FailAuthorization', at: at(21), reason: 'cancelled' },
  NoteClientClock: {
    type: 'NoteClientClock',
    at: at(22),
    client: 'clinic',
    codeDigest: digest('code'),
    seconds: 420,
  },
  OpenPage: { type: 'OpenPage', at: at(0), until: at(600) },
  ExchangeToken: {
    type: 'ExchangeToken',
    at: at(22),
    client: 'clinic',
    codeDigest: digest('code'),
    redirectUri: 'https://clinic.example/callback',
    challenge: digest('challenge'),
    accessTokenDigest: digest('token'),
    seen: 7,
  },
  ReleaseUserinfo: { type: 'ReleaseUserinfo', at: at(23), accessTokenDigest: digest('token'), claims: ['name'] },
  RevokeAccess: { type: 'RevokeAccess', at: at(24), consent: CONSENT },
  ExpireAuthorization: { type: 'ExpireAuthorization', at: at(25) },
}

export const TYPES = Object.keys(WISHES) as readonly Type[]

/** A wish of the sample login, with some members changed. */
export const wish = <T extends Type>(type: T, members: Partial<Omit<CommandOf<T>, 'type'>> = {}): CommandOf<T> => ({
  ...WISHES[type],
  ...members,
})

export const without = <T extends object, K extends keyof T>(value: T, ...members: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !members.includes(name as K))) as Omit<T, K>

/** What the wishes record, one after the other. A refusal that records nothing is a mistake of the test. */
export const walk = (...wishes: readonly TransactionCommand[]): readonly TransactionEvent[] => walkUnder(rules, ...wishes)

export const walkUnder = (under: TransactionRules, ...wishes: readonly TransactionCommand[]): readonly TransactionEvent[] =>
  wishes.reduce<readonly TransactionEvent[]>((events, next) => {
    const { refusal, events: more } = transaction.decide(next, fold(transaction, events), under)
    if (refusal !== undefined && more.length === 0) throw new Error(`${next.type} is refused: ${refusal}`)
    return [...events, ...more]
  }, [])

const STARTED = [wish('StartAuthorization')] as const
const OPENED = [...STARTED, wish('OpenAuthorization')] as const
const SENT = [...OPENED, wish('RequestFactor'), wish('ReportSent')] as const
const ATTEMPTED = [...SENT, wish('AttemptFactor')] as const
const AUTHENTICATED = [...ATTEMPTED, wish('ConfirmFactor')] as const
const CONSENTED = [...AUTHENTICATED, wish('RecordConsent')] as const
const ISSUED = [...CONSENTED, wish('IssueCode')] as const
const EXCHANGED = [...ISSUED, wish('ExchangeToken')] as const

/** Events that lead to each stage, and to two steps inside `opened`. */
export const histories: Readonly<Record<Stage | 'sent' | 'attempted', readonly TransactionEvent[]>> = {
  none: [],
  started: walk(...STARTED),
  opened: walk(...OPENED),
  sent: walk(...SENT),
  attempted: walk(...ATTEMPTED),
  authenticated: walk(...AUTHENTICATED),
  consented: walk(...CONSENTED),
  code_issued: walk(...ISSUED),
  exchanged: walk(...EXCHANGED),
  revoked: walk(...EXCHANGED, wish('RevokeAccess')),
  failed: walk(...OPENED, wish('FailAuthorization', { at: at(2) })),
  expired: walk(...STARTED, wish('OpenAuthorization'), wish('ExpireAuthorization', { at: at(400) })),
  closed: walk(...EXCHANGED, wish('ExpireAuthorization', { at: at(700) })),
}

export const givenLogin = given(transaction, rules)

/** Given the history that leads to a stage. */
export const standingAt = (stage: keyof typeof histories, under: TransactionRules = rules) => givenLogin(histories[stage], under)

/** A wish in the middle of `attempts` rejected proofs. */
export const rejected = (times: number, reason: CommandOf<'RejectFactor'>['reason'] = 'wrong'): readonly TransactionCommand[] =>
  Array.from({ length: times }, (_, index) => index + 1).flatMap((attempt) => [
    wish('AttemptFactor', { factor: 'pin' }),
    wish('RejectFactor', { attempt, reason }),
  ])
