import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import type { VerifiedDescription } from '../../../domain/ports.ts'
import { consentStream } from '../../../domain/streams.ts'
import type { TransactionState } from '../../../domain/transaction/state.ts'
import { newTransaction } from '../../../src/crypto/ids.ts'
import { clientOf } from '../../../src/clients.ts'
import { consentIdOf } from '../../../src/people.ts'
import { seal } from '../../../src/sealed.ts'
import { giveConsent } from '../../../src/steps/agree.ts'
import type { World } from '../../../src/world.ts'
import { SHOP } from '../../support/given.ts'
import { onlyIdSystem } from '../../../src/id-systems.ts'
import { house, type House } from '../http/house.ts'

const DESCRIBED = {
  trustFrameworks: [{ id: 'register', name: { en: 'Register' } }],
  claims: ['name'],
  documents: [],
  documentCheckMethods: [],
  electronicRecords: [],
}
const trust_framework = null
const VOUCH = { type: { value: 'vouch' }, attestation: { type: null, reference_number: null } }
const CLAIMS = JSON.stringify({
  userinfo: {
    verified_claims: [
      { verification: { trust_framework }, claims: { name: null } },
      { verification: { trust_framework, evidence: [VOUCH] }, claims: { name: null } },
    ],
  },
})

describe('what a consent stands for (rule 28)', () => {
  let place: House
  before(async () => {
    place = await house()
    await place.register(SHOP)
  })
  after(() => place.close())

  /** Digests of what was shown to one person, in logins over ID systems that verify with these kinds of evidence. */
  const digests = async (...kinds: readonly VerifiedDescription['evidence'][]): Promise<readonly unknown[]> => {
    const person = await place.world.personKeys.resolve('p'.repeat(43))
    for (const evidence of kinds) {
      const { description, system } = place.world.idSystem
      const verifiedClaims = { ...DESCRIBED, evidence }
      const world: World = { ...place.world, ...onlyIdSystem({ system, generation: 1, description: { ...description, verifiedClaims } }) }
      const transaction = newTransaction(world.chance)
      const at = world.clock.now()
      const until = '2099-01-01T00:00:00.000Z'
      await seal(world, transaction, 'request', { claims: CLAIMS }, until)
      await seal(world, transaction, `proof.${person.ref}`, { subjectKey: 'subject', session: 's', sub: 's' }, until)
      const request = { claims: [{ name: 'verified_claims.name', essential: true }], scopes: ['openid'], prompt: [] }
      const state = { stage: 'authenticated', request, authenticated: { person: person.ref }, pending: [] } as unknown as TransactionState
      const act = { id: world.chance.uuid(), causation: 'test', at, transaction, client: await clientOf(world, 'shop') }
      await giveConsent(world, act, state, { claims: [], scopes: [], language: 'en' })
    }
    const events = await place.world.journal.read(consentStream(consentIdOf(person, 'subject', 'shop')))
    return events
      .filter(({ type }) => type === 'ConsentGiven')
      .map(({ data }) => (data['standing'] as { requestDigest: string }).requestDigest)
  }

  it('is also what the page says of the check: an ID system that tells more of it asks again', async () => {
    const [before, same, more] = await digests(['document'], ['document'], ['document', 'vouch'])
    expect(before).to.be.a('string')
    expect(same).to.equal(before)
    expect(more).to.be.a('string').and.not.equal(before)
  })
})
