import type { NotifyRequest, RecordedFact } from '../../plugin.ts'
import { waitFor } from '../asking.ts'
import { valueOf, type World } from '../world.ts'
import { isOne, must, mustBe, withoutCodes, type Check } from './check.ts'

const MANY = 24

const notice = ({ call, clock }: World, id: NotifyRequest['id']): NotifyRequest => ({
  ...call(),
  ...{ id, notice: 'failures', at: clock.now(), locales: ['en'], clientName: 'Conformance' },
})

/** What nobody may find in a log: what a person typed, and what was answered about them. */
const secretsOf = async (world: World): Promise<readonly string[]> => {
  const { fixtures, ask, call, proven, verify, typed, wish, code, system } = world
  const { valid, wrong } = fixtures
  const { transaction } = call()
  const { session, subjectKey } = await proven(valid, { transaction })
  const secrets = [...[valid.id, ...(valid.aliases ?? [])].map(({ value }) => value), ...Object.values(valid.proofs), session, subjectKey]
  if (system().release !== undefined) {
    const { claims } = valueOf(await ask.release({ ...call({ transaction }), session, claims: valid.claims }), 'release()')
    for (const value of Object.values(claims)) if (typeof value === 'string' && value.length > 5) secrets.push(value)
  }
  for (const factor of typed()) await verify(valid.id, factor, wrong[factor] ?? 'wrong-proof')
  if (withoutCodes(world) === undefined) {
    const request = wish(valid.id)
    await ask.send(request)
    const otp = await code(request.transaction)
    await verify(valid.id, 'otp', otp, { transaction: request.transaction })
    secrets.push(otp)
  }
  return secrets
}

export const idempotencyChecks: readonly Check[] = [
  {
    name: 'the same act of proving, asked again or at once, has one answer',
    run: async ({ fixtures: { valid }, typed, ask, call }) => {
      for (const factor of typed()) {
        const request = { ...call(), id: valid.id, factor, proof: valid.proofs[factor] ?? '' }
        const answers = [...(await Promise.all([ask.verify(request), ask.verify(request)])), await ask.verify(request)]
        must(isOne(answers.map((answer) => valueOf(answer).subjectKey)), `a repeated proof by ${factor} has several answers`)
      }
      return undefined
    },
  },
  {
    name: 'tells a person once for one idempotency key, and nobody who is unknown, where it notifies',
    without: ({ system }) => (system().notify === undefined ? 'it has no notify()' : undefined),
    run: async (world) => {
      const { fixtures, ask } = world
      const request = notice(world, fixtures.valid.id)
      const answers = [await ask.notify(request), await ask.notify(request)]
      must(isOne(answers.map((answer) => JSON.stringify(valueOf(answer, 'a notice')))), 'a repeated notice has several answers')
      mustBe(await ask.notify(notice(world, fixtures.unknown)), 'subject_denied', 'a notice to an unknown person')
      return undefined
    },
  },
]

export const eventChecks: readonly Check[] = [
  {
    name: 'follows a fact that comes twice without harm',
    without: ({ system }) => (Object.keys(system().on ?? {}).length === 0 ? 'it follows no facts' : undefined),
    run: async ({ system, chance, clock, call, timers }) => {
      for (const [type, handler] of Object.entries(system().on ?? {})) {
        const fact: RecordedFact = {
          ...{ id: chance.uuid(), stream: 'consent-conformance', revision: 0, position: '0000000001', type, version: 1 },
          ...{ at: clock.now(), correlation: call().transaction, data: {} },
        }
        for (let times = 0; times < 2; times += 1) await waitFor(`on.${type}()`, timers, async () => handler(structuredClone(fact)))
      }
      return undefined
    },
  },
]

export const privacyChecks: readonly Check[] = [
  {
    name: 'logs no identifier, proof, code, session or value of a person',
    run: async (world) => {
      const secrets = await secretsOf(world)
      const written = world.book.lines().join('\n')
      must(!secrets.some((secret) => written.includes(secret)), 'the log holds an identifier, a secret or a value of a person')
      return undefined
    },
  },
  {
    name: 'logs no more than is kept of it',
    without: ({ book }) => (book.lines().length === 0 ? 'it logs nothing' : undefined),
    run: async ({ book }) => {
      must(!book.lines().some((line) => line.startsWith('["plugin_log_dropped"')), 'it floods the log: lines of it were dropped')
      return undefined
    },
  },
]

export const loadChecks: readonly Check[] = [
  {
    name: 'keeps many at once apart',
    without: ({ typed }) => (typed().length === 0 ? 'no factor is typed' : undefined),
    run: async ({ fixtures: { valid, second }, proven, call, ask, system }) => {
      const logins = Array.from({ length: MANY }, (_, index) => ({
        person: index % 2 === 0 ? valid : second,
        transaction: call().transaction,
      }))
      const answers = await Promise.all(logins.map(({ person, transaction }) => proven(person, { transaction })))
      const keys = answers.map(({ subjectKey }) => subjectKey)
      must(isOne(keys.filter((_, index) => index % 2 === 0)) && new Set(keys).size === 2, 'persons were mixed up')
      if (system().release === undefined) return undefined
      const facts = await Promise.all(
        logins.map(async ({ person, transaction }, index) => {
          const session = answers[index]?.session ?? ''
          const claims = person.claims.slice(0, 3)
          return JSON.stringify(valueOf(await ask.release({ ...call({ transaction }), session, claims }), 'release()').claims)
        }),
      )
      must(
        [0, 1].every((rest) => isOne(facts.filter((_, index) => index % 2 === rest))),
        'facts of several persons were mixed up',
      )
      return undefined
    },
  },
]
