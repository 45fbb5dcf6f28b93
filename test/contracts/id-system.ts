/**
 * What "works as a plugin" means. Third parties run it over their own plugin:
 *
 *     idSystemContract({ name: 'mine', plugin: () => import('mine'), settings, fixtures, sentCodes })
 *
 * It opens the plugin as the broker does, guarded, and once bare, to see that no call throws by itself.
 */
import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { problemsWith } from '../../adapters/id-system/description.ts'
import type {
  Call,
  Factor,
  IdSystem,
  IdSystemPlugin,
  IndividualId,
  Json,
  PluginAnswer,
  PluginDescription,
  PluginTools,
  RecordedFact,
  SendRequest,
  VerifyAnswer,
  VerifyRequest,
} from '../../adapters/id-system/plugin.ts'
import { loadPlugin } from '../../adapters/id-system/registry.ts'
import { systemChance } from '../support/chance.ts'
import { handClock, type HandClock } from '../support/hand-clock.ts'
import { logBook, systemTimers as timers } from '../support/plugin-world.ts'

export type PersonFixture = {
  readonly id: IndividualId
  /** Other identifiers of the same person. */
  readonly aliases?: readonly IndividualId[]
  /** What the person would type, for each factor but `otp`. */
  readonly proofs: Readonly<Partial<Record<Factor, string>>>
  /** Claims that this person has. */
  readonly claims: readonly string[]
}

export type Fixtures = {
  readonly valid: PersonFixture
  readonly second: PersonFixture
  readonly blocked?: PersonFixture
  /** Of the right form, and nobody's. */
  readonly unknown: IndividualId
  /** Of the right form, and wrong for everybody, for each factor. */
  readonly wrong: Readonly<Partial<Record<Factor, string>>>
}

export type ContractOptions = {
  readonly name: string
  readonly plugin: () => Promise<IdSystemPlugin>
  readonly settings: { readonly [key: string]: Json }
  readonly fixtures: Fixtures
  /** The codes that were sent in a transaction, newest first. Needed where the plugin describes `otp`. */
  readonly sentCodes?: (dataDirectory: string, transaction: string) => Promise<readonly string[]>
  /** Makes the ID system behind the plugin unreachable, and reachable again. */
  readonly outage?: (dataDirectory: string, on: boolean) => Promise<void>
  /** Makes every call take this long; 0 ends it. */
  readonly slow?: (dataDirectory: string, ms: number) => Promise<void>
  /** How long the plugin's codes work at most, seconds. Default 600. */
  readonly codeValidForSMax?: number
  /** False where the ID system cannot say whether a proof is wrong or a person unknown: then both are `challenge_failed`. */
  readonly tellsUnknown?: boolean
  /** The clock of the plugin, where the ID system behind it must go by the same. */
  readonly clock?: HandClock
}

const kindOf = (answer: PluginAnswer<unknown>): string => (answer.ok ? 'ok' : answer.error)

/** Everything about an answer but its kind. */
const shapeOf = (answer: PluginAnswer<unknown>): string => JSON.stringify(answer.ok ? answer : { ...answer, error: '' })

const valueOf = <T>(answer: PluginAnswer<T>): T => {
  if (!answer.ok) throw new Error(`expected a yes, got ${answer.error} ${answer.code ?? ''}`)
  return answer.value
}

