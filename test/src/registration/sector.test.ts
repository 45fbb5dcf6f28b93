import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import type { RemoteDocument } from '../../../domain/ports.ts'
import { given, type Given } from '../../support/given.ts'
import { commandLine, type Ran } from '../../support/machine.ts'

const WHERE = 'https://sector.example/uris.json'
const URIS = ['https://shop.example/cb', 'https://other.example/cb']

const registration = {
  client_id: 'shop',
  client_name: 'The Shop',
  redirect_uris: URIS,
  sector_identifier_uri: WHERE,
  jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] },
}

const document = (content: unknown): RemoteDocument => ({ ok: true, body: new TextEncoder().encode(JSON.stringify(content)) })

describe('rule 19: a sector by sector_identifier_uri (OpenID Connect Core §8.1, Registration §5)', () => {
  let world: Given
  let asked: string[]
  let answer: RemoteDocument

  before(async () => {
    world = await given()
  })
  after(() => world.close())

  const run = (verb: 'add' | 'update', change: object = {}): Promise<Ran> => {
    asked = []
    const get = async (url: string): Promise<RemoteDocument> => {
      asked.push(url)
      return answer
    }
    return commandLine(world, { documents: () => ({ get }) })(`client ${verb} - --json`, JSON.stringify({ ...registration, ...change }))
  }

  it('a document that cannot be had, is no list of URLs, or does not name every redirect URI is refused, and says why', async () => {
    const wrong: readonly (readonly [RemoteDocument, string])[] = [
      [{ ok: false, fault: 'address' }, 'lies in a network that is not public'],
      [{ ok: false, fault: 'status' }, 'does not answer with 200'],
      [document({ uris: URIS }), 'is not a JSON list'],
      [document([1]), 'is not a JSON list'],
      [{ ok: true, body: Uint8Array.of(0xff) }, 'is not a JSON list'],
      [document([URIS[0]]), 'does not name https://other.example/cb'],
      [document([URIS[0], `${String(URIS[1])}/`]), 'does not name https://other.example/cb'],
    ]
    for (const [document, why] of wrong) {
      answer = document
      const { code, out } = await run('add')
      expect([code, out.includes(why)], `${why}: ${out}`).to.deep.equal([1, true])
    }
  })

  it('is an https URL without a fragment', async () => {
    answer = document(URIS)
    for (const sector_identifier_uri of [
      'http://sector.example/uris.json',
      'https://sector.example/#a',
      'https://u:p@sector.example/',
      'sector',
      1,
    ])
      expect((await run('add', { sector_identifier_uri })).code, String(sector_identifier_uri)).to.equal(1)
  })

  it('gives redirect URIs of several hosts one sector, the host of the document, read once; frozen from then on', async () => {
    answer = document(URIS)
    const { code, json } = await run('add')
    expect(code).to.equal(0)
    expect(asked).to.deep.equal([WHERE])
    expect(json()).to.have.property('configuration').that.includes({ sector_identifier: 'sector.example', sector_identifier_uri: WHERE })
    const moved = await run('update', { sector_identifier_uri: 'https://elsewhere.example/uris.json' })
    expect(moved.json()).to.have.property('configuration').that.includes({ sector_identifier: 'sector.example' })
  })
})
