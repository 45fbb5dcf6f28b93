import fc from 'fast-check'
import { transaction } from '../../../domain/transaction/decide.ts'
import type { TransactionRules } from '../../../domain/transaction/rules.ts'
import type { TransactionState } from '../../../domain/transaction/state.ts'
import type { Policy, TransactionCommand, TransactionEvent } from '../../../schemas/generated.ts'
import { at, configuration, CONSENT, digest, OTHER_PERSON, PERSON, policy } from '../samples.ts'
import { wish, without } from './samples.ts'

/** One thing that somebody tries, some time after the one before it. */
export type Move = { readonly waitS: number; readonly wish: TransactionCommand | 'next' }

/** What a decision recorded, with the wish that caused it. */
export type Recorded = { readonly event: TransactionEvent; readonly by: TransactionCommand; readonly deadline: string | undefined }

export type Played = {
  readonly state: TransactionState
  readonly log: readonly Recorded[]
  readonly wishes: readonly TransactionCommand[]
}

const REDIRECTS = ['https://clinic.example/callback', 'https://clinic.example/other', 'https://bank.example/']
const CHALLENGES = [digest('challenge'), digest('guess'), undefined]

const optional = <T extends object>(value: T, member: keyof T): T =>
  // A member that is undefined is left out, as the doors do.
  value[member] === undefined ? (without(value, member) as T) : value

const start = fc
  .record({
    redirectUri: fc.constantFrom(...REDIRECTS),
    codeChallenge: fc.constantFrom(...CHALLENGES),
    direct: fc.boolean(),
    acrEssential: fc.boolean(),
    client: fc.constantFrom('clinic', 'bank'),
    claims: fc.subarray([
      { name: 'name', essential: true },
      { name: 'email', essential: false },
      { name: 'birthdate', essential: false },
      { name: 'verified_claims.birthdate', essential: false },
      { name: 'verified_claims.phone_number', essential: false },
    ]),
  })
  .map(({ direct, codeChallenge, ...members }) => {
    const started = { ...wish('StartAuthorization', members), codeChallenge } as ReturnType<typeof wish<'StartAuthorization'>>
    const pushed = optional(started, 'codeChallenge')
    if (!direct) return pushed
    return without({ ...pushed, via: 'direct' as const, browser: digest('browser') }, 'requestUriDigest')
  })

const claims = fc.subarray(['name', 'email', 'birthdate', 'phone_number', 'verified_claims.birthdate', 'verified_claims.name'])
const scopes = fc.subarray(['openid', 'profile', 'email'])
const code = fc.constantFrom(digest('code'), digest('code'), digest('guess'))
const token = fc.constantFrom(digest('token'), digest('other-token'))
const factors = fc.constantFrom('otp' as const, 'pin' as const, 'biometrics' as const)
const attempt = fc.integer({ min: 1, max: 6 })
const send = fc.integer({ min: 1, max: 4 })

const hostile: fc.Arbitrary<TransactionCommand> = fc.oneof(
  start,
  fc
    .record({ client: fc.constantFrom('clinic', 'bank'), browser: fc.constantFrom(digest('browser'), digest('thief')) })
    .map((members) => wish('OpenAuthorization', members)),
  fc.constant(wish('ExtendTime')),
  fc
    .record({
      factor: factors,
      person: fc.constantFrom(PERSON, OTHER_PERSON),
      path: fc.constantFrom('trusted' as const, 'unknown' as const),
    })
    .map((members) => wish('RequestFactor', members)),
  fc.record({ send }).map((members) => wish('ReportSent', members)),
  fc.record({ send }).map((members) => wish('ReportSendFailed', members)),
  fc.record({ factor: factors }).map((members) => wish('AttemptFactor', members)),
  fc
    .record({ attempt, samePerson: fc.boolean(), factorsProven: fc.subarray(['otp', 'pin', 'wallet'] as const, { minLength: 1 }) })
    .map((members) => wish('ConfirmFactor', members)),
  fc
    .record({ attempt, reason: fc.constantFrom('wrong' as const, 'limited' as const, 'unavailable' as const, 'expired' as const) })
    .map((members) => wish('RejectFactor', members)),
  fc.record({ how: fc.constantFrom('given' as const, 'reused' as const), claims, scopes }).map((members) => wish('RecordConsent', members)),
  fc.constant(wish('DenyConsent')),
  fc.record({ codeDigest: code, released: claims }).map((members) => wish('IssueCode', members)),
  fc.constant(wish('FailAuthorization')),
  fc
    .record({
      client: fc.constantFrom('clinic', 'bank'),
      codeDigest: code,
      redirectUri: fc.constantFrom(...REDIRECTS),
      challenge: fc.constantFrom(...CHALLENGES),
      accessTokenDigest: token,
      seen: fc.integer({ min: -1, max: 30 }),
      told: claims,
    })
    .map(({ challenge, told, ...members }) =>
      optional(
        { ...wish('ExchangeToken', { ...members, ...(told.length > 0 && { claims: told }) }), challenge } as ReturnType<
          typeof wish<'ExchangeToken'>
        >,
        'challenge',
      ),
    ),
  fc.record({ accessTokenDigest: token, claims }).map((members) => wish('ReleaseUserinfo', members)),
  fc.constant(wish('RevokeAccess', { consent: CONSENT })),
  fc.constant(wish('ExpireAuthorization')),
)

