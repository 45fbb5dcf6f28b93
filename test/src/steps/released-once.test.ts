import { expect } from 'chai'
import { after, before, beforeEach, describe, it } from 'mocha'
import type { IdSystem } from '../../../domain/ports.ts'
import type { TransactionState } from '../../../domain/transaction/state.ts'
import { clientOf } from '../../../src/clients.ts'
import { newTransaction } from '../../../src/crypto/ids.ts'
import { onlyIdSystem } from '../../../src/id-systems.ts'
import { seal, unseal } from '../../../src/sealed.ts'
import { issueCode } from '../../../src/steps/issue-code.ts'
import type { World } from '../../../src/world.ts'
import { SHOP } from '../../support/given.ts'
import { house, type House } from '../http/house.ts'

const UNTIL = '2099-01-01T00:00:00.000Z'
const REF = 'p'.repeat(26)
const PROOF = { subjectKey: 'subject', session: 's', sub: 's' }

describe('claims are released once, before the code (rule 29)', () => {
  let place: House
  let world: World
  let transaction: string
  let released: number
  before(async () => {
    place = await house()
    await place.register(SHOP)
    const { description, system } = place.world.idSystem
    const release: IdSystem['release'] = async () => {
      released += 1
      return { ok: true, value: { claims: { email: 'maya@example.org' }, verified: [] } }
    }
    world = { ...place.world, ...onlyIdSystem({ generation: 1, description, system: { ...system, release } }) }
  })
  after(() => place.close())
  beforeEach(async () => {
    released = 0
    transaction = newTransaction(world.chance)
    await seal(world, transaction, 'request', {}, UNTIL)
    await seal(world, transaction, `proof.${REF}`, PROOF, UNTIL)
  })

  const issue = async (claims: readonly string[], signedIn?: Parameters<typeof issueCode>[3]) => {
    const act = { id: world.chance.uuid(), causation: 'test', at: world.clock.now(), transaction, client: await clientOf(world, 'shop') }
    const state = { stage: 'consented', authenticated: { person: REF }, consent: { claims }, pending: [] } as unknown as TransactionState
    await issueCode(world, act, state, signedIn)
  }
  const sealed = async () => [await unseal(world, transaction, 'claims'), await unseal(world, transaction, 'verified')]

  it('what was sealed is not asked for again, verified or not', async () => {
    for (const claims of [['email'], ['email', 'verified_claims.name']]) {
      await issue(claims)
      await issue(claims)
    }
    expect(released, 'once, and once more for what was not asked for before').to.equal(2)
    expect(await sealed()).to.deep.equal([{ email: 'maya@example.org' }, {}])
  })

  for (const part of ['claims', 'verified'] as const)
    it(`a crash that left only ${part} of the two leaves nobody with half of it`, async () => {
      await seal(world, transaction, part, {}, UNTIL)
      await issue(['email', 'verified_claims.name'])
      expect(released).to.equal(1)
      expect(await sealed()).to.deep.equal([{ email: 'maya@example.org' }, {}])
    })

  it('nothing is looked for where the person agreed by this very request', async () => {
    await seal(world, transaction, 'claims', { email: 'of nobody' }, UNTIL)
    await issue(['email'], { person: { ref: REF, key: new Uint8Array(32) }, proof: PROOF })
    expect(released).to.equal(1)
    expect((await sealed())[0]).to.deep.equal({ email: 'maya@example.org' })
  })
})
