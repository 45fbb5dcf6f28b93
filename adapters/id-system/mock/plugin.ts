/**
 * The mock ID system: the reference plugin, embedded, for demonstrations and tests. Its people are fictional and stand in a file with
 * their PINs and passwords in clear, so nothing is stretched; everything else is done as an ID system should.
 *
 * Its data directory holds its key, its journal of codes, which is the mailbox too (`readOutbox`), and the control file by which it can
 * be made slow, dead or mad while it runs (`setFaults`).
 */
import { join } from 'node:path'
import type {
  IdSystem,
  IdSystemPlugin,
  IndividualId,
  Json,
  PluginAnswer,
  PluginDescription,
  PluginTools,
  RecordedFact,
  ReleaseAnswer,
  ReleaseRequest,
  VerifyAnswer,
  VerifyRequest,
} from '../plugin.ts'
import { keyed, keyOf, same } from '../plugin-key.ts'
import { sessionsOf, type Sessions } from '../sessions.ts'
import { biometricsAreRight, READER_KEY_FOLDER, readerKeyOf } from './biometrics.ts'
import { codesOf, type Codes } from './codes.ts'
import { faultsOf, suffer } from './faults.ts'
import { openJournal } from './journal.ts'
import { FORM, knows } from './knowledge.ts'
import { noticesOf } from './notices.ts'
import { ID_TYPES, readPeople, type MockPerson, type People } from './people.ts'
import type { Message } from './segment.ts'
import { VERIFIED, verifiedOf } from './verified.ts'
import { OTP_VALID_FOR_S, readSettings, SESSION_LIFETIME_S, settingsSchema, type MockSettings } from './settings.ts'

export { setFaults } from './faults.ts'
export { readNotices, readOutbox } from './outbox.ts'
export type { Message, Notice } from './segment.ts'
export { DEMO_PEOPLE, settingsSchema, type Faults } from './settings.ts'

export const describe = (): PluginDescription => ({
  id: 'mock',
  version: '1.0.0',
  api: 1,
  factors: [
    { factor: 'otp', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 }, validForS: OTP_VALID_FOR_S },
    { factor: 'pin', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } },
    { factor: 'password', format: { kind: 'text', lengthMin: 8, lengthMax: 30 } },
    { factor: 'knowledge', format: { kind: 'text', lengthMin: 2, lengthMax: 500 }, form: FORM },
    {
      factor: 'biometrics',
      format: { kind: 'text', lengthMin: 500, lengthMax: 500_000 },
      modalities: ['Face', 'Finger', 'Iris'],
      demands: { Face: { count: 1, scoreMin: 50 }, Finger: { count: 1, scoreMin: 50 }, Iris: { count: 1, scoreMin: 50 } },
    },
  ],
  channels: ['sms', 'email'],
  idTypes: ID_TYPES,
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
    'locale',
    'zoneinfo',
  ],
  verifiedClaims: VERIFIED,
  sessionSingleUse: false,
  sessionLifetimeS: SESSION_LIFETIME_S,
})

/** The person's record. */
type Session = { readonly record: string }

type Mock = {
  readonly settings: MockSettings
  readonly tools: PluginTools
  readonly key: Uint8Array
  readonly people: People
  readonly codes: Codes
  readonly sessions: Sessions<Session>
  readonly isBlocked: (person: MockPerson) => boolean
}

const denied = { ok: false, error: 'subject_denied' } as const
const failed = { ok: false, error: 'challenge_failed' } as const
const malformed = { ok: false, error: 'invalid_input' } as const

const fits = ({ type, value }: IndividualId): boolean =>
  ID_TYPES.some((known) => known.type === type && value.length <= known.lengthMax && new RegExp(known.pattern, 'u').test(value))

/** The same work for everybody: unknown, blocked and known, with and without such a secret (rule 22). */
const secretIsRight = (key: Uint8Array, secret: string | undefined, proof: string): boolean => {
  const equal = same(keyed(key, 'secret', secret ?? ''), keyed(key, 'secret', proof))
  return equal && secret !== undefined
}

const prove = (mock: Mock, request: VerifyRequest, person: MockPerson | undefined): Promise<boolean> | boolean => {
  switch (request.factor) {
    case 'otp':
      return mock.codes.prove(request, person)
    case 'pin':
      return secretIsRight(mock.key, person?.pin, request.proof)
    case 'password':
      return secretIsRight(mock.key, person?.password, request.proof)
    case 'biometrics':
      return biometricsAreRight(
        readerKeyOf(mock.settings.readers ?? join(mock.tools.dataDirectory, READER_KEY_FOLDER)),
        request.proof,
        person?.biometrics,
      )
    case 'knowledge':
      return knows(mock.key, person, request.proof)
    case 'wallet':
      return false
  }
}

