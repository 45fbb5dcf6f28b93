import { createPublicKey, verify } from 'node:crypto'
import { expect } from 'chai'
import { afterEach, beforeEach, describe as suite, it } from 'mocha'
import { projections } from '../../../projections/index.ts'
import { retention } from '../../../projections/retention.ts'
import { AUDIT_ALGORITHM, auditing } from '../../../src/audit/auditing.ts'
import { readCompact } from '../../../src/crypto/compact.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { attemptCounters } from '../../../src/deciders.ts'
import { load } from '../../../src/handle.ts'
import { publishedKeys } from '../../../src/signing-keys.ts'
import { retentionLoop } from '../../../src/reactors/retention.ts'
import { completeErasure, requestErasure } from '../../../src/steps/erase-person.ts'
import { reopenPath } from '../../../src/steps/reopen.ts'
import { tendKeys } from '../../../src/steps/tend-keys.ts'
import { memoryReadModel } from '../../../adapters/read-model/memory/memory-read-model.ts'
import type { Destruction, Person } from '../../../domain/ports.ts'
import { attempts } from '../../../domain/person/attempts.ts'
import { attemptsStream } from '../../../domain/streams.ts'
import { systemChance } from '../../support/chance.ts'
import { describe, policy, told } from '../../support/given.ts'
import { house, type House } from '../http/house.ts'

const who = { actor: 'j.doe', purpose: 'request of the person', case: 'ERASE-9' }
const INDEX = sha256('somebody')

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

  beforeEach(async () => {
    listed = []
    at = await house({}, { destructions: { add: async (one) => void listed.push(one), all: async () => listed } })
    world = at.world
    await tendKeys(auditing(world), [AUDIT_ALGORITHM])
    person = await world.personKeys.resolve(INDEX)
    await world.personKeys.confirm(INDEX, person)
    await reopen()
  })
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
    expect((await finish()).status).to.equal('requested')
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
