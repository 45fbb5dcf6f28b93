import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe as suite, it } from 'mocha'
import { timeline } from '../../projections/timeline.ts'
import { wordingOf } from '../../projections/wording.ts'
import { transactionStream } from '../../domain/streams.ts'
import { EVENT_VERSIONS } from '../../schemas/versions.ts'
import { describe, finish, given, signIn, TX, type Given } from '../support/given.ts'

suite('timeline', () => {
  let world: Given
  before(async () => {
    world = await given()
    await signIn(world)
    await finish(world)
  })
  after(() => world.close())

  it('tells what happened when, who moved, and names of claims only', async () => {
    const rows = timeline(describe, await world.journal.read(transactionStream(TX)))
    expect(rows[0]).to.deep.include({ number: 0, offsetMs: 0, who: 'relying party', claims: ['name', 'birthdate', 'email'] })
    expect(rows.map((row) => row.who)).to.include.members(['person', 'ID system', 'relying party', 'broker'])
    const agreed = rows.find((row) => row.type === 'ConsentGiven')
    expect(agreed).to.deep.include({ offsetMs: 10_500, who: 'person', claims: ['name', 'birthdate'] })
    expect(rows.find((row) => row.type === 'CodeIssued')?.claims).to.deep.equal(['name', 'birthdate'])
    expect(rows.at(-1)).to.include({ type: 'TransactionClosed', who: 'broker' })
  })

  it('is empty for an empty stream', () => expect(timeline(describe, [])).to.deep.equal([]))
})

suite('wording', () => {
  it('every event has a description, and names only members of its data in it', () => {
    for (const [kind, types] of Object.entries(EVENT_VERSIONS)) {
      for (const type of Object.keys(types)) {
        const schema = JSON.parse(readFileSync(join(import.meta.dirname, `../../schemas/events/${kind}/${type}.json`), 'utf8')) as {
          properties: object
          required: readonly string[]
        }
        const members = [...(describe(kind, type) ?? '{no description}').matchAll(/\{(\w+)\}/g)].map(([, member]) => member)
        expect(schema.required, `${kind}/${type}`).to.include.members(members)
      }
    }
  })

  const say = (text: string, data: Parameters<typeof wordingOf>[1]['data']) =>
    wordingOf(() => text, { kind: 'transaction', type: 'Anything', data })

  it('joins lists and names an empty one', () => {
    expect(say('{a}; {b}; {c}', { a: [], b: ['x'], c: ['x', 'y', 'z'] })).to.equal('nothing; x; x, y and z')
  })
  it('keeps the names of claims and speaks our own words with spaces', () => {
    expect(say('{claims} {reason}', { claims: ['given_name'], reason: 'attempts_exhausted' })).to.equal('given_name attempts exhausted')
  })
  it('shows names of objects only, and nothing of members that are not there', () => {
    const secret = { name: 'a', value: 'CANARY' }
    expect(say('{list} {object} {constructor} {gone}', { list: [secret], object: secret })).to.equal('a a something something')
  })
  it('says the type where no description is known', () => {
    expect(wordingOf(() => undefined, { kind: 'x', type: 'SomethingNew', data: {} })).to.equal('SomethingNew was recorded.')
  })
})
