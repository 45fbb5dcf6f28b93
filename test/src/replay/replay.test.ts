import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { replay, stateAt } from '../../../src/replay/replay.ts'
import { clientStream, consentStream, transactionStream } from '../../../domain/streams.ts'
import type { Journal } from '../../../src/journal.ts'
import type { Recorded } from '../../../projections/projection.ts'
import { CONSENT, finish, given, OTHER_TX, SHOP, signIn, TX, type Given } from '../../support/given.ts'

describe('replay (audit-and-operations 4.2)', () => {
  let world: Given
  const stream = transactionStream(TX)

  before(async () => {
    world = await given()
    await world.register()
    await signIn(world)
    await finish(world)
  })
  after(() => world.close())

  /** The journal with one event of the login retold. */
  const altered = (change: (event: Recorded) => Recorded): Journal => ({
    ...world.journal,
    read: async (name) => (await world.journal.read(name)).map((event) => (event.stream === stream ? change(event) : event)),
  })

  it('R1: the rules decide today what was recorded, in every kind of stream', async () => {
    for (const name of [stream, consentStream(CONSENT), clientStream('shop')]) {
      const replayed = await replay(world.journal, name)
      expect(replayed, name).to.include({ verdict: 'same' })
      expect(replayed.decisions).to.be.greaterThan(0)
    }
    const { events, decisions } = await replay(world.journal, stream)
    expect(events).to.be.greaterThan(decisions)
  })

  it('R1: a withdrawal and its revocation need no policy', async () => {
    const other = await given()
    await signIn(other, OTHER_TX)
    await other.wish(OTHER_TX, { type: 'RevokeAccess', at: other.clock.now(), consent: CONSENT })
    expect(await replay(other.journal, transactionStream(OTHER_TX))).to.include({ verdict: 'same' })
    await other.close()
  })

  it('R1: names the first difference: revision, member, both values', async () => {
    const journal = altered((event) =>
      event.type === 'Authenticated' ? { ...event, data: { ...event.data, amr: ['pin', 'otp'] } } : event,
    )
    const replayed = await replay(journal, stream)
    expect(replayed.verdict).to.equal('different')
    expect(replayed.difference).to.include({ command: 'ConfirmFactor', path: 'data.amr.1', recorded: 'otp', decided: null })
  })

  it('R1: another type, or a missing event, is a difference', async () => {
    const retyped = altered((event) => (event.type === 'CodeIssued' ? { ...event, type: 'CodeReplayed', data: { client: 'shop' } } : event))
    expect((await replay(retyped, stream)).difference).to.include({ path: 'type', recorded: 'CodeReplayed', decided: 'CodeIssued' })
    const shortened: Journal = {
      ...world.journal,
      read: async (name) =>
        (await world.journal.read(name)).filter((event) => event.type === 'AuthorizationStarted').map((event) => ({ ...event, count: 1 })),
    }
    expect((await replay(shortened, stream)).difference).to.include({ path: 'count', recorded: 1, decided: 2 })
  })

  it('REPLAY-04: what is not there any more is missing input, never an exception', async () => {
    const noArtefacts: Journal = { ...world.journal, artefact: async () => undefined }
    expect(await replay(noArtefacts, stream)).to.include({ verdict: 'missing_input', decisions: 0 })
    const noPolicy: Journal = {
      ...world.journal,
      artefact: async (digest) => {
        const content = await world.journal.artefact(digest)
        return content?.['client_id'] === undefined ? undefined : content
      },
    }
    expect((await replay(noPolicy, stream)).missing).to.equal('event 0: the policy that was in force')
    const noCommand = altered((event) => ({ ...event, index: 1, ...{ command: undefined } }) as unknown as Recorded)
    expect(await replay(noCommand, stream)).to.include({ verdict: 'missing_input' })
  })

  it('R0: the state at an event, and what it changed', async () => {
    const at = await stateAt(world.journal, stream, 5)
    expect(at?.event.type).to.equal('FactorAttempted')
    expect(at?.changes.map((change) => change.member)).to.have.members(['revision', 'attempts', 'pending'])
    expect(at?.state).to.include({ stage: 'opened', attempts: 2 })
    expect(await stateAt(world.journal, stream, 500)).to.equal(undefined)
  })

  it('reads and never writes', async () => {
    const head = await world.store.head()
    await replay(world.journal, stream)
    await stateAt(world.journal, clientStream(SHOP.client_id), 0)
    expect(await world.store.head()).to.equal(head)
  })
})
