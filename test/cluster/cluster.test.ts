import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { redisReadModel } from '../../adapters/read-model/redis/redis-read-model.ts'
import type { ReadModel } from '../../domain/ports.ts'
import { live } from '../../projections/live.ts'
import { tablesOf } from '../../projections/tell.ts'
import { readEvents, typesOf, until } from '../support/broker.ts'
import { redisTools } from '../support/redis.ts'
import { accept, begin, callbackOf, newParty, proveByPin, redeem, register, signIn, tokensOf, type Party } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'
import { startCluster, type Cluster } from './cluster.ts'

/** Within this time another node does what a dead one did. */
const MOVED_MS = 10_000

describe('many nodes: two brokers, one event store, Redis in three roles', () => {
  let cluster: Cluster
  let party: Party
  let views: ReadModel
  before(async function () {
    this.timeout(120_000)
    cluster = await startCluster()
    party = await register(cluster, await newParty('shop'))
    views = await redisReadModel({ ...redisTools, place: cluster.redis.cache })
    await views.open(live.name, live.version, tablesOf(live))
  })
  after(async function () {
    this.timeout(60_000)
    await views.close()
    await cluster.end()
  })

  it('any request of a login may reach any node', async () => {
    for (let login = 0; login < 3; login += 1) {
      const tokens = await tokensOf(cluster, await signIn(cluster, party, { via: login === 1 ? 'par' : 'direct' }), party)
      expect(tokens.claims()?.iss).to.equal(cluster.issuer)
    }
  })

  it('of two nodes that decide at once exactly one wins', async () => {
    const signedIn = await signIn(cluster, party)
    const replies = await Promise.all(Array.from({ length: 8 }, () => redeem(cluster, party, signedIn)))
    expect(replies.filter(({ status }) => status === 200)).to.have.length(1)
    expect(typesOf(cluster.data, signedIn.transaction).filter((type) => type === 'TokenExchanged')).to.have.length(1)
  })

  it('the relying party of the demonstration signs in through the balancer', async () => {
    const { headers } = await send(cluster.demo, { path: '/' })
    expect(headers['content-type']).to.include('text/html')
    const { body } = await send(cluster.issuer, { path: '/.well-known/openid-configuration' })
    expect(JSON.parse(body)).to.include({ issuer: cluster.issuer })
  })

  it('a node that is killed takes no login with it, and no projection: another goes on (rule 37)', async function () {
    this.timeout(60_000)
    for (const node of cluster.nodes) {
      const begun = await begin(cluster, party)
      await node.kill()
      const back = await accept(begun.browser, await proveByPin(begun))
      const code = callbackOf(back).searchParams.get('code') ?? ''
      expect((await redeem(cluster, party, { ...begun, code })).status).to.equal(200)
      const stage = async () => (await views.get('live', 'transactions', begun.transaction))?.['stage']
      await until('the list knows it', async () => (await stage()) === 'exchanged', MOVED_MS)
      await node.start()
    }
    const [head] = readEvents(cluster.data).slice(-1)
    expect(head?.position).to.be.greaterThan(0)
  })
})
