import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { redisReadModel } from '../../../adapters/read-model/redis/redis-read-model.ts'
import type { Change, Tables } from '../../../domain/ports.ts'
import { consents as register } from '../../../projections/consents.ts'
import { standingOf } from '../../../projections/generations.ts'
import { drop, rebuild, serve } from '../../../projections/rebuild.ts'
import { served } from '../../../projections/served.ts'
import { tablesOf } from '../../../projections/tell.ts'
import { readModelContract } from '../../contracts/read-model.ts'
import { given, signIn, systemTimers } from '../../support/given.ts'
import { placeIn, redisTools, startRedis, type RedisProcess } from '../../support/redis.ts'

describe('read model: redis', () => {
  let redis: RedisProcess
  before(async () => {
    redis = await startRedis('cache')
  })
  after(() => redis.end())

  readModelContract('redis', async () => {
    const place = placeIn(redis)
    const open = () => redisReadModel({ ...redisTools, place })
    return { model: await open(), again: open, end: () => undefined }
  })

  const tables: Tables = { consents: { key: 'id', indexes: ['client'] }, records: { key: 'n', indexes: ['client'], appendOnly: true } }
  const batch = (at: number): readonly Change[] =>
    Array.from({ length: 256 }, (_, n) => ({ kind: 'append', table: 'records', row: { client: `client-${n % 20}`, at } }))

  it('has neither rows nor position after a flush, so nobody goes on with half a view', async () => {
    const model = await redisReadModel({ ...redisTools, place: placeIn(redis) })
    await model.open('consents', 1, tables)
    await model.apply('consents', undefined, '1', [{ kind: 'put', table: 'consents', row: { id: 'a', client: 'c' } }])
    await redis.say('FLUSHALL')
    expect(await model.position('consents')).to.equal(undefined)
    expect(await model.apply('consents', '1', '2', [{ kind: 'put', table: 'consents', row: { id: 'b', client: 'c' } }])).to.equal(false)
    expect(await model.list('consents', 'consents')).to.deep.equal([])
    await model.close()
  })

  it('rows are told again beside, and switched to, as everywhere; a lost cache begins with the first generation', async () => {
    const world = await given()
    await world.register()
    await signIn(world)
    const place = placeIn(redis)
    const [views, reader] = [served(await redisReadModel({ ...redisTools, place })), served(await redisReadModel({ ...redisTools, place }))]
    const tools = { source: world.journal.source, views, clock: world.clock, timers: systemTimers, log: world.log }
    await reader.open(register.name, register.version, tablesOf(register))
    const { generation } = await rebuild(tools, register, () => undefined)
    expect(await reader.count('consents', 'consents')).to.equal(0)
    await serve(tools, register, { generation, is: 'built' })
    expect(await reader.count('consents', 'consents')).to.equal(1)
    expect(await standingOf(views.every, register)).to.deep.equal({ serving: 2, newest: 2, other: { generation: 1, is: 'previous' } })
    await drop(tools, register)
    expect((await redis.say(`KEYS ${place.prefix ?? ''}view:consents@1*`)).trim()).to.equal('*0')
    expect(await reader.count('consents', 'consents')).to.equal(1)
    await redis.say('FLUSHALL')
    expect(await reader.count('consents', 'consents')).to.equal(0)
    expect(await standingOf(views.every, register)).to.deep.equal({ serving: 1, newest: 1 })
    for (const { close } of [views, reader, world]) await close()
  })

  it('applies simple changes fast enough to catch up a long log', async () => {
    const model = await redisReadModel({ ...redisTools, place: placeIn(redis) })
    await model.open('audit-log', 1, tables)
    const rounds = 20
    const begun = process.hrtime.bigint()
    for (let n = 1; n <= rounds; n += 1)
      expect(await model.apply('audit-log', n === 1 ? undefined : String(n), String(n + 1), batch(n))).to.equal(true)
    const perSecond = (rounds * 256) / (Number(process.hrtime.bigint() - begun) / 1e9)
    // A bound that a shared, busy machine keeps too; undisturbed it is several times more.
    expect(perSecond).to.be.greaterThan(2000)
    expect(await model.list('audit-log', 'records', { where: { client: 'client-3' }, limit: 1000 })).to.have.length(13 * rounds)
    await model.close()
  })
})