const move: fc.Arbitrary<Move> = fc.record({
  waitS: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0, 0.001, 1, 29.999, 30) },
    { weight: 1, arbitrary: fc.integer({ max: 700, min: 60 }) },
  ),
  wish: fc.oneof({ weight: 3, arbitrary: fc.constant('next' as const) }, { weight: 2, arbitrary: hostile }),
})

/** Sequences of wishes, sensible and hostile mixed. Each begins with some sensible ones, so that what follows meets every stage. */
export const script: fc.Arbitrary<readonly Move[]> = fc
  .record({ sensible: fc.integer({ min: 0, max: 14 }), mixed: fc.array(move, { minLength: 1, maxLength: 40, size: 'max' }) })
  .map(({ sensible, mixed }) => [...Array.from({ length: sensible }, () => ({ waitS: 1, wish: 'next' as const })), ...mixed])

/** Policies at and between the edges of what a deployment may set, and a client that may be deactivated. */
export const anyRules: fc.Arbitrary<TransactionRules> = fc
  .record({
    attemptsMax: fc.integer({ min: 1, max: 10 }),
    sendsMax: fc.integer({ min: 1, max: 10 }),
    requestsMax: fc.integer({ min: 3, max: 50 }),
    sendGapS: fc.constantFrom(0, 30),
    userinfoMax: fc.integer({ min: 1, max: 3 }),
    active: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    pkce: fc.boolean(),
  })
  .map(({ active, pkce, ...limits }) => ({
    policy: { ...policy, limits: { ...policy.limits, ...limits } } satisfies Policy,
    client: { configuration: { ...configuration, require_pkce: pkce }, active },
  }))

/** What a person, an ID system and a relying party who behave would do now. */
const nextOf = (state: TransactionState, first: TransactionCommand): TransactionCommand => {
  switch (state.stage) {
    case 'none':
      return first
    case 'started':
      return wish('OpenAuthorization', { client: state.request?.client ?? 'clinic' })
    case 'opened': {
      const pending = state.pending.at(-1)
      const asked = state.request?.claims.length
      if (pending !== undefined)
        return pending.attempt % 3 === 1
          ? wish('RejectFactor', { attempt: pending.attempt })
          : wish('ConfirmFactor', { attempt: pending.attempt, factorsProven: [pending.factor] })
      if (state.chosen === undefined) return wish('RequestFactor', { factor: asked === 1 ? 'pin' : 'otp' })
      if (state.chosen.factor === 'otp' && state.delivery?.status === 'pending')
        return wish(asked === 0 ? 'ReportSendFailed' : 'ReportSent', { send: state.delivery.send })
      return wish('AttemptFactor', { factor: state.chosen.factor })
    }
    case 'authenticated':
      return wish('RecordConsent', {
        how: state.requests % 2 === 0 ? 'reused' : 'given',
        claims: state.request?.claims.map((claim) => claim.name) ?? [],
        scopes: state.request?.scopes ?? [],
      })
    case 'consented':
      return wish('IssueCode', { released: state.consent?.claims ?? [] })
    case 'code_issued':
      return optional(
        { ...wish('ExchangeToken'), redirectUri: state.request?.redirectUri ?? '', challenge: state.request?.codeChallenge } as ReturnType<
          typeof wish<'ExchangeToken'>
        >,
        'challenge',
      )
    case 'exchanged':
      return wish('ReleaseUserinfo', { claims: state.code?.released ?? [] })
    case 'revoked':
    case 'failed':
    case 'expired':
    case 'closed':
      return wish('ExpireAuthorization')
  }
}

/** Lets every move be decided on the state that the ones before it left. */
export const play = (moves: readonly Move[], rules: TransactionRules): Played => {
  const wishes: TransactionCommand[] = []
  const log: Recorded[] = []
  let state = transaction.initialState
  let seconds = 0
  for (const { waitS, wish: wished } of moves) {
    seconds += waitS
    const by = { ...(wished === 'next' ? nextOf(state, wish('StartAuthorization')) : wished), at: at(seconds) }
    wishes.push(by)
    const { deadline } = state
    for (const event of transaction.decide(by, state, rules).events) {
      log.push({ event, by, deadline })
      state = transaction.evolve(state, event)
    }
  }
  return { state, log, wishes }
}
