import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { memoryPersonKeys } from '../../../adapters/person-keys/memory/memory-person-keys.ts'
import { attemptsStream } from '../../../domain/streams.ts'
import { hmac } from '../../../src/crypto/hash.ts'
import { systemChance } from '../../support/chance.ts'
import { given, recordedOf, type Given } from '../../support/given.ts'
import { commandLine, PLUGIN, type Ran } from '../../support/machine.ts'

const KEY = new Uint8Array(32)
const KNOWN = '8267411571'

describe('person reopen', () => {
  let world: Given
  let run: (line: string, input?: string) => Promise<Ran>
  let ref: string

  before(async () => {
    world = await given()
    const personKeys = memoryPersonKeys({ clock: world.clock, chance: systemChance })
    const description = { ...PLUGIN, idTypes: [{ type: 'uin' as const, pattern: '^\\d{10}$', lengthMax: 10 }] }
    ref = (await personKeys.resolve(hmac(KEY, `id:${description.id}:uin:${KNOWN}`))).ref
    const idSystem = {
      description,
      generation: 1,
      system: { health: async () => ({ status: 'up' }) as const, close: async () => undefined },
    }
    const secrets = { index: KEY, subject: KEY, code: KEY, csrf: KEY, digest: KEY, dpopNonce: KEY }
    run = commandLine(world, { persons: async () => ({ idSystem, personKeys, secrets, close: async () => undefined }) })
  })
  after(() => world.close())

  const recorded = async (): Promise<readonly { readonly type: string; readonly data: object }[]> =>
    (await world.journal.read(attemptsStream(ref, 'unknown'))).map(({ type, data }) => ({ type, data }))

  it('REG-16: records who did it for which case, and nothing by which the person is known', async () => {
    const done = await run('person reopen --actor j.doe --case HELP-42', `${KNOWN}\n`)
    expect(done).to.include({ code: 0, err: '' })
    const counters = { failures: 0, disabled: false, sends: [] }
    expect(await recorded()).to.deep.equal([{ type: 'PathReopened', data: { path: 'unknown', actor: 'j.doe', case: 'HELP-42', counters } }])
    expect(done.out + JSON.stringify(await world.all())).not.to.include(KNOWN)
  })

  it('makes nobody: who never came is not found, and that it was tried is recorded (REG-16)', async () => {
    const before = (await world.all()).length
    expect((await run('person reopen --actor j.doe --case HELP-42', '1774231323')).code).to.equal(1)
    const [denied, ...more] = recordedOf((await world.all()).slice(before - 1))
    expect(more).to.deep.equal([])
    expect(denied?.data).to.deep.equal({ actor: 'j.doe', verb: 'person reopen', why: 'refused' })
  })

  it('takes an identifier from standard input only, and needs actor and case', async () => {
    for (const line of ['person reopen', 'person reopen --actor j.doe', `person reopen ${KNOWN} --actor j.doe --case 1`])
      expect((await run(line, KNOWN)).code, line).to.equal(2)
    expect((await run('person reopen --actor j.doe --case 1 --path both', KNOWN)).code).to.equal(2)
    expect((await run('person reopen --actor j.doe --case 1', 'nobody at all')).code).to.equal(2)
  })
})
