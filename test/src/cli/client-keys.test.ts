import { expect } from 'chai'
import { exportJWK, generateKeyPair } from 'jose'
import { after, before, describe, it } from 'mocha'
import { thumbprint } from '../../../src/crypto/dpop.ts'
import { load } from '../../../src/handle.ts'
import { clients } from '../../../src/deciders.ts'
import { given, type Given } from '../../support/given.ts'
import { commandLine, type Ran } from '../../support/machine.ts'

type Listed = { readonly keys?: readonly { readonly kid?: string; readonly thumbprint: string }[]; readonly jwks_uri?: string }

describe('client keys: list, add, remove, set (rules 16 and 34)', () => {
  let world: Given
  let run: (line: string | readonly string[], input?: string) => Promise<Ran>
  const jwks: Record<string, object> = {}
  before(async () => {
    world = await given()
    run = commandLine(world)
    for (const kid of ['a', 'b', 'c']) {
      const { publicKey } = await generateKeyPair('ES256')
      jwks[kid] = { ...(await exportJWK(publicKey)), kid }
    }
    const registration = { client_id: 'library', client_name: 'The Library', redirect_uris: ['https://library.example/cb'] }
    expect(await run('client add -', JSON.stringify({ ...registration, jwk: jwks['a'] }))).to.include({ code: 0 })
  })
  after(() => world.close())

  const listed = async (): Promise<Listed> => (await run('client keys list library --json')).json() as Listed
  const kids = async (): Promise<readonly unknown[]> => ((await listed()).keys ?? []).map(({ kid }) => kid)
  const events = async (): Promise<readonly string[]> => (await world.journal.read('client-library')).map(({ type }) => type)

  it('one key is handed in as jwk, and listed with its thumbprint', async () => {
    expect(await listed()).to.deep.equal({ client: 'library', keys: [{ ...jwks['a'], thumbprint: thumbprint(jwks['a'] as never) }] })
    expect((await run('client keys list library')).out).to.include(thumbprint(jwks['a'] as never))
  })

  it('rotation: add the new one, both are good; remove the old one. Each change is an event', async () => {
    const before = (await events()).length
    expect(await run('client keys add library -', JSON.stringify(jwks['b']))).to.deep.include({ code: 0, err: '' })
    expect(await kids()).to.deep.equal(['a', 'b'])
    expect(await run('client keys remove library a')).to.include({ code: 0 })
    expect(await kids()).to.deep.equal(['b'])
    expect((await events()).slice(before)).to.deep.equal(['ClientUpdated', 'ClientUpdated'])
    const { updated_at, configuration } = (await run('client show library --json')).json() as {
      updated_at: string
      configuration: { jwks: unknown }
    }
    expect(updated_at).to.equal(world.clock.now())
    expect(configuration.jwks).to.deep.equal({ keys: [jwks['b']] })
  })

  it('a set replaces all; a key is named by its thumbprint as well', async () => {
    expect(await run('client keys set library -', JSON.stringify({ keys: [jwks['a'], jwks['c']] }))).to.include({ code: 0 })
    expect(await run(`client keys remove library ${thumbprint(jwks['c'] as never)}`)).to.include({ code: 0 })
    expect(await kids()).to.deep.equal(['a'])
  })

  it('published keys: set by their URI, and back', async () => {
    expect(await run('client keys set library https://keys.library.example/jwks.json')).to.include({ code: 0 })
    expect(await listed()).to.deep.equal({ client: 'library', jwks_uri: 'https://keys.library.example/jwks.json' })
    expect((await run('client keys list library')).out).to.include('https://keys.library.example/jwks.json')
    expect((await run('client show library')).out).to.include('jwks_uri')
    for (const line of ['add library -', 'remove library a'])
      expect((await run(`client keys ${line}`, JSON.stringify(jwks['b']))).err, line).to.include('client keys set')
    expect(await run('client keys set library -', JSON.stringify(jwks['a']))).to.include({ code: 0 })
    expect(await listed()).not.to.have.property('jwks_uri')
  })

  it('what is wrong is refused, and nothing is recorded', async () => {
    const before = await events()
    const wrong: readonly (readonly [string, unknown])[] = [
      ['remove library a', ''],
      ['remove library nowhere', ''],
      ['add library -', jwks['a']],
      ['add library -', { ...jwks['b'], d: 'x' }],
      ['add library -', { ...jwks['b'], kid: undefined }],
      ['set library -', {}],
      ['set library -', { keys: [] }],
      ['set library http://keys.library.example/jwks.json', ''],
      ['set library https://127.0.0.1/jwks.json', ''],
      ['set library https://[::1]/jwks.json', ''],
      ['set library https://localhost/jwks.json', ''],
      ['set library https://me:pw@keys.library.example/', ''],
      ['add nobody -', jwks['b']],
      ['list nobody', ''],
    ]
    for (const [line, input] of wrong) {
      const { code, err } = await run(`client keys ${line}`, JSON.stringify(input))
      expect(code, line).to.equal(1)
      expect(err.trimEnd().split('\n'), line).to.have.length(1)
    }
    expect(await run('client keys')).to.include({ code: 2 })
    expect((await run('client keys')).err).to.include('client keys add')
    expect(await events()).to.deep.equal(before)
  })

  it('of two operators at once one is told to look again, and no key is lost', async () => {
    const both = await Promise.all(['b', 'c'].map((kid) => run('client keys add library -', JSON.stringify(jwks[kid]))))
    expect(both.map(({ code }) => code)).to.have.members([0, 1])
    expect(both.map(({ err }) => err).join('')).to.include('changed by somebody else')
    const { state } = await load(world, clients, 'client-library')
    expect(state.configuration?.jwks?.keys).to.have.length(2)
  })
})
