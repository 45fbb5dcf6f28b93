import { expect } from 'chai'
import { beforeEach, describe, it } from 'mocha'
import { memoryEventStore } from '../../../adapters/event-store/memory/memory-event-store.ts'
import { memoryPersonKeys } from '../../../adapters/person-keys/memory/memory-person-keys.ts'
import { memoryVault } from '../../../adapters/vault/memory/memory-vault.ts'
import type { IndividualId, Person, PluginAnswer, VerifyAnswer, VerifyRequest } from '../../../domain/ports.ts'
import { attemptsStream, clientStream, devicesStream, transactionStream } from '../../../domain/streams.ts'
import { hmac } from '../../../src/crypto/hash.ts'
import { newSecret } from '../../../src/crypto/ids.ts'
import { attemptCounters, clients, transactions, trustedDevices } from '../../../src/deciders.ts'
import { deviceDigest } from '../../../src/devices.ts'
import { load } from '../../../src/handle.ts'
import { openedRequests } from '../../../src/opened-requests.ts'
import { pace, type Lengths } from '../../../src/pace.ts'
import { consentIdOf, personOf } from '../../../src/people.ts'
import { deliveries } from '../../../src/reactors/deliveries.ts'
import { unseal } from '../../../src/sealed.ts'
import { commandStream, count, type Act } from '../../../src/steps/act.ts'
import { prove } from '../../../src/steps/prove.ts'
import { requestFactor } from '../../../src/steps/request-factor.ts'
import { underWay } from '../../../src/under-way.ts'
import type { World } from '../../../src/world.ts'
import { at, configuration, digest, policy, TRANSACTION } from '../../domain/samples.ts'
import { wish } from '../../domain/transaction/samples.ts'
import { systemChance } from '../../support/chance.ts'
import { until } from '../../support/broker.ts'
import { systemTimers } from '../../support/given.ts'
import { guessesIn } from '../../support/guesses.ts'
import { handClock } from '../../support/hand-clock.ts'
import { command, nodeOn, quickTimers } from '../worlds.ts'

const ATTACKER: IndividualId = { type: 'uin', value: '1000000001' }
const VICTIM: IndividualId = { type: 'uin', value: '1000000002' }
const KEY = new Uint8Array(32)
const client = { registered: true, active: true, configuration, artefact: digest('artefact') }

const act = (second: number): Act => ({ id: systemChance.uuid(), causation: 'request', at: at(second), transaction: TRANSACTION, client })
const own = { ownDevice: false, deviceSecret: undefined }

