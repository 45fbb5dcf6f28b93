import type { ClaimValue } from '../../plugin.ts'
import { valueOf, type World } from '../world.ts'
import { kindOf, must, mustBe, type Check } from './check.ts'

const without = ({ system }: World): string | undefined => (system().release === undefined ? 'it has no release()' : undefined)

/** BCP 47, as far as claims need it. */
const TAG = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/

const isLanguages = (value: ClaimValue): boolean => {
  if (typeof value !== 'object' || value === null || !('languages' in value)) return true
  return Object.entries(Object(value['languages']) as object).every(([tag, text]) => TAG.test(tag) && typeof text === 'string')
}

const checks: readonly Omit<Check, 'without'>[] = [
  {
    name: 'releases what was asked for and the person has, and nothing else',
    run: async ({ fixtures: { valid }, proven, ask, call }) => {
      for (const claims of [valid.claims, valid.claims.slice(0, 1)]) {
        const { transaction } = call()
        const { session } = await proven(valid, { transaction })
        const released = valueOf(await ask.release({ ...call({ transaction }), session, claims }), 'release()')
        const missing = claims.filter((claim) => !Object.hasOwn(released.claims, claim))
        must(missing.length === 0, `release() leaves out ${missing.join(', ')}`)
      }
      return undefined
    },
  },
  {
    name: 'releases nothing when nothing was agreed to',
    run: async ({ fixtures: { valid }, proven, ask, call }) => {
      const { transaction } = call()
      const { session } = await proven(valid, { transaction })
      // That there is nothing in it was checked against what was asked for.
      mustBe(await ask.release({ ...call({ transaction }), session, claims: [] }), 'ok', 'release() of no claim')
      return undefined
    },
  },
  {
    name: 'tells what was verified where it describes that, of the claims that were agreed to and no others',
    run: async ({ fixtures: { valid }, proven, ask, call, description }) => {
      const { transaction } = call()
      const { session } = await proven(valid, { transaction })
      const verified = (description().verifiedClaims?.claims ?? []).slice(0, 2)
      // That each set fits what was asked for and the description was checked with the answer.
      mustBe(await ask.release({ ...call({ transaction }), session, claims: [], verified }), 'ok', 'release() of verified claims')
      const { session: another } = await proven(valid, { transaction })
      const none = valueOf(await ask.release({ ...call({ transaction }), session: another, claims: [] }), 'release()')
      must((none.verified ?? []).length === 0, 'release() tells verified claims that nobody asked for')
      return undefined
    },
  },
  {
    name: 'says the languages of a value as a map of tags and texts (rule 43)',
    run: async ({ fixtures: { valid }, proven, ask, call }) => {
      const { transaction } = call()
      const { session } = await proven(valid, { transaction })
      const { claims } = valueOf(await ask.release({ ...call({ transaction }), session, claims: valid.claims }), 'release()')
      const odd = Object.entries(claims).filter(([claim, value]) => claim.includes('#') || !isLanguages(value))
      must(odd.length === 0, `the languages of a claim are told in another way: ${odd.map(([claim]) => claim.slice(0, 64)).join(', ')}`)
      return undefined
    },
  },
  {
    name: 'is single use exactly when it says so; the same act may be asked again either way',
    run: async ({ fixtures: { valid }, proven, ask, call, description }) => {
      const { transaction } = call()
      const { session } = await proven(valid, { transaction })
      const request = { ...call({ transaction }), session, claims: valid.claims.slice(0, 1) }
      mustBe(await ask.release(request), 'ok', 'release()')
      mustBe(await ask.release(request), 'ok', 'the same release, asked again,')
      const { idempotencyKey } = call()
      mustBe(
        await ask.release({ ...request, idempotencyKey }),
        description().sessionSingleUse ? 'session_expired' : 'ok',
        'another release with the same session',
      )
      return undefined
    },
  },
  {
    name: 'is good for its transaction and client only, and no session can be made up',
    run: async ({ fixtures: { valid }, proven, ask, call }) => {
      const { transaction } = call()
      const { session } = await proven(valid, { transaction })
      const claims = valid.claims.slice(0, 1)
      for (const [what, request] of [
        ['of another transaction', { ...call(), session }],
        ['of another client', { ...call({ transaction, client: 'another' }), session }],
        ['that was changed', { ...call({ transaction }), session: `${session.slice(0, -4)}AAAA` }],
        ['that was made up', { ...call({ transaction }), session: 'made-up' }],
      ] as const)
        mustBe(await ask.release({ ...request, claims }), 'session_expired', `a session ${what}`)
      return undefined
    },
  },
  {
    name: 'survives a restart',
    run: async ({ fixtures: { valid }, proven, ask, call, reopen, clock, description }) => {
      const { transaction } = call()
      const { session, sessionExpiresAt } = await proven(valid, { transaction })
      const told = sessionExpiresAt > clock.now() && sessionExpiresAt <= clock.in(description().sessionLifetimeS * 1000)
      must(told, 'a session ends in the past, or later than described')
      await reopen()
      mustBe(await ask.release({ ...call({ transaction }), session, claims: valid.claims.slice(0, 1) }), 'ok', 'release() after a restart')
      return undefined
    },
  },
]

export const sessionChecks: readonly Check[] = [
  ...checks.map((check) => ({ ...check, without })),
  {
    name: 'ends when it said',
    without: (world) => without(world) ?? (world.help.time === undefined ? 'no helper makes time pass' : undefined),
    run: async ({ fixtures: { valid }, proven, ask, call, clock, pass }) => {
      const { transaction } = call()
      const { session, sessionExpiresAt } = await proven(valid, { transaction })
      await pass(Math.max(0, Date.parse(sessionExpiresAt) - Date.parse(clock.now())))
      const late = await ask.release({ ...call({ transaction }), session, claims: valid.claims.slice(0, 1) })
      must(kindOf(late) === 'session_expired', `a session past its end was answered ${kindOf(late)}`)
      return undefined
    },
  },
]