export const idSystemContract = ({
  name,
  plugin,
  settings,
  fixtures,
  sentCodes,
  outage,
  slow,
  codeValidForSMax = 600,
  tellsUnknown = true,
  clock: given,
}: ContractOptions): void => {
  describe(`${name} as an ID system`, () => {
    const { valid, second, blocked, unknown, wrong } = fixtures
    let dataDirectory: string
    let description: PluginDescription
    let system: IdSystem
    let clock: HandClock
    const book = logBook()
    let made = 0

    const tools = (): PluginTools => ({ clock, chance: systemChance, log: book.log, dataDirectory })
    const open = async (): Promise<void> => {
      ;({ description, system } = await loadPlugin({ module: name, plugin: await plugin(), settings, tools: tools(), timers }))
    }
    const reopen = async (): Promise<void> => {
      await system.close()
      await open()
    }

    before(async () => {
      dataDirectory = mkdtempSync(join(tmpdir(), 'id-system-'))
      clock = given ?? handClock()
      await open()
    })
    after(async () => {
      await system.close()
      rmSync(dataDirectory, { recursive: true, force: true })
    })

    const call = (changes: Partial<Call> = {}): Call => {
      made += 1
      const transaction = `tx_${String(made).padStart(24, '0')}`
      return { idempotencyKey: systemChance.uuid(), deadline: clock.in(10_000), transaction, client: 'contract-client', ...changes }
    }
    const sendRequest = (id: IndividualId, changes: Partial<SendRequest> = {}): SendRequest => ({
      ...call(),
      id,
      factor: 'otp',
      channels: [],
      locales: ['en'],
      clientName: 'Contract',
      reference: 'KQ7M',
      ...changes,
    })
    const ask = async (request: VerifyRequest): Promise<PluginAnswer<VerifyAnswer>> => system.verify!(request)
    const verify = (id: IndividualId, factor: Factor, proof: string, changes: Partial<Call> = {}): Promise<PluginAnswer<VerifyAnswer>> =>
      ask({ ...call(changes), id, factor, proof })
    const typed = (): readonly Factor[] =>
      description.factors.map(({ factor }) => factor).filter((factor) => valid.proofs[factor] !== undefined)
    const has = (factor: Factor): boolean => description.factors.some((offer) => offer.factor === factor)
    const code = async (transaction: string): Promise<string> => (await sentCodes!(dataDirectory, transaction)).at(0)!

    /** A proof by whatever factor the plugin has. */
    const proven = async (person: PersonFixture, changes: Partial<Call> = {}): Promise<VerifyAnswer> => {
      const factor = typed()[0]
      if (factor !== undefined) return valueOf(await verify(person.id, factor, person.proofs[factor]!, changes))
      const { transaction, client } = call(changes)
      valueOf(await system.send!(sendRequest(person.id, { transaction, client })))
      return valueOf(await verify(person.id, 'otp', await code(transaction), { transaction, client }))
    }

    describe('manifest', () => {
      it('describes itself the same way each time, and its settings fit its own schema', async () => {
        const { describe: describes, settingsSchema } = await plugin()
        expect(describes(structuredClone(settings))).to.deep.equal(description)
        expect(problemsWith(settingsSchema, structuredClone(settings))).to.deep.equal([])
      })

      it('lets a person prove who they are by every factor it describes', async () => {
        for (const factor of typed()) {
          const { factorsProven } = valueOf(await verify(valid.id, factor, valid.proofs[factor]!))
          expect(factorsProven).to.include(factor)
        }
        if (has('otp')) expect(sentCodes, 'sentCodes is needed to test otp').to.be.a('function')
        const untested = description.factors.map(({ factor }) => factor).filter((factor) => factor !== 'otp' && !typed().includes(factor))
        expect(untested, 'factors without a proof in the fixtures').to.deep.equal([])
      })

      it('answers `unsupported` to a factor that it does not describe, also when asked bare', async () => {
        const bare = await (await plugin()).open(structuredClone(settings), tools())
        const others = (['otp', 'pin', 'password', 'biometrics', 'knowledge', 'wallet'] as const).filter((factor) => !has(factor))
        for (const factor of others)
          expect(kindOf(await bare.verify!({ ...call(), id: valid.id, factor, proof: '123456' }))).to.equal('unsupported')
        await bare.close()
      })

      it('is up', async () => {
        expect((await system.health()).status).to.equal('up')
      })
    })

    describe('subject (rule 19)', () => {
      it('has one key for a person, over repeats, factors, aliases and a restart', async () => {
        const keys = [(await proven(valid)).subjectKey, (await proven(valid)).subjectKey]
        for (const factor of typed()) keys.push(valueOf(await verify(valid.id, factor, valid.proofs[factor]!)).subjectKey)
        for (const id of valid.aliases ?? []) keys.push((await proven({ ...valid, id })).subjectKey)
        await reopen()
        keys.push((await proven(valid)).subjectKey)
        expect(new Set(keys).size).to.equal(1)
      })

      it('has another key for another person, and none that is an identifier', async () => {
        const { subjectKey } = await proven(valid)
        expect((await proven(second)).subjectKey).not.to.equal(subjectKey)
        for (const { value } of [valid.id, ...(valid.aliases ?? [])]) expect(subjectKey).not.to.include(value)
      })

      it('gives other relying parties another pairwise subject, where it gives one', async () => {
        const one = await proven(valid, { client: 'one' })
        const two = await proven(valid, { client: 'two' })
        if (one.pairwiseSubject !== undefined) expect(one.pairwiseSubject).not.to.equal(two.pairwiseSubject)
      })

      it('joins aliases before anything is proven, where it resolves (rule 18)', async () => {
        if (system.resolve === undefined) return
        const { subjectKey } = await proven(valid)
        for (const id of [valid.id, ...(valid.aliases ?? [])])
          expect(valueOf(await system.resolve({ ...call(), id }))).to.deep.equal({ subjectKey })
        expect(kindOf(await system.resolve({ ...call(), id: unknown }))).to.equal('subject_denied')
      })
    })

    describe('session and consent', () => {
      it('releases what was asked for and the person has, and nothing else', async () => {
        const { transaction, client } = call()
        for (const claims of [valid.claims, valid.claims.slice(0, 1)]) {
          const { session } = await proven(valid, { transaction, client })
          const released = valueOf(await system.release!({ ...call({ transaction }), session, claims }))
          expect(Object.keys(released.claims)).to.have.members([...claims])
        }
      })

      it('releases nothing when nothing was agreed to', async () => {
        const { transaction } = call()
        const { session } = await proven(valid, { transaction })
        expect(valueOf(await system.release!({ ...call({ transaction }), session, claims: [] }))).to.deep.equal({ claims: {} })
      })

      it('tells what was verified where it describes that, of the claims that were agreed to and no others', async () => {
        const { verifiedClaims: described } = description
        const { transaction } = call()
        const { session } = await proven(valid, { transaction })
        const wanted = (described?.claims ?? []).slice(0, 2)
        const { verified = [] } = valueOf(await system.release!({ ...call({ transaction }), session, claims: [], verified: wanted }))
        // That each set fits its schema and the description is the guard's to say, and it has said it.
        for (const { claims } of verified) expect(wanted).to.include.members(Object.keys(claims))
        const { session: another } = await proven(valid, { transaction })
        const none = valueOf(await system.release!({ ...call({ transaction }), session: another, claims: [] }))
        expect(none.verified ?? []).to.deep.equal([])
      })

      it('says the languages of a value as a map of tags and texts (rule 43)', async () => {
        const { transaction } = call()
        const { session } = await proven(valid, { transaction })
        const { claims } = valueOf(await system.release!({ ...call({ transaction }), session, claims: valid.claims }))
        for (const [claim, value] of Object.entries(claims)) {
          expect(claim).not.to.include('#')
          if (typeof value !== 'object' || value === null || !('languages' in value)) continue
          for (const [tag, text] of Object.entries(value.languages as object)) {
            expect(tag).to.match(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
            expect(text).to.be.a('string')
          }
        }
      })

      it('is single use exactly when it says so; the same act may be asked again either way', async () => {
        const { transaction } = call()
        const { session } = await proven(valid, { transaction })
        const request = { ...call({ transaction }), session, claims: valid.claims.slice(0, 1) }
        const first = await system.release!(request)
        expect(kindOf(first)).to.equal('ok')
        expect(await system.release!(request)).to.deep.equal(first)
        const again = await system.release!({ ...request, idempotencyKey: systemChance.uuid() })
        expect(kindOf(again)).to.equal(description.sessionSingleUse ? 'session_expired' : 'ok')
      })

      it('is good for its transaction and client only, and no session can be made up', async () => {
        const { transaction } = call()
        const { session } = await proven(valid, { transaction })
        const claims = valid.claims.slice(0, 1)
        const kinds = [
          await system.release!({ ...call(), session, claims }),
          await system.release!({ ...call({ transaction, client: 'another' }), session, claims }),
          await system.release!({ ...call({ transaction }), session: `${session.slice(0, -4)}AAAA`, claims }),
          await system.release!({ ...call({ transaction }), session: 'made-up', claims }),
        ].map(kindOf)
        expect(new Set(kinds)).to.deep.equal(new Set(['session_expired']))
      })

      it('survives a restart, and ends when it said', async () => {
        const { transaction } = call()
        const { session, sessionExpiresAt } = await proven(valid, { transaction })
        expect(sessionExpiresAt > clock.now() && sessionExpiresAt <= clock.in(description.sessionLifetimeS * 1000)).to.equal(true)
        await reopen()
        const claims = valid.claims.slice(0, 1)
        if (!description.sessionSingleUse)
          expect(kindOf(await system.release!({ ...call({ transaction }), session, claims }))).to.equal('ok')
        clock.pass(Date.parse(sessionExpiresAt) - Date.parse(clock.now()))
        expect(kindOf(await system.release!({ ...call({ transaction }), session, claims }))).to.equal('session_expired')
      })
    })

    // Where codes can be read; without that nobody can hand one in.
    const codes = sentCodes === undefined ? undefined : describe
    codes?.('one-time codes', () => {
      it('sends one by described channels; it proves the person once', async () => {
        const { transaction } = call()
        const { channels, validForS } = valueOf(await system.send!(sendRequest(valid.id, { transaction })))
        expect(channels).not.to.be.empty
        expect(description.channels).to.include.members([...channels])
        expect(validForS).to.be.within(1, codeValidForSMax)
        const otp = await code(transaction)
        expect(valueOf(await verify(valid.id, 'otp', otp, { transaction })).factorsProven).to.include('otp')
        expect(kindOf(await verify(valid.id, 'otp', otp, { transaction }))).to.equal('challenge_failed')
      })

      it('takes a lost answer into account: the same act of proving is answered the same again', async () => {
        const { transaction, idempotencyKey } = call()
        valueOf(await system.send!(sendRequest(valid.id, { transaction })))
        const otp = await code(transaction)
        const first = valueOf(await verify(valid.id, 'otp', otp, { transaction, idempotencyKey }))
        await reopen()
        const again = valueOf(await verify(valid.id, 'otp', otp, { transaction, idempotencyKey }))
        expect(again.subjectKey).to.equal(first.subjectKey)
      })

      it('binds a code to its transaction and person', async () => {
        const { transaction } = call()
        valueOf(await system.send!(sendRequest(valid.id, { transaction })))
        const otp = await code(transaction)
        expect(kindOf(await verify(valid.id, 'otp', otp))).to.equal('challenge_failed')
        expect(kindOf(await verify(second.id, 'otp', otp, { transaction }))).to.equal('challenge_failed')
        expect(kindOf(await verify(valid.id, 'otp', otp, { transaction }))).to.equal('ok')
      })

      it('a wrong code does not use up the right one', async () => {
        const { transaction } = call()
        valueOf(await system.send!(sendRequest(valid.id, { transaction })))
        const otp = await code(transaction)
        const other = otp.replace(/.$/, (digit) => String((Number(digit) + 1) % 10))
        expect(kindOf(await verify(valid.id, 'otp', other, { transaction }))).to.equal('challenge_failed')
        expect(kindOf(await verify(valid.id, 'otp', otp, { transaction }))).to.equal('ok')
      })

      it('another message makes the first code worthless', async () => {
        const { transaction } = call()
        valueOf(await system.send!(sendRequest(valid.id, { transaction })))
        const old = await code(transaction)
        valueOf(await system.send!(sendRequest(valid.id, { transaction })))
        const otp = await code(transaction)
        if (old !== otp) expect(kindOf(await verify(valid.id, 'otp', old, { transaction }))).to.equal('challenge_failed')
        expect(kindOf(await verify(valid.id, 'otp', otp, { transaction }))).to.equal('ok')
      })

      it('ends when it said', async () => {
        const { transaction } = call()
        const { validForS } = valueOf(await system.send!(sendRequest(valid.id, { transaction })))
        const otp = await code(transaction)
        clock.pass(validForS * 1000)
        expect(kindOf(await verify(valid.id, 'otp', otp, { transaction }))).to.equal('challenge_failed')
      })

      it('sends one message for one idempotency key: again, at once and after a restart (rule 36)', async () => {
        const request = sendRequest(valid.id)
        const answers = await Promise.all([system.send!(request), system.send!(request), system.send!(request)])
        await reopen()
        answers.push(await system.send!(request))
        for (const answer of answers) expect(answer).to.deep.equal(answers[0])
        expect(await sentCodes!(dataDirectory, request.transaction)).to.have.length(1)
        expect(kindOf(await verify(valid.id, 'otp', await code(request.transaction), request))).to.equal('ok')
      })

      it('tells no code in its answer', async () => {
        const request = sendRequest(valid.id)
        const answer = await system.send!(request)
        expect(JSON.stringify(answer)).not.to.include(await code(request.transaction))
      })

      it('keeps many at once apart', async () => {
        const people = [valid, second]
        const requests = Array.from({ length: 24 }, (_, index) => sendRequest(people[index % 2]!.id))
        await Promise.all(requests.map((request) => system.send!(request)))
        const codes = await Promise.all(requests.map(({ transaction }) => code(transaction)))
        const answers = await Promise.all(requests.map(({ id, transaction }, index) => verify(id, 'otp', codes[index]!, { transaction })))
        const keys = answers.map((answer) => valueOf(answer).subjectKey)
        expect(new Set(keys.filter((_, index) => index % 2 === 0)).size).to.equal(1)
        expect(new Set(keys).size).to.equal(2)
      })
    })

    describe('non-enumeration (rule 22)', () => {
      const nobody = (): readonly IndividualId[] => (blocked === undefined ? [unknown] : [unknown, blocked.id])

      it('unknown, blocked and wrong differ by the kind of the error alone', async () => {
        for (const { factor } of description.factors) {
          const proof = wrong[factor]
          if (proof === undefined) continue
          const failed = await verify(valid.id, factor, proof)
          expect(kindOf(failed)).to.equal('challenge_failed')
          for (const id of nobody()) {
            const denied = await verify(id, factor, proof)
            expect(kindOf(denied)).to.equal(tellsUnknown ? 'subject_denied' : 'challenge_failed')
            expect(shapeOf(denied)).to.equal(shapeOf(failed))
          }
        }
      })

      it('a blocked person is denied with the right proof as with the wrong one', async () => {
        if (blocked === undefined) return
        for (const factor of typed()) {
          const proof = blocked.proofs[factor]
          const answers = [proof, wrong[factor]].filter((tried) => tried !== undefined).map((tried) => verify(blocked.id, factor, tried))
          if (proof !== undefined) expect(new Set((await Promise.all(answers)).map((answer) => JSON.stringify(answer))).size).to.equal(1)
        }
      })

      it('denies a message to the unknown and the blocked in one shape, and sends none', async () => {
        if (!has('otp')) return
        const shapes = new Set<string>()
        for (const id of nobody()) {
          const request = sendRequest(id)
          const answer = await system.send!(request)
          expect(kindOf(answer)).to.equal('subject_denied')
          shapes.add(JSON.stringify(answer))
          expect(await sentCodes!(dataDirectory, request.transaction)).to.have.length(0)
        }
        expect(shapes.size).to.equal(1)
      })

      it('takes alike for all; the medians are reported, and only a difference that anybody sees fails', async function () {
        const factor = typed()[0]
        if (factor === undefined) return
        const ROUNDS = 40
        const median = async (id: IndividualId): Promise<number> => {
          const took: number[] = []
          for (let round = 0; round < ROUNDS; round += 1) {
            const begun = performance.now()
            await verify(id, factor, wrong[factor]!)
            took.push(performance.now() - begun)
          }
          return took.sort((left, right) => left - right)[ROUNDS / 2]!
        }
        const medians = [await median(valid.id)]
        for (const id of nobody()) medians.push(await median(id))
        if (this.test) this.test.title += ` (${medians.map((ms) => `${ms.toFixed(3)} ms`).join(', ')})`
        expect(Math.max(...medians) - Math.min(...medians)).to.be.below(50)
      })
    })

    describe('errors', () => {
      it('throws at nothing, also when asked bare: input of the wrong form is an answer', async () => {
        const bare = await (await plugin()).open(structuredClone(settings), tools())
        const odd = ['', ' ', '\u0000', '../../etc/passwd', "' OR 1=1 --", '9'.repeat(5000), '\u202e\u{1f600}', '__proto__']
        for (const value of odd) {
          const id = { type: valid.id.type, value }
          const answers = [
            await bare.verify!({ ...call(), id, factor: description.factors[0]!.factor, proof: value }),
            await bare.verify!({ ...call(), id: valid.id, factor: description.factors[0]!.factor, proof: value }),
            await bare.release?.({ ...call(), session: value, claims: ['name', value] }),
            await bare.resolve?.({ ...call(), id }),
            await bare.send?.(sendRequest(id)),
          ]
          for (const answer of answers)
            if (answer !== undefined) expect(kindOf(answer)).not.to.be.oneOf(['ok', 'unavailable', 'misconfigured'])
        }
        await bare.close()
      })

      const whereOutage = outage === undefined ? undefined : it
      whereOutage?.('an unreachable ID system is `unavailable` and not up, and works again afterwards', async () => {
        if (outage === undefined) return
        await outage(dataDirectory, true)
        const factor = description.factors[0]!.factor
        expect(kindOf(await verify(valid.id, factor, wrong[factor] ?? '000000'))).to.equal('unavailable')
        expect((await system.health()).status).not.to.equal('up')
        await outage(dataDirectory, false)
        expect((await proven(valid)).subjectKey).to.be.a('string')
      })

      const whereSlow = slow === undefined ? undefined : it
      whereSlow?.('a slow one is `unavailable` at the deadline', async () => {
        if (slow === undefined) return
        await slow(dataDirectory, 400)
        const factor = description.factors[0]!.factor
        const request = { ...call({ deadline: clock.in(60) }), id: valid.id, factor, proof: wrong[factor] ?? '000000' }
        const begun = performance.now()
        expect(await ask(request)).to.deep.include({ ok: false, error: 'unavailable' })
        expect(performance.now() - begun).to.be.below(390)
        await slow(dataDirectory, 0)
      })

      it('closes twice, and answers `unavailable` afterwards', async () => {
        await system.close()
        await system.close()
        const factor = description.factors[0]!.factor
        expect(kindOf(await verify(valid.id, factor, '000000'))).to.equal('unavailable')
        await open()
      })
    })

    describe('events (rule 15)', () => {
      it('follows a fact that comes twice without harm', async () => {
        for (const [type, handler] of Object.entries(system.on ?? {})) {
          const fact: RecordedFact = {
            id: systemChance.uuid(),
            stream: 'consent-contract',
            revision: 0,
            position: '0000000001',
            type,
            version: 1,
            at: clock.now(),
            correlation: call().transaction,
            data: {},
          }
          await handler(fact)
          await handler(fact)
        }
        expect((await system.health()).status).to.equal('up')
      })
    })

    describe('privacy (rule 1)', () => {
      it('logs no identifier, proof, code, session or value of a person', async () => {
        book.clear()
        const { transaction } = call()
        const secrets = [valid.id.value, ...(valid.aliases ?? []).map(({ value }) => value), ...Object.values(valid.proofs)]
        const { session, subjectKey } = await proven(valid, { transaction })
        secrets.push(session, subjectKey)
        const { claims } = valueOf(await system.release!({ ...call({ transaction }), session, claims: valid.claims }))
        for (const value of Object.values(claims)) if (typeof value === 'string' && value.length > 5) secrets.push(value)
        for (const factor of typed()) await verify(valid.id, factor, wrong[factor] ?? 'wrong-proof')
        if (has('otp')) {
          await system.send!(sendRequest(valid.id, { transaction }))
          secrets.push(await code(transaction))
          await verify(valid.id, 'otp', await code(transaction), { transaction })
        }
        for (const secret of secrets) expect(book.lines().join('\n')).not.to.include(secret)
      })
    })
  })
}