const verify = async (mock: Mock, request: VerifyRequest): Promise<PluginAnswer<VerifyAnswer>> => {
  const { id, factor } = request
  if (!describe().factors.some((offer) => offer.factor === factor)) return { ok: false, error: 'unsupported' }
  if (!fits(id)) return malformed
  const person = mock.people.byId(id)
  const blocked = person !== undefined && mock.isBlocked(person)
  // A blocked person's code is compared as an unknown person's is, and not used up.
  const right = await prove(mock, request, blocked ? undefined : person)
  if (person === undefined || blocked) return denied
  if (!right) return failed
  const until = new Date(Date.parse(mock.tools.clock.now()) + mock.settings.sessionLifetimeS * 1000).toISOString()
  const session = mock.sessions.seal({ record: person.record }, request, until)
  return { ok: true, value: { subjectKey: person.record, session, sessionExpiresAt: until, factorsProven: [factor] } }
}

const release = async (mock: Mock, request: ReleaseRequest): Promise<PluginAnswer<ReleaseAnswer>> => {
  const { session, claims, verified } = request
  const opened = mock.sessions.open(session, request)
  if (opened === undefined) return { ok: false, error: 'session_expired' }
  const person = mock.people.byRecord(opened.record)
  if (person === undefined || mock.isBlocked(person)) return denied
  const wanted = Object.entries(person.claims).filter(([claim]) => claims.includes(claim))
  const facts = verified && { verified: verifiedOf(person, verified) }
  return { ok: true, value: { claims: Object.fromEntries(wanted), ...facts } }
}

/** Counts consents as they are given, each once, although a fact may come twice. */
const consentCounter = (): { readonly follow: (fact: RecordedFact) => Promise<void>; readonly count: () => number } => {
  let count = 0
  let newest = ''
  return {
    follow: async ({ stream, position }) => {
      // Facts come in the order of their positions; the transaction's own event repeats what the consent stream says.
      if (position <= newest || !stream.startsWith('consent-')) return
      newest = position
      count += 1
    },
    count: () => count,
  }
}

export type MockExtras = {
  /** Told each message as it goes out, for a demonstration's terminal. */
  readonly onMessage?: (message: Message) => void
}

const openWith = async (extras: MockExtras, given: { readonly [key: string]: Json }, tools: PluginTools): Promise<IdSystem> => {
  const settings = readSettings(given)
  const { dataDirectory, clock, chance, log } = tools
  const people = readPeople(settings.people)
  const key = keyOf(dataDirectory, chance)
  const journal = await openJournal(dataDirectory, clock)
  const onMessage = extras.onMessage ?? ((): void => undefined)
  const codes = codesOf({ journal, key, clock, chance, validForS: settings.otpValidForS, onMessage })
  const faults = faultsOf(dataDirectory, settings.faults, log)
  const isBlocked = ({ blocked, ids }: MockPerson): boolean =>
    blocked === true || faults().blocked.some((id) => Object.values(ids).includes(id))
  const mock: Mock = { settings, tools, key, people, codes, sessions: sessionsOf(key, tools), isBlocked }
  const consents = consentCounter()
  const tell = noticesOf({ journal, clock })

  /** Nothing throws: what goes wrong here is an ID system that cannot answer. */
  const answering =
    <Request, Answer>(act: (request: Request) => Promise<PluginAnswer<Answer>>) =>
    async (request: Request): Promise<PluginAnswer<Answer>> => {
      try {
        // A mad answer is meant to break the type: the broker has to notice.
        return (await suffer(faults(), () => act(request))) as PluginAnswer<Answer>
      } catch {
        return { ok: false, error: 'unavailable', code: 'mock_failed' }
      }
    }

  return {
    verify: answering((request) => verify(mock, request)),
    release: answering((request) => release(mock, request)),
    send: answering(async (request) => {
      if (!fits(request.id)) return malformed
      const person = people.byId(request.id)
      return codes.send(request, person !== undefined && isBlocked(person) ? undefined : person)
    }),
    notify: answering(async (request) => {
      if (!fits(request.id)) return malformed
      const person = people.byId(request.id)
      return tell(request, person !== undefined && isBlocked(person) ? undefined : person)
    }),
    resolve: answering(async ({ id }) => {
      const person = people.byId(id)
      return person === undefined ? denied : { ok: true, value: { subjectKey: person.record } }
    }),
    on: { ConsentGiven: consents.follow },
    health: async () => ({ status: faults().outage ? 'down' : 'up', detail: `${consents.count()} consents followed` }),
    close: () => journal.close(),
  }
}

/** The mock, with what only a demonstration in the same process can have. */
export const mockPlugin = (extras: MockExtras = {}): IdSystemPlugin => ({
  describe,
  settingsSchema,
  open: (settings, tools) => openWith(extras, settings, tools),
})

export const open: IdSystemPlugin['open'] = (settings, tools) => openWith({}, settings, tools)
