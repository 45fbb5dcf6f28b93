import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { VERBS } from '../../../src/cli/verbs.ts'
import { ROOT } from '../../support/broker.ts'
import { given, recordedOf, SHOP, type Given } from '../../support/given.ts'
import { commandLine, someId, type Ran } from '../../support/machine.ts'

describe('REG-16: acts of administrators are recorded with who did them, denials included', () => {
  let world: Given
  let run: (line: string, input?: string) => Promise<Ran>

  before(async () => {
    world = await given()
    run = commandLine(world)
  })
  after(() => world.close())

  const since = async (act: () => Promise<Ran>) => {
    const before_ = recordedOf(await world.all()).length
    const ran = await act()
    return {
      ran,
      events: recordedOf(await world.all())
        .slice(before_)
        .filter(({ kind }) => kind !== 'artefact'),
    }
  }
  const registration = JSON.stringify({ client_id: 'shop', client_name: 'Shop', redirect_uris: SHOP.redirect_uris, jwks: SHOP.jwks })

  it('what is done carries the actor: the one who is named, else the account on the machine', async () => {
    const added = await since(() => run('client add -', registration))
    expect(added.ran.code, added.ran.err).to.equal(0)
    expect(added.events.map(({ type, actor }) => [type, actor])).to.deep.equal([['ClientRegistered', 'operator-account']])
    const off = await since(() => run('client deactivate shop --actor j.doe'))
    expect(off.events.map(({ type, actor }) => [type, actor])).to.deep.equal([['ClientDeactivated', 'j.doe']])
  })

  it('what is refused is one event too, with the actor and the verb, and nothing of what was given', async () => {
    const refused: readonly (readonly [line: string, input: string])[] = [
      ['client add - --actor j.doe', registration],
      ['client update - --actor j.doe', registration.replace('"shop"', '"nobody"')],
      ['client update - --actor j.doe', '{"client_id":"shop","redirect_uris":["not a uri"]}'],
      ['client activate nobody --actor j.doe', ''],
      [`key revoke ${someId} --reason lost --actor j.doe`, ''],
      [`consent withdraw ${someId} --actor j.doe --case HELP-42`, ''],
    ]
    for (const [line, input] of refused) {
      const { ran, events } = await since(() => run(line, input))
      expect(ran.code, `${line}: ${ran.out}${ran.err}`).to.equal(1)
      const verb = line.split(' ').slice(0, 2).join(' ')
      const denied = events.filter(({ type }) => type === 'CommandDenied')
      expect(
        denied.map(({ data }) => data),
        line,
      ).to.deep.equal([{ actor: 'j.doe', verb, why: 'refused' }])
    }
  })

  const sources = readdirSync(join(ROOT, 'src/cli')).map((name) => [name, readFileSync(join(ROOT, 'src/cli', name), 'utf8')] as const)
  const isRecorded = (text: string): boolean => text.includes('acts: true')

  it('REG-16: whatever decides, writes or destroys is a verb that is recorded', () => {
    const changing = sources.filter(([, text]) => /machine\.(deciding|destructions)\(|journal\.append\(/.test(text))
    expect(changing.map(([name]) => name)).to.include.members(['client.ts', 'consent.ts', 'person.ts', 'person-erase.ts'])
    expect(changing.filter(([, text]) => !isRecorded(text)).map(([name]) => name)).to.deep.equal([])
  })

  it('REG-15: whatever looks for a person by an identifier records the look, or what is done to them', () => {
    const looking = sources.filter(([name, text]) => name !== 'person-on.ts' && /\b(personOn|findWhich|persons)\(/.test(text))
    expect(looking.map(([name]) => name)).to.include.members(['consent-show.ts', 'tx-find.ts', 'person.ts'])
    // What only finds the names is called by those who record.
    const callers = looking.filter(([name]) => name !== 'consent-which.ts')
    expect(callers.filter(([, text]) => !isRecorded(text) && !/await look\(/.test(text)).map(([name]) => name)).to.deep.equal([])
  })

  it('every verb that changes clients, keys, consents, persons or what is parked is one of them', () => {
    const acts = VERBS.filter(({ acts: does }) => does === true).map(({ name }) => name)
    for (const name of [
      'client add',
      'client update',
      'client activate',
      'client deactivate',
      'client keys set',
      'key rotate',
      'key revoke',
      'consent withdraw',
      'person reopen',
      'person erase',
      'parked retry',
      'parked drop',
    ])
      expect(acts).to.include(name)
  })
})
