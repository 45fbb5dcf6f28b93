import { createPublicKey, verify } from 'node:crypto'
import { expect } from 'chai'
import { afterEach, beforeEach, describe as suite, it } from 'mocha'
import { projections } from '../../../projections/index.ts'
import { retention } from '../../../projections/retention.ts'
import { AUDIT_ALGORITHM, auditing } from '../../../src/audit/auditing.ts'
import { readCompact } from '../../../src/crypto/compact.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { attemptCounters, consents, transactions } from '../../../src/deciders.ts'
import { load } from '../../../src/handle.ts'
import { publishedKeys } from '../../../src/signing-keys.ts'
import { retentionLoop } from '../../../src/reactors/retention.ts'
import { count } from '../../../src/steps/act.ts'
import { completeErasure, requestErasure } from '../../../src/steps/erase-person.ts'
import { reopenPath } from '../../../src/steps/reopen.ts'
import { tendKeys } from '../../../src/steps/tend-keys.ts'
import { memoryReadModel } from '../../../adapters/read-model/memory/memory-read-model.ts'
import type { Destruction, Person } from '../../../domain/ports.ts'
import { attempts } from '../../../domain/person/attempts.ts'
import { attemptsStream, consentStream, erasureStream, transactionStream } from '../../../domain/streams.ts'
import { systemChance } from '../../support/chance.ts'
import { CONSENT, describe, PERSON, policy, signIn, told, TX } from '../../support/given.ts'
import { house, type House } from '../http/house.ts'

const who = { actor: 'j.doe', purpose: 'request of the person', case: 'ERASE-9' }
const INDEX = sha256('somebody')
const [AT_CONSENT, AT_PROOF, OF_ANOTHER] = ['a', 'b', 'c'].map((letter) => `tx_${letter.repeat(24)}`) as [string, string, string]

