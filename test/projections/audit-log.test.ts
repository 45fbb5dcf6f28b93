import { expect } from 'chai'
import { after, before, describe as suite, it } from 'mocha'
import { auditGenesis, auditLink, auditLog, type AuditRecord } from '../../projections/audit-log.ts'
import type { SourceMessage } from '../../projections/projection.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { describe, finish, given, PERSON, signIn, told, TX, type Given } from '../support/given.ts'

suite('audit log', () => {
  const log = auditLog({ hash: sha256, describe })
  let world: Given
  let messages: readonly SourceMessage[]

  before(async () => {
    world = await given()
    await world.register()
    await signIn(world)
    await finish(world)
    messages = await world.all()
  })
  after(() => world.close())

  const records = async (told_: ReturnType<typeof told>): Promise<readonly AuditRecord[]> =>
    (await told_.rows('records')) as unknown as readonly AuditRecord[]

  it('has one record per event, numbered without a gap, in plain words', async () => {
    const view = told(log)
    await view.given(messages)
    const rows = await records(view)
    const events = messages.filter((message) => message.kind === 'event')
    expect(rows.map((row) => row.n)).to.deep.equal(events.map((_event, index) => index + 1))
    const texts = rows.filter((row) => row.correlation === TX && row.stream.startsWith('authorization-')).map((row) => row.text)
    expect(texts[0]).to.equal('Relying party shop asked to sign a person in.')
    expect(texts).to.include('The person agreed to share name and birthdate with shop.')
    expect(texts).to.include('Attempt 1 by pin did not succeed: wrong.')
    expect(texts.at(-1)).to.equal('The transaction is over and what it kept was destroyed: tokens expired.')
    expect(texts.join(' ')).not.to.match(/[{}]|something/)
  })

  it('chains the digests of the events, not its own wording (rule 7)', async () => {
    const view = told(log)
    await view.given(messages)
    let previous = auditGenesis(sha256)
    for (const row of await records(view)) {
      expect(row.previous).to.equal(previous)
      previous = auditLink(sha256, previous, row.digest)
      expect(row.chain).to.equal(previous)
    }
  })

  it('never parks: what cannot be read becomes a record that holds its digest (rule 37)', async () => {
    const broken: SourceMessage[] = messages.map((message, index) =>
      message.kind === 'event' && index === 4
        ? {
            kind: 'unreadable',
            event: { ...message.event, bytesDigest: sha256('damaged'), problem: 'its bytes do not give its digest', newer: false },
          }
        : message,
    )
    const view = told(log)
    await view.given(broken)
    const row = (await records(view))[4]
    expect(row).to.include({ n: 5, readable: false, at: null, digest: sha256('damaged') })
    expect(row?.text).to.equal('This event cannot be read: its bytes do not give its digest.')
    expect(await view.rows('parked')).to.deep.equal([])
  })

  it('tells twice as once, whatever the size of the batches', async () => {
    const once = told(log, undefined, 1)
    await once.given(messages)
    const twice = told(log, undefined, 6)
    await twice.given(messages.slice(0, 9))
    await twice.given(messages)
    expect(await records(twice)).to.deep.equal(await records(once))
  })

  it('names no person', async () => {
    const view = told(log)
    await view.given(messages)
    expect(JSON.stringify((await records(view)).filter((row) => !row.stream.startsWith('person-')))).not.to.include(PERSON)
  })
})