describe('proving who one is', () => {
  let world: World
  let asked: VerifyRequest[]
  let answer: PluginAnswer<VerifyAnswer>

  beforeEach(async () => {
    const clock = handClock()
    asked = []
    answer = { ok: false, error: 'challenge_failed' }
    const verify = async (request: VerifyRequest) => {
      asked.push(request)
      return answer
    }
    // What this step needs of a world; the rest is never reached.
    world = {
      ...nodeOn(memoryEventStore({ clock, timers: systemTimers })),
      clock,
      chance: systemChance,
      policy: { value: policy, digest: digest('policy') },
      vault: memoryVault({ clock }),
      personKeys: memoryPersonKeys({ clock, chance: systemChance }),
      secrets: { index: KEY, subject: KEY, digest: KEY, code: KEY, csrf: KEY, dpopNonce: KEY },
      guesses: guessesIn(clock),
      openedRequests: { get: () => ({}), set: () => undefined },
      pace: pace({ clock, timers: quickTimers(), chance: systemChance }),
      underWay: underWay(1),
      waiters: { wait: async () => undefined, wake: () => undefined },
      idSystem: { description: { id: 'mock', idTypes: [], factors: [] }, generation: 1, system: { verify } },
    } as unknown as World
    await command(world, wish('StartAuthorization'))
    await command(world, wish('OpenAuthorization'))
  })

  const closePath = async (id: IndividualId, path: 'trusted' | 'unknown' = 'unknown'): Promise<void> => {
    const person = await world.personKeys.resolve(hmac(world.secrets.index, `id:mock:${id.type}:${id.value}`))
    for (const second of [-500, -400, -300, -200, -150, -100, -60, -1])
      await count(world, act(second), person.ref, {
        type: 'CountAttempt',
        at: at(second),
        path,
        factor: 'pin',
        transaction: TRANSACTION,
      })
  }

  /** A device that this person trusts, on which the path is closed too. */
  const deviceOf = async (id: IndividualId): Promise<string> => {
    const secret = newSecret(systemChance)
    const person = await world.personKeys.resolve(hmac(world.secrets.index, `id:mock:${id.type}:${id.value}`))
    const wish = { type: 'TrustDevice', at: at(0), device: deviceDigest(person, secret), until: at(1e6) } as const
    await commandStream(world, trustedDevices, devicesStream(person.ref), wish, { ...act(0), correlation: TRANSACTION })
    await closePath(id, 'trusted')
    return secret
  }

  it('rules 11 and 21: a guess on one person is never counted on another, whoever was named in between', async () => {
    await closePath(VICTIM)
    expect((await requestFactor(world, act(3), { factor: 'pin', id: ATTACKER, ...own })).refusal).to.equal(undefined)
    const trusting = { ownDevice: false, deviceSecret: await deviceOf(VICTIM) }
    expect((await requestFactor(world, act(5), { factor: 'otp', id: VICTIM, ...trusting })).refusal).to.equal('factor_limited')
    expect((await prove(world, act(6), 'pin', '123456', undefined)).refusal).to.equal('factor_wrong')
    expect(asked.map(({ id }) => id.value)).to.deep.equal([ATTACKER.value])
  })

  it('rule 22: a message that the counters refuse looks like one that was sent to nobody, but on a device of the person’s own', async () => {
    await closePath(VICTIM)
    const { state, refusal } = await requestFactor(world, act(3), { factor: 'otp', id: VICTIM, ...own })
    expect(refusal).to.equal(undefined)
    expect(state.delivery).to.include({ send: 1, status: 'pending' })
    const person = state.chosen?.person ?? ''
    expect(await unseal(world, TRANSACTION, `person.${person}`)).to.include({ withheld: true })
    expect((await load(world, attemptCounters, attemptsStream(person, 'unknown'))).state.sends, 'nothing is counted').to.deep.equal([])
  })

  it('rule 22: whom the ID system does not name waits as long as those whom it names, but on a device of their own', async () => {
    const calls: string[] = []
    const pacing = {
      took: () => 30,
      note: (kind: string, lengths: Lengths) => void calls.push(`note ${kind} ${lengths.join(' ')}`),
      like: (): Lengths => [41, 77],
      until: async (_: string, ms?: number) => void calls.push(`until ${String(ms)}`),
      round: async () => undefined,
    }
    const knows = async ({ id }: { readonly id: IndividualId }) =>
      id.value === VICTIM.value
        ? ({ ok: true, value: { subjectKey: 'victim' } } as const)
        : ({ ok: false, error: 'subject_denied' } as const)
    const system = { ...world.idSystem.system, resolve: knows }
    const naming = { ...world, pace: pacing, idSystem: { ...world.idSystem, system } } as unknown as World
    for (const id of [VICTIM, ATTACKER]) await requestFactor(naming, act(3), { factor: 'pin', id, ...own })
    expect(calls).to.deep.equal(['note wish-mock-pin 30', 'until 30', 'until 41'])
    const secret = await deviceOf(ATTACKER)
    await requestFactor(naming, act(4), { factor: 'pin', id: ATTACKER, ownDevice: false, deviceSecret: secret })
    // One that names nobody tells nothing by its time.
    await requestFactor({ ...world, pace: pacing }, act(5), { factor: 'pin', id: ATTACKER, ...own })
    expect(calls).to.have.length(3)
  })

  it('rule 22: a message to nobody is over when one to somebody would be, by the same occasion', async () => {
    const calls: string[] = []
    const pacing = {
      took: () => 90,
      note: (kind: string, lengths: Lengths) => void calls.push(`note ${kind} ${lengths.join(' ')}`),
      like: (): Lengths => [41, 77],
      until: async (_: string, ms?: number) => void calls.push(`until ${String(ms)}`),
      round: async () => undefined,
    }
    const isVictim = ({ id }: { readonly id: IndividualId }): boolean => id.value === VICTIM.value
    const unnamed = { ...VICTIM, value: '1000000003' }
    const denied = { ok: false, error: 'subject_denied' } as const
    const resolve = async (request: { readonly id: IndividualId }) =>
      isVictim(request) ? ({ ok: true, value: { subjectKey: 'victim' } } as const) : denied
    const send = async (request: { readonly id: IndividualId }) =>
      isVictim(request) || request.id.value === unnamed.value
        ? ({ ok: true, value: { channels: ['sms'], validForS: 180 } } as const)
        : denied
    const system = { ...world.idSystem.system, resolve, send }
    const idSystem = { ...world.idSystem, system }
    const sending = {
      ...world,
      openedRequests: openedRequests(1),
      pace: pacing,
      idSystem,
      idSystems: { begun: () => idSystem },
    } as unknown as World
    const register = { type: 'RegisterClient', at: at(0), client: 'clinic', configuration, artefact: digest('artefact') } as const
    await commandStream(world, clients, clientStream('clinic'), register, { ...act(0), correlation: 'clinic' })
    const pending = async (): Promise<boolean> =>
      (await load(world, transactions, transactionStream(TRANSACTION))).state.delivery?.status === 'pending'
    const delivering = deliveries(sending)
    try {
      for (const [second, id] of [
        [3, VICTIM],
        [64, ATTACKER],
        [125, unnamed],
      ] as const) {
        expect((await requestFactor(sending, act(second), { factor: 'otp', id, ...own })).refusal).to.equal(undefined)
        await until('the delivery is over', async () => !(await pending()))
      }
    } finally {
      await delivering.stop()
    }
    expect(calls).to.deep.equal(['until 90', 'note wish-mock-otp 90 90', 'until 90', 'until 41', 'until 77', 'until 41', 'until 90'])
  })

  it('rule 11: a path that is closed refuses without asking the ID system', async () => {
    await closePath(VICTIM)
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    expect((await prove(world, act(4), 'pin', '123456', undefined)).refusal).to.equal('factor_limited')
    expect(asked).to.deep.equal([])
  })

  it('rule 22: tries on a closed path run out like others, with the same words', async () => {
    await closePath(VICTIM)
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    const refusals = []
    for (const second of [4, 5, 6, 7]) refusals.push((await prove(world, act(second), 'pin', '123456', undefined)).refusal)
    expect(refusals).to.deep.equal(['factor_limited', 'factor_limited', 'attempts_exhausted', 'transaction_ended'])
    expect(asked).to.deep.equal([])
  })

  const failuresAfter = async (given: PluginAnswer<VerifyAnswer>): Promise<number> => {
    answer = given
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    expect((await prove(world, act(4), 'pin', '123456', undefined)).refusal).to.equal('factor_unavailable')
    const person = await world.personKeys.resolve(hmac(world.secrets.index, `id:mock:${VICTIM.type}:${VICTIM.value}`))
    return (await load(world, attemptCounters, attemptsStream(person.ref, 'unknown'))).state.failures
  }

  it('rule 11: what an ID system says it could not check is taken back', async () => {
    expect(await failuresAfter({ ok: false, error: 'unavailable' })).to.equal(0)
  })

  for (const code of ['plugin_threw', 'answer_unfit'])
    it(`rule 11: a plugin that breaks its contract over a wrong proof (${code}) makes no guess free`, async () => {
      expect(await failuresAfter({ ok: false, error: code === 'answer_unfit' ? 'misconfigured' : 'unavailable', code })).to.equal(1)
    })

  /** Somebody whom the ID system knows by another identifier than the one that is typed, and does not say so beforehand. */
  const knownByAnother = async (): Promise<Person> => {
    const row = hmac(world.secrets.index, 'subject:mock:maya')
    const person = await world.personKeys.resolve(row)
    await world.personKeys.join([row], person)
    answer = { ok: true, value: { subjectKey: 'maya', session: 's', sessionExpiresAt: at(600), factorsProven: ['pin'] } }
    return person
  }

  const proveByAnother = async () => {
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    return prove(world, act(4), 'pin', '123456', undefined)
  }

  it('rule 11: who is shut out comes in by no other of their identifiers', async () => {
    const { ref } = await knownByAnother()
    await count(world, act(1), ref, { type: 'RestrictPath', at: at(1), path: 'unknown', actor: 'j.doe', case: 'ERASE-9' })
    const { state, refusal } = await proveByAnother()
    expect(refusal).to.equal('factor_limited')
    expect(state).to.include({ stage: 'opened' })
    expect(state.authenticated).to.equal(undefined)
  })

  it('rule 13: a login by another identifier stands among the person’s before it is theirs, so that whoever ends those finds it', async () => {
    const { ref } = await knownByAnother()
    const { state, refusal } = await proveByAnother()
    expect(refusal).to.equal(undefined)
    expect(state.authenticated).to.include({ person: ref })
    const counted = await world.journal.read(attemptsStream(ref, 'unknown'))
    expect(counted.map(({ type, data }) => [type, data['transaction']])).to.deep.equal([
      ['AttemptCounted', TRANSACTION],
      ['AttemptCredited', TRANSACTION],
    ])
    expect((await load(world, attemptCounters, attemptsStream(ref, 'unknown'))).state.failures).to.equal(0)
  })

  const RIGHT = { ok: true, value: { subjectKey: 'maya', session: 's', sessionExpiresAt: at(600), factorsProven: ['pin'] } } as const

  /** Something that happens while the ID system is asked, which says yes then. */
  const meanwhile = (happens: () => Promise<unknown>): World => {
    const verify = async () => {
      await happens()
      return RIGHT
    }
    return { ...world, idSystem: { ...world.idSystem, system: { verify } } } as unknown as World
  }

  it('issue 7: vault and keys are read once and written once, around the ID system and in the order of rules 10 and 11', async () => {
    const asked: string[] = []
    const noting = <Port extends object>(port: Port, label: (args: readonly unknown[]) => string): Port =>
      new Proxy(port, {
        get: (of, name) => {
          const value: unknown = Reflect.get(of, name)
          if (typeof value !== 'function') return value
          return (...args: readonly unknown[]): unknown => {
            asked.push(`${String(name)} ${label(args)}`.trim())
            return Reflect.apply(value, of, args)
          }
        },
      })
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    const vault = noting(world.vault, ([name]) => String(name).replace(/.*\//, '').replace(/\..*/, ''))
    const personKeys = noting(world.personKeys, () => '')
    const { state, refusal, signedIn } = await prove(
      { ...meanwhile(async () => asked.push('verify')), vault, personKeys },
      act(4),
      'pin',
      '123456',
      undefined,
    )
    expect([state.stage, refusal]).to.deep.equal(['authenticated', undefined])
    expect(asked).to.deep.equal(['get person', 'verify', 'find', 'byRef', 'put proof', 'join'])
    expect(signedIn?.person.ref).to.equal(state.authenticated?.person)
    expect(signedIn?.proof).to.deep.equal(await unseal(world, TRANSACTION, `proof.${signedIn?.person.ref ?? ''}`))
  })

  it('what a login was proven by is kept nowhere when it ended while the ID system was asked', async () => {
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    const ending = meanwhile(() => command(world, { type: 'FailAuthorization', at: at(4), reason: 'cancelled' }))
    const { state, refusal } = await prove(ending, act(4), 'pin', '123456', undefined)
    expect(refusal).to.be.a('string')
    expect(state.stage).to.equal('failed')
    const person = await world.personKeys.resolve(hmac(world.secrets.index, `id:mock:${VICTIM.type}:${VICTIM.value}`))
    expect(await unseal(world, TRANSACTION, `proof.${person.ref}`)).to.equal(undefined)
    expect(await unseal(world, TRANSACTION, `person.${person.ref}`)).to.equal(undefined)
  })

  it('rule 18: who was erased while the ID system was asked signs in as nobody, and no key comes back', async () => {
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    const index = hmac(world.secrets.index, `id:mock:${VICTIM.type}:${VICTIM.value}`)
    const { ref } = await world.personKeys.resolve(index)
    const { state, refusal } = await prove(
      meanwhile(() => world.personKeys.erase(ref)),
      act(4),
      'pin',
      '123456',
      undefined,
    )
    expect([state.stage, refusal]).to.deep.equal(['opened', 'transaction_expired'])
    expect(await world.personKeys.byRef(ref)).to.equal(undefined)
    expect(await world.personKeys.find(index)).to.equal(undefined)
    expect(await unseal(world, TRANSACTION, `proof.${ref}`)).to.equal(undefined)
  })

  it('rule 22: a no about nobody takes as long as one of the same ID system, never of another', async () => {
    const kinds: string[] = []
    const note = (kind: string): void => void kinds.push(`noted ${kind}`)
    const like = (kind: string): Lengths => {
      kinds.push(`drawn ${kind}`)
      return [0]
    }
    world = { ...world, pace: { ...world.pace, note, like } }
    await requestFactor(world, act(3), { factor: 'pin', id: VICTIM, ...own })
    await prove(world, act(4), 'pin', '123456', undefined)
    answer = { ok: false, error: 'subject_denied' }
    await prove(world, act(5), 'pin', '123456', undefined)
    const { idSystem } = world
    world = { ...world, idSystem: { ...idSystem, description: { ...idSystem.description, id: 'registry' } } }
    await prove(world, act(6), 'pin', '123456', undefined)
    expect(kinds).to.deep.equal(['noted verify-mock-pin', 'drawn verify-mock-pin', 'drawn verify-registry-pin'])
  })

  it('rule 18: an ID system that does not say who it is gives nobody a fresh count', async () => {
    const call = { idempotencyKey: 'one', deadline: at(60), transaction: TRANSACTION, client: 'clinic' }
    const saying = (error: 'rate_limited' | 'unavailable' | 'misconfigured' | 'session_expired' | 'subject_denied'): World => ({
      ...world,
      idSystem: { ...world.idSystem, system: { ...world.idSystem.system, resolve: async () => ({ ok: false, error }) } },
    })
    for (const error of ['rate_limited', 'unavailable', 'misconfigured', 'session_expired'] as const)
      expect(await personOf(saying(error), VICTIM, call), error).to.equal('unavailable')
    expect(await personOf(saying('subject_denied'), VICTIM, call)).to.include.keys('person')
  })

  it('rule 20: an identifier that was given to somebody else brings no consent with it', async () => {
    const person = await world.personKeys.resolve(hmac(world.secrets.index, 'id:mock:phone:+15550100'))
    const ids = [consentIdOf(person, 'a', 'clinic'), consentIdOf(person, 'b', 'clinic'), consentIdOf(person, 'a', 'shop')]
    expect(new Set(ids).size).to.equal(3)
    expect(consentIdOf(person, 'a', 'clinic')).to.equal(ids[0])
    expect(consentIdOf(person, 'a:b', 'c')).not.to.equal(consentIdOf(person, 'a', 'b:c'))
  })
})