suite('erasing a person (REG-11, PRIV-02, PRIV-03)', () => {
  let at: House
  let world: House['world']
  let person: Person
  let listed: Destruction[]

  const reopen = () =>
    reopenPath(world, person, { id: systemChance.uuid(), at: at.clock.now(), path: 'unknown', actor: 'j.doe', case: 'HELP-42' })
  const tell = async (): Promise<void> => told(retention, at.views).given(await at.all())
  const ask = () => requestErasure(world, person.ref, { id: systemChance.uuid(), at: at.clock.now(), ...who })
  const finish = () => completeErasure(world, person.ref, systemChance.uuid())

  const again = async (): Promise<void> => {
    await at.close()
    await begin()
  }
  const begin = async (): Promise<void> => {
    listed = []
    at = await house({}, { destructions: { add: async (one) => void listed.push(one), all: async () => listed } })
    world = at.world
    await tendKeys(auditing(world), [AUDIT_ALGORITHM])
    person = await world.personKeys.resolve(INDEX)
    await world.personKeys.join([INDEX], person)
    await reopen()
  }
  beforeEach(begin)
  afterEach(() => at.close())

  it('without floors the key is gone at once, nothing finds the person, and the certificate verifies and names nobody', async () => {
    await ask()
    const { status, statement = '', rows } = await finish()
    expect(status).to.equal('certified')
    expect(rows).to.equal(1)
    expect(await world.personKeys.find(INDEX)).to.equal(undefined)
    expect(await world.personKeys.byRef(person.ref)).to.equal(undefined)
    const read = readCompact(statement, 4000)
    const [key] = await publishedKeys(auditing(world))
    expect(verify(null, read!.input, createPublicKey({ key: { ...key?.publicJwk }, format: 'jwk' }), read!.signature)).to.equal(true)
    expect(read?.claims).to.include({ person: person.ref, rows: 1, case: 'ERASE-9' })
    expect(listed.map(({ ref }) => ref)).to.deep.equal([person.ref])
  })

  it('is shut out from the moment it was asked for, whatever is reopened, and waits for the floor', async () => {
    const floors = { authentication: 30 }
    world = { ...world, policy: { ...world.policy, value: { ...policy, retention: { floors } } } }
    await ask()
    expect((await finish()).status).to.equal('restricted')
    await reopen()
    for (const path of ['unknown', 'trusted'] as const) {
      const { state } = await load(world, attemptCounters, attemptsStream(person.ref, path))
      const command = { type: 'CountAttempt', at: at.clock.now(), path, factor: 'pin', transaction: 'tx_0123456789abcdefghjkmnpq' } as const
      expect(attempts.decide(command, state, { policy }).refusal, path).to.equal('factor_limited')
    }
    expect(await world.personKeys.find(INDEX)).not.to.equal(undefined)
    at.clock.pass(31 * 86_400_000)
    await tell()
    await retentionLoop.turn(world)
    expect(await world.personKeys.find(INDEX)).to.equal(undefined)
    expect(listed).to.have.length(1)
    await tell()
    expect(await at.views.count('retention', 'persons')).to.equal(0)
  })

  it('who was not here for longer than the ceiling is erased without being asked for; who was, is not', async () => {
    world = { ...world, policy: { ...world.policy, value: { ...policy, retention: { ceilings: { authentication: 180 } } } } }
    at.clock.pass(179 * 86_400_000)
    await tell()
    await retentionLoop.turn(world)
    expect(await world.personKeys.find(INDEX)).not.to.equal(undefined)
    at.clock.pass(2 * 86_400_000)
    await retentionLoop.turn(world)
    expect(await world.personKeys.find(INDEX)).to.equal(undefined)
  })

  it('a crash after the list was written: the next look finishes it', async () => {
    await ask()
    const failing = { ...world, personKeys: { ...world.personKeys, erase: () => Promise.reject(new Error('power cut')) } }
    await completeErasure(failing, person.ref, systemChance.uuid()).catch(() => undefined)
    expect(listed).to.have.length(1)
    expect((await finish()).status).to.equal('certified')
    expect(await world.personKeys.find(INDEX)).to.equal(undefined)
  })

  /** A login with its code and consent, one at the consent page, one that somebody else went on with, and one whose proof is being checked. */
  const live = async (): Promise<void> => {
    const { wish, clock } = at
    const who = async (tx: string, ref: string): Promise<void> => {
      const act = {
        id: systemChance.uuid(),
        causation: 'test',
        at: clock.now(),
        transaction: tx,
        client: { registered: true, active: true },
      }
      await count(world, act, ref, { type: 'CountAttempt', at: clock.now(), path: 'unknown', factor: 'pin', transaction: tx })
    }
    await signIn(at, TX, person.ref)
    await who(TX, person.ref)
    for (const [tx, ref] of [
      [AT_CONSENT, person.ref],
      [OF_ANOTHER, PERSON],
      [AT_PROOF, person.ref],
    ] as const) {
      const asked = {
        client: 'shop',
        via: 'direct',
        redirectUri: 'https://shop.example/cb',
        responseMode: 'query',
        scopes: ['openid'],
      } as const
      const more = { claims: [], acrs: [], acrEssential: false, factors: ['pin'], prompt: [], requestDigest: sha256('r') } as const
      const from = { plugin: { id: 'mock', version: '1' }, browser: sha256('browser') } as const
      await wish(tx, { type: 'StartAuthorization', at: clock.now(), ...asked, ...more, ...from })
      await wish(tx, { type: 'RequestFactor', at: clock.now(), factor: 'pin', person: ref, idType: 'uin', path: 'unknown' })
      await wish(tx, { type: 'AttemptFactor', at: clock.now(), factor: 'pin' })
      await who(tx, person.ref)
      if (tx !== AT_PROOF) await wish(tx, { type: 'ConfirmFactor', at: clock.now(), attempt: 1, factorsProven: ['pin'], samePerson: true })
    }
  }
  const stageOf = async (tx: string): Promise<string> => (await load(world, transactions, transactionStream(tx), true)).state.stage
  const endsAsItShould = async (when: string): Promise<void> => {
    const consent = await load(world, consents, consentStream(CONSENT), true)
    const stages = await Promise.all([TX, AT_CONSENT, AT_PROOF, OF_ANOTHER].map(stageOf))
    expect([consent.state.status, ...stages], when).to.deep.equal(['withdrawn', 'revoked', 'failed', 'failed', 'authenticated'])
    const types = (await world.journal.read(erasureStream(person.ref))).map(({ type }) => type)
    expect(types, when).to.deep.equal(['ErasureRequested', 'ProcessingRestricted', 'PersonErased', 'ErasureCertified'])
    expect(await world.personKeys.byRef(person.ref), when).to.equal(undefined)
    expect(listed.length, when).to.be.greaterThan(0)
  }

  it('rule 13: what lives ends before the key goes, and before it is answered; nothing of anybody else does', async () => {
    await live()
    const { status } = await ask()
    expect(status).to.equal('restricted')
    expect(await world.personKeys.find(INDEX)).not.to.equal(undefined)
    const { data } = (await world.journal.last(erasureStream(person.ref)))!
    expect(data).to.include({ consents: 1, logins: 2 })
    await finish()
    await endsAsItShould('at the end')
    const order = (await at.all()).flatMap((message) => (message.kind === 'event' ? [message.event.type] : []))
    const positions = [
      'PathRestricted',
      'AuthorizationFailed',
      'WithdrawalRequested',
      'AccessRevoked',
      'ConsentWithdrawn',
      'ProcessingRestricted',
    ]
    expect(positions.map((type) => order.indexOf(type))).to.deep.equal(
      positions.map((type) => order.indexOf(type)).toSorted((a, b) => a - b),
    )
  })

  it('a power cut before or after any step of it: the reactors end it as it should', async () => {
    for (const done of [false, true])
      for (let cut = 0, whole = false; !whole; cut += 1) {
        await again()
        await live()
        let steps = 0
        const cutting =
          <A extends readonly unknown[], R>(act: (...given: A) => Promise<R>) =>
          async (...given: A): Promise<R> => {
            const now = steps === cut
            steps += 1
            if (now && !done) throw new Error('power cut')
            const result = await act(...given)
            if (now) throw new Error('power cut')
            return result
          }
        const failing = {
          ...world,
          journal: { ...world.journal, append: cutting(world.journal.append) },
          destructions: { ...world.destructions, add: cutting(world.destructions.add) },
          personKeys: { ...world.personKeys, erase: cutting(world.personKeys.erase) },
        }
        const by = { id: systemChance.uuid(), at: at.clock.now(), ...who }
        whole = await requestErasure(failing, person.ref, by)
          .then(() => completeErasure(failing, person.ref, systemChance.uuid()))
          .then(() => true)
          .catch(() => false)
        // Nothing was recorded yet: nobody has promised anything.
        if ((await world.journal.last(erasureStream(person.ref))) === undefined) continue
        await tell()
        await retentionLoop.turn(world)
        await endsAsItShould(`cut at step ${String(cut)}, ${done ? 'after' : 'before'} it`)
        await tell()
        expect(await at.views.count('retention', 'persons')).to.equal(0)
        if (whole) expect(cut).to.be.greaterThan(8)
      }
  })

  it('PRIV-02, PRIV-03: every projection told live equals the one rebuilt after the erasure', async () => {
    const all = projections({ hash: sha256, describe })
    const live = memoryReadModel()
    const before = await at.all()
    for (const projection of all) await told(projection, live).given(before)
    await ask()
    await finish()
    for (const projection of all) {
      const seen = told(projection, live)
      await seen.given(await at.all())
      const again = told(projection, memoryReadModel(), 3)
      await again.given(await at.all())
      for (const table of Object.keys(projection.tables))
        expect(await seen.rows(table), `${projection.name}/${table}`).to.deep.equal(await again.rows(table))
    }
    await live.close()
  })
})
