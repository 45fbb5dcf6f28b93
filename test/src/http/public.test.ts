import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { after, before, describe, it } from 'mocha'
import { schemaFiles } from '../../../schemas/generate.ts'
import { signerFor } from '../../../src/signing-keys.ts'
import { signJwt } from '../../../src/crypto/jwt.ts'
import { readyInDetail, watchProjections } from '../../../src/http/health.ts'
import { DISCOVERY_PATHS, JWKS_PATHS } from '../../../src/http/paths.ts'
import { routes } from '../../../src/http/routes.ts'
import { onlyIdSystem } from '../../../src/id-systems.ts'
import { house, ISSUER, openDoors, type Doors, type House } from './house.ts'

const fits = (path: string, value: unknown): readonly unknown[] => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  for (const schema of schemaFiles().values()) ajv.addSchema(schema)
  const validate = ajv.getSchema(`/schemas/${path}`)!
  return validate(value) ? [] : (validate.errors ?? [])
}

describe('what anybody may read', () => {
  let place: House
  let doors: Doors
  before(async () => {
    place = await house()
    doors = await openDoors(place.world, routes)
  })
  after(async () => {
    await doors.close()
    await place.close()
  })

  describe('discovery (OpenID Connect Discovery 1.0, RFC 8414)', () => {
    it('is one document at four places, for every origin', async () => {
      const answers = await Promise.all(DISCOVERY_PATHS.map((path) => doors.send('GET', path)))
      for (const { status, headers, body } of answers) {
        expect([status, headers['content-type'], headers['access-control-allow-origin']]).to.deep.equal([200, 'application/json', '*'])
        expect(headers['cache-control']).to.equal('public, max-age=600')
        expect(body).to.equal(answers[0]!.body)
      }
    })

    it('fits its schema, and hangs on the issuer whatever the request says (attack 21)', async () => {
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' }
      const { body } = await doors.send('GET', DISCOVERY_PATHS[0], { headers })
      const document = JSON.parse(body) as Record<string, unknown>
      expect(fits('responses/discovery.json', document)).to.deep.equal([])
      expect(document['issuer']).to.equal(ISSUER)
      expect(body).not.to.include('evil.example')
      for (const [name, value] of Object.entries(document))
        if (/_endpoint$|_uri$/.test(name)) expect(String(value)).to.match(/^https:\/\/id\.example\//)
    })

    it('names doors that are there', async () => {
      const document = JSON.parse((await doors.send('GET', DISCOVERY_PATHS[0])).body) as Record<string, string>
      for (const name of [
        'authorization_endpoint',
        'token_endpoint',
        'pushed_authorization_request_endpoint',
        'userinfo_endpoint',
        'jwks_uri',
      ])
        expect((await doors.send('DELETE', new URL(document[name]!).pathname)).status, name).to.equal(405)
    })

    it('is true of the ID system: contexts and claims', async () => {
      const document = JSON.parse((await doors.send('GET', DISCOVERY_PATHS[0])).body) as Record<string, unknown>
      expect(document['acr_values_supported']).to.deep.equal(['mosip:idp:acr:generated-code'])
      expect(document['claims_supported']).to.include.members(['sub', 'name', 'email']).and.not.include('birthdate')
      expect(document).not.to.have.any.keys('id_token_encryption_alg_values_supported', 'registration_endpoint')
    })
  })

  it('keys: public members only, and what we sign verifies with them', async () => {
    const { world } = place
    const tokens = await Promise.all(
      (['ES256', 'EdDSA'] as const).map(async (alg) =>
        signJwt(await signerFor(world, alg), 'JWT', { iss: ISSUER, aud: 'rp', exp: 4_000_000_000 }),
      ),
    )
    for (const path of JWKS_PATHS) {
      const { body, headers } = await doors.send('GET', path)
      const set = JSON.parse(body) as JSONWebKeySet
      expect(headers).to.include({ 'cache-control': 'public, max-age=600', 'access-control-allow-origin': '*' })
      expect(fits('responses/jwks.json', set)).to.deep.equal([])
      for (const token of tokens)
        expect((await jwtVerify(token, createLocalJWKSet(set), { issuer: ISSUER, audience: 'rp' })).payload['aud']).to.equal('rp')
    }
  })

  it('keys: a store that hands out too much shows no private member', async () => {
    const held = await place.world.keys.held()
    const keys = {
      ...place.world.keys,
      held: async () => held.map((key) => ({ ...key, publicJwk: { ...key.publicJwk, d: 'secret', k: 'secret' } })),
    }
    const other = await openDoors({ ...place.world, keys }, routes)
    expect((await other.send('GET', JWKS_PATHS[0])).body).not.to.include('secret')
    await other.close()
  })

  it('files: for ever, compressed as the browser takes it', async () => {
    const [file] = place.world.statics.files
    const plain = await doors.send('GET', file!.path)
    expect(plain.bytes.equals(file!.body)).to.equal(true)
    expect(plain.headers).to.include({
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      'content-type': file!.type,
    })
    expect(plain.headers)
      .to.include({ 'x-content-type-options': 'nosniff' })
      .and.not.have.any.keys('content-encoding', 'access-control-allow-origin')
    const br = await doors.send('GET', file!.path, { headers: { 'accept-encoding': 'gzip, deflate, br' } })
    expect(br.headers['content-encoding']).to.equal('br')
    expect(brotliDecompressSync(br.bytes).equals(file!.body)).to.equal(true)
    const gzip = await doors.send('GET', file!.path, { headers: { 'accept-encoding': 'gzip;q=1, br;q=0' } })
    expect(gunzipSync(gzip.bytes).equals(file!.body)).to.equal(true)
    for (const path of ['/static/nothing.css', '/static/..%2fpages.ts', '/static/%2e%2e%2f%2e%2e%2fpackage.json']) {
      const missing = await doors.send('GET', path)
      expect([missing.status, missing.headers['cache-control']], path).to.deep.equal([404, 'no-store'])
    }
  })

  it('pages to read, with a way back to a page of ours and to no other', async () => {
    for (const topic of ['help', 'privacy', 'accessibility']) {
      const { status, body } = await doors.send('GET', `/${topic}`)
      expect(status).to.equal(200)
      expect(body).not.to.include('id="back"')
    }
    const back = async (referer: string): Promise<string | undefined> =>
      /href="([^"]*)" id="back"|id="back" href="([^"]*)"/
        .exec((await doors.send('GET', '/help', { headers: { referer } })).body)
        ?.slice(1)
        .find(Boolean)
    expect(await back(`${ISSUER}/login/tx_0123456789abcdefghjkmnpq?ui_locales=fr`)).to.equal('/login/tx_0123456789abcdefghjkmnpq')
    for (const referer of [
      'https://evil.example/login/tx_0',
      `${ISSUER}//evil.example`,
      `${ISSUER}/authorize?x=1`,
      'nonsense',
      `${ISSUER}/help`,
    ])
      expect(await back(referer), referer).to.equal(undefined)
  })
})

describe('health', () => {
  it('live says that the process answers', async () => {
    const place = await house()
    const doors = await openDoors(place.world, routes)
    const { status, body, headers } = await doors.send('GET', '/health/live')
    expect([status, body, headers['cache-control']]).to.deep.equal([200, '{"status":"up"}', 'no-store'])
    await doors.close()
    await place.close()
  })

  it('where the disk of an embedded store failed neither is well, though it can be read: only a restart helps', async () => {
    const place = await house()
    const { store } = place.world.journal
    const stopped = { ...store, health: () => ({ status: 'stopped' as const, detail: 'the disk of the event store fails' }) }
    const failed = { ...place.world, journal: { ...place.world.journal, store: stopped } }
    const doors = await openDoors(failed, routes)
    for (const [path, status] of [
      ['/health/live', 'down'],
      ['/health/ready', 'not_ready'],
    ] as const) {
      const reply = await doors.send('GET', path)
      expect([reply.status, JSON.parse(reply.body)]).to.deep.equal([503, { status }])
    }
    expect(JSON.parse(String((await readyInDetail(failed)).body))).to.deep.equal({ status: 'not_ready', missing: ['store'] })
    await doors.close()
    await place.close()
  })

  it('ready says no more than yes or no to everybody, names what is missing to operators, and looks once however many ask', async () => {
    const place = await house()
    const { world, clock } = place
    let looks = 0
    let down: readonly string[] = []
    const broken = async (name: string): Promise<void> => {
      if (down.includes(name)) throw new Error('away')
    }
    const odd = {
      ...world,
      vault: {
        ...world.vault,
        get: async () => {
          await broken('vault')
          return undefined
        },
      },
      keys: { ...world.keys, held: async () => (await broken('keys'), world.keys.held()) },
      ...onlyIdSystem({
        ...world.idSystem,
        system: {
          ...world.idSystem.system,
          health: async () => ((looks += 1), { status: down.includes('plugin') ? ('down' as const) : ('degraded' as const) }),
        },
      }),
    }
    watchProjections(odd, { lagsMs: async () => [0, down.includes('projections') ? 60_000 : 20] })
    const doors = await openDoors(odd, routes)
    const ask = async (): Promise<unknown> => {
      const { status, body } = await doors.send('GET', '/health/ready')
      return [status, JSON.parse(body)]
    }
    const inDetail = async (): Promise<unknown> => {
      const { status, body } = await readyInDetail(odd)
      return [status, JSON.parse(String(body))]
    }
    expect(await ask()).to.deep.equal([200, { status: 'ready' }])
    await Promise.all([ask(), ask(), ask()])
    expect(looks).to.equal(1)
    for (const name of ['vault', 'keys', 'plugin', 'projections']) {
      clock.pass(1500)
      down = [name]
      expect(await ask()).to.deep.equal([503, { status: 'not_ready' }])
      expect(await inDetail()).to.deep.equal([503, { status: 'not_ready', missing: [name] }])
    }
    clock.pass(1500)
    down = []
    await world.journal.store.close()
    expect(await ask()).to.deep.equal([503, { status: 'not_ready' }])
    expect(await inDetail()).to.deep.equal([503, { status: 'not_ready', missing: ['store', 'keys'] }])
    await doors.close()
    await place.views.close()
  })
})
