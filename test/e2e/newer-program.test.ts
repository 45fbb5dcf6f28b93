import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { transactionStream } from '../../domain/streams.ts'
import { sealMetadata } from '../../src/chain.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { systemChance } from '../support/chance.ts'
import { begin, newParty, register, signIn, tokensOf, type Party } from '../support/rp.ts'

type Newer = { readonly type: string; readonly version: number }

/** What a node of a newer program records in a login: an unbroken chain, and a type, or a version of one, that this program does not know. */
const recordNewer = async ({ broker, clock }: BrokerHere, transaction: string, { type, version }: Newer): Promise<void> => {
  const { journal } = broker.world
  const stream = transactionStream(transaction)
  const events = await journal.read(stream)
  const last = events.at(-1)
  if (last === undefined) throw new Error('the login has no events')
  const id = systemChance.uuid()
  const event = { stream, revision: last.revision + 1, id, type, data: '{"foreseen":true}' }
  const metadata = JSON.stringify({
    ...{ at: clock.now(), version, $correlationId: transaction, $causationId: id, commandId: id, index: 0, count: 1 },
    ...{ rules: {}, previous: last.digest },
  })
  const sealed = sealMetadata({ ...event, previous: last.digest, metadata })
  await journal.store.append(stream, last.revision, [{ id, type: event.type, data: event.data, metadata: sealed.text }])
}

describe('rule 9: nodes of two programs on one store, while an upgrade rolls', () => {
  let here: BrokerHere
  let party: Party
  before(async function () {
    this.timeout(30_000)
    here = await brokerHere()
    party = await register(here, await newParty('shop'))
  })
  after(() => here.end())

  const newer: readonly (Newer & { readonly what: string })[] = [
    { what: 'a type of event', type: 'FactorForeseen', version: 1 },
    { what: 'a version of one', type: 'FactorRequested', version: 99 },
  ]
  for (const { what, ...event } of newer)
    it(`a login that a newer node took further, with ${what} unknown here, is refused for now, not broken; every other goes on`, async () => {
      const begun = await begin(here, party)
      await recordNewer(here, begun.transaction, event)
      const { status, headers, html } = await begun.browser.get(`/login/${begun.transaction}`)
      expect(status).to.equal(503)
      expect(headers['retry-after']).to.match(/^\d+$/)
      expect(html).to.not.contain(event.type)
      const tokens = await tokensOf(here, await signIn(here, party), party)
      expect(tokens.claims()?.iss).to.equal(here.issuer)
    })

  it('the older node parks nothing, and its projections wait where only the newer one can tell what comes', async () => {
    const statuses = await Promise.all(here.broker.runners.map((runner) => runner.status()))
    expect(statuses.map(({ parked }) => parked)).to.deep.equal(statuses.map(() => 0))
    const head = await here.broker.world.journal.store.head()
    expect(statuses.filter(({ position }) => position === head)).to.have.length.lessThan(statuses.length)
    expect(here.log()).to.contain('was recorded by a newer program')
  })
})
