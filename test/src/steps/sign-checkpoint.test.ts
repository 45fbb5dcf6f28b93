import { createPublicKey, verify } from 'node:crypto'
import { expect } from 'chai'
import { afterEach, beforeEach, describe as suite, it } from 'mocha'
import { auditLog } from '../../../projections/audit-log.ts'
import { AUDIT_ALGORITHM, auditing, statedKey } from '../../../src/audit/auditing.ts'
import { readCompact } from '../../../src/crypto/compact.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { publishedKeys } from '../../../src/signing-keys.ts'
import { checkpointLoop } from '../../../src/reactors/checkpoints.ts'
import { signCheckpoint } from '../../../src/steps/sign-checkpoint.ts'
import { rotateKey, tendKeys } from '../../../src/steps/tend-keys.ts'
import { textOf } from '../../../src/text-of.ts'
import type { Row } from '../../../domain/ports.ts'
import { CHECKPOINTS } from '../../../domain/streams.ts'
import { describe, finish, signIn, told } from '../../support/given.ts'
import { house, type House } from '../http/house.ts'

suite('rule 49: signed checkpoints of the audit log', () => {
  let at: House
  let tell: () => Promise<void>

  beforeEach(async () => {
    at = await house()
    const view = told(auditLog({ hash: sha256, describe }), at.views)
    tell = async () => view.given(await at.all())
    await tendKeys(auditing(at.world), [AUDIT_ALGORITHM])
    await at.register()
    await signIn(at)
    await tell()
  })
  afterEach(() => at.close())

  const statements = async (): Promise<readonly string[]> =>
    (await at.journal.read(CHECKPOINTS)).map((event) => textOf(event.data['statement']))

  it('the statement says count, chain and position, and verifies with the published key of the audit log alone', async () => {
    expect(await signCheckpoint(at.world)).to.equal('signed')
    const [statement = ''] = await statements()
    const read = readCompact(statement, 4000)
    const [key] = await publishedKeys(auditing(at.world))
    const records = await at.views.count('audit-log', 'records')
    const last = await at.views.get('audit-log', 'records', records)
    expect(read?.header).to.deep.equal({ alg: 'EdDSA', typ: 'checkpoint+jwt', kid: key?.kid })
    expect(read?.claims).to.include({ n: records, chain: last?.['chain'], position: last?.['position'], log: at.world.settings.issuer })
    const jwk = createPublicKey({ key: { ...key?.publicJwk }, format: 'jwk' })
    expect(verify(null, read!.input, jwk, read!.signature)).to.equal(true)
    expect((await publishedKeys(at.world)).map(({ kid }) => kid)).not.to.include(key?.kid)
  })

  it('none is signed while nothing was added, nor for its own record; one when the log has grown and ten seconds passed', async () => {
    await signCheckpoint(at.world)
    await tell()
    at.clock.pass(60_000)
    expect(await signCheckpoint(at.world)).to.equal('nothing_new')
    await finish(at)
    await tell()
    expect(await signCheckpoint(at.world)).to.equal('signed')
    expect(await statements()).to.have.length(2)
  })

  it('of two nodes that sign at once one is recorded', async () => {
    const other: House['world'] = { ...at.world, states: { ...at.world.states, get: () => undefined, inTurn: (_stream, act) => act() } }
    const outcomes = await Promise.all([signCheckpoint(at.world), signCheckpoint(other), signCheckpoint(other)])
    expect(outcomes.filter((outcome) => outcome === 'signed')).to.have.length(1)
    expect(await statements()).to.have.length(1)
  })

  it('a log that no longer holds what was signed is not signed again, and that is said once', async () => {
    await signCheckpoint(at.world)
    await finish(at)
    await tell()
    at.clock.pass(60_000)
    const forged = {
      ...at.views,
      get: async (projection: string, table: string, key: string | number): Promise<Row | undefined> => {
        const row = await at.views.get(projection, table, key)
        return row?.['chain'] === undefined ? row : { ...row, chain: sha256(`other ${JSON.stringify(row['n'])}`) }
      },
    }
    const world: House['world'] = { ...at.world, views: forged }
    expect(await signCheckpoint(world)).to.equal('forked')
    await checkpointLoop.turn(world)
    await checkpointLoop.turn(world)
    expect(at.log.lines.filter((line) => JSON.stringify(line).includes('audit_log_forked'))).to.have.length(1)
    expect(await statements()).to.have.length(1)
  })

  it('each names the keys that may sign the next, so a change of keys is followed without asking anybody', async () => {
    const { kid } = await rotateKey(auditing(at.world), AUDIT_ALGORITHM)
    await tell()
    await signCheckpoint(at.world)
    at.clock.pass(700_000)
    await checkpointLoop.turn(at.world)
    await tell()
    expect(await signCheckpoint(at.world)).to.equal('signed')
    const [first, second] = (await statements()).map((statement) => readCompact(statement, 4000))
    const next = (await publishedKeys(auditing(at.world))).find((key) => key.kid === kid)
    expect(first?.claims['keys']).to.deep.include(statedKey(next!.publicJwk))
    expect(second?.header['kid']).to.equal(kid)
  })
})
