import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { routes } from '../../../src/http/routes.ts'
import type { World } from '../../../src/world.ts'
import { memoryVault } from '../../../adapters/vault/memory/memory-vault.ts'
import { house, openDoors, type Doors, type House } from './house.ts'

const query = (more: Readonly<Record<string, string>>): string =>
  new URLSearchParams({
    response_type: 'code',
    client_id: 'shop',
    redirect_uri: 'https://shop.example/cb',
    scope: 'openid',
    acr_values: 'mosip:idp:acr:generated-code',
    ...more,
  }).toString()

describe('what cannot begin a login', () => {
  let own: House
  let doors: Doors
  let sealed: string[]

  beforeEach(async () => {
    sealed = []
    const base = await house({ requestsPerMinute: 10 })
    const vault = memoryVault({ clock: base.clock })
    const put: World['vault']['put'] = async (name, value, until) => {
      sealed.push(name)
      await vault.put(name, value, until)
    }
    own = { ...base, world: { ...base.world, vault: { ...vault, put } } }
    await own.register()
    doors = await openDoors(own.world, routes)
  })

  afterEach(async () => {
    await doors.close()
    await own.close()
  })

  it('rule 23: a request that is refused leaves nothing in the vault; one that is taken leaves one row', async () => {
    for (const more of [{ prompt: 'none' }, { scope: 'openid admin' }]) {
      const { headers } = await doors.send('GET', `/authorize?${query(more)}`)
      expect(headers.location).to.match(/[?&]error=(login_required|invalid_scope)&/)
    }
    expect(sealed).to.deep.equal([])
    expect((await doors.send('GET', `/authorize?${query({})}`)).headers.location).to.match(/^\/login\/tx_/)
    expect(sealed).to.have.length(1)
  })

  it('rule 23: names that nobody registered share one bucket, and take nothing from a client', async () => {
    const statuses: number[] = []
    for (const client_id of ['?', '', ...Array.from({ length: 10 }, (_, number) => `name-${number}`)])
      statuses.push((await doors.send('GET', `/authorize?${query({ client_id })}`)).status)
    expect(statuses.indexOf(429)).to.equal(10)
    expect((await doors.send('GET', `/authorize?${query({})}`)).status).to.equal(303)
  })

  it('an overload turns new logins away at once, says when to come again, and finishes those that are inside', async () => {
    const { headers } = await doors.send('GET', `/authorize?${query({})}`)
    const cookie = String(headers['set-cookie']).split(';')[0] ?? ''
    for (let requests = 0; requests <= 100; requests += 1) own.world.underWay.begin()
    const direct = await doors.send('GET', `/authorize?${query({})}`)
    const pushed = await doors.send('POST', '/v1/esignet/oauth/par', {
      body: 'client_id=shop',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    for (const { status, headers } of [direct, pushed]) expect([status, headers['retry-after']]).to.deep.equal([503, '3'])
    expect(JSON.parse(pushed.body)).to.include({ error: 'temporarily_unavailable' })
    expect(direct.body).to.include('Many people are signing in')
    expect(sealed).to.have.length(1)
    expect((await doors.send('GET', headers.location ?? '', { headers: { cookie } })).status).to.equal(200)
    own.world.underWay.end()
    own.world.underWay.end()
    expect((await doors.send('GET', `/authorize?${query({})}`)).status).to.equal(303)
  })
})
