import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { clients } from '../../projections/clients.ts'
import { consents } from '../../projections/consents.ts'
import { live } from '../../projections/live.ts'
import type { SourceMessage } from '../../projections/projection.ts'
import { missingRows, remember, tell, type RowCache } from '../../projections/tell.ts'
import { CONSENT, finish, given, OTHER_TX, PERSON, SHOP, signIn, told, TX, type Given } from '../support/given.ts'

describe('registers that cross streams', () => {
  let world: Given
  let messages: readonly SourceMessage[]

  before(async () => {
    world = await given()
    await world.register()
    await signIn(world)
    await finish(world)
    await signIn(world, OTHER_TX)
    await world.client('shop', { type: 'DeactivateClient', at: world.clock.now(), client: 'shop' })
    messages = await world.all()
  })
  after(() => world.close())

  it('clients: configuration, whether active, registered and updated at', async () => {
    const view = told(clients)
    await view.given(messages)
    const [row, ...others] = await view.rows('clients')
    expect(others).to.deep.equal([])
    expect(row).to.include({ client: 'shop', name: 'The Shop', active: false, registered_at: '2026-11-24T12:00:00.000Z', revision: 1 })
    expect(row?.['updated_at']).to.equal(world.clock.now())
    expect(row?.['configuration']).to.deep.equal(SHOP)
  })

  it('consents: status, claims, notice, uses; the second agreement begins to count anew', async () => {
    const view = told(consents)
    await view.given(messages)
    const [row, ...others] = await view.rows('consents')
    expect(others).to.deep.equal([])
    expect(row).to.include({ consent: CONSENT, client: 'shop', status: 'given', uses: 1, withdrawn_at: null, by: 'self' })
    expect(row?.['claims']).to.deep.equal(['name', 'birthdate'])
    expect(row?.['refused']).to.deep.equal(['email'])
    expect(row?.['notice']).to.include({ version: '1', language: 'en' })
  })

  it('no person is in the registers of consents and logins (rule 1)', async () => {
    for (const projection of [consents, live]) {
      const view = told(projection)
      await view.given(messages)
      for (const table of Object.keys(projection.tables)) expect(JSON.stringify(await view.rows(table))).not.to.include(PERSON)
    }
  })

  it('live: stage and next deadline as the rules say them; what is over stays to be found', async () => {
    const view = told(live)
    await view.given(messages)
    const rows = await view.rows('transactions')
    const row = (tx: string) => rows.find((candidate) => candidate['transaction'] === tx)
    expect(row(TX)).to.include({ client: 'shop', stage: 'closed', factor: 'pin', failure: null, open: false, deadline: '' })
    expect(row(TX)).to.include({ started: `2026-11-24T12:00:00.000Z ${TX}` })
    expect(row(OTHER_TX)).to.include({ stage: 'code_issued', open: true })
    expect((row(OTHER_TX) as { deadline?: string }).deadline! > world.clock.now()).to.equal(true)
  })

  it('live: what was revoked is due at once', async () => {
    const other = await given()
    await signIn(other)
    await other.wish(TX, { type: 'RevokeAccess', at: other.clock.now(), consent: CONSENT })
    const view = told(live)
    await view.given(await other.all())
    expect((await view.rows('transactions'))[0]).to.include({ stage: 'revoked', open: true, deadline: other.clock.now() })
    await other.close()
  })

  it('consents: withdrawal has two steps and an instant (rule 13)', async () => {
    const other = await given()
    await signIn(other)
    await other.consent(CONSENT, { type: 'RequestWithdrawal', at: other.clock.now(), by: 'self' })
    const view = told(consents)
    await view.given(await other.all())
    expect((await view.rows('consents'))[0]).to.include({ status: 'withdrawing', withdrawn_at: null })
    other.clock.pass(10)
    await other.consent(CONSENT, { type: 'CompleteWithdrawal', at: other.clock.now() })
    await view.given(await other.all())
    expect((await view.rows('consents'))[0]).to.include({ status: 'withdrawn', withdrawn_at: other.clock.now(), uses: 1 })
    await other.close()
  })

  it('telling twice is telling once, whatever the size of the batches (rule 37)', async () => {
    for (const projection of [clients, consents, live]) {
      const once = told(projection, undefined, 1)
      await once.given(messages)
      const twice = told(projection, undefined, 5)
      await twice.given(messages)
      await twice.given(messages)
      for (const table of Object.keys(projection.tables)) expect(await twice.rows(table)).to.deep.equal(await once.rows(table))
    }
  })

  it('a row that changes often in one batch is written once, and what is written comes to the same', () => {
    const cache: RowCache = new Map()
    for (const row of missingRows(live, cache, messages, undefined)) remember(cache, row, undefined)
    const all = tell(live, cache, messages, undefined)
    const rows = all.changes.flatMap((change) =>
      change.kind === 'put' && change.table === 'transactions' ? [change.row['transaction']] : [],
    )
    expect(new Set(rows).size).to.equal(rows.length)
    expect(all.events).to.be.greaterThan(rows.length)
  })
})
