import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { redisSingleUse } from '../../../adapters/single-use/redis/redis-single-use.ts'
import type { Clock } from '../../../domain/ports.ts'
import { singleUseContract } from '../../contracts/single-use.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'
import { placeIn, redisTools, startRedis, type RedisProcess } from '../../support/redis.ts'

describe('single use: redis', () => {
  let redis: RedisProcess
  before(async () => {
    redis = await startRedis('secrets')
  })
  after(() => redis.end())

  const openIn = (clock: Clock, place: ReturnType<typeof placeIn>, first = true) => redisSingleUse({ ...redisTools, place, clock, first })

  singleUseContract('redis', async (clock) => {
    const place = placeIn(redis)
    return { memory: await openIn(clock, place), again: () => openIn(clock, place), end: () => undefined }
  })

  /** The time in which no epoch can be told. */
  const SETTLING_MS = 11_000

  it('begins later than anything that was accepted where something may have been used before (rule 32)', async () => {
    const clock = handClock()
    const memory = await openIn(clock, placeIn(redis), false)
    expect(await faultOf(() => memory.epoch())).to.equal('unavailable')
    clock.pass(SETTLING_MS)
    expect(await memory.epoch()).to.equal(clock.now())
    await memory.close()
  })

  it('refuses what was judged by a memory that was lost since, on every node', async () => {
    const clock = handClock()
    const place = placeIn(redis)
    const nodes = [await openIn(clock, place), await openIn(clock, place)]
    const [one, two] = nodes
    expect(await one?.use('client', 'jti-1', clock.in(300_000))).to.equal(true)
    await redis.say('FLUSHALL')
    for (const node of nodes) expect(await faultOf(() => node.use('client', 'jti-1', clock.in(300_000)))).to.equal('unavailable')
    expect(await faultOf(() => two?.epoch())).to.equal('unavailable')
    clock.pass(SETTLING_MS)
    for (const node of nodes) expect(await node.epoch()).to.equal(clock.now())
    expect(await two?.use('client', 'jti-2', clock.in(300_000))).to.equal(true)
    for (const node of nodes) await node.close()
  })

  it('begins a new epoch with each life of the instance, because nobody knows what a failover or a restore lost', async () => {
    const clock = handClock()
    const memory = await openIn(clock, placeIn(redis))
    expect(await memory.use('client', 'jti-1', clock.in(300_000))).to.equal(true)
    await redis.kill()
    expect(await faultOf(() => memory.use('client', 'jti-1', clock.in(300_000)))).to.be.oneOf(['unavailable', 'ambiguous'])
    await redis.start()
    let fault = 'none'
    for (let tries = 0; tries < 100; tries += 1) {
      fault = await faultOf(() => memory.use('client', 'jti-1', clock.in(300_000)))
      if ((await faultOf(() => memory.epoch())) === 'unavailable') break
      await redisTools.timers.sleep(50)
    }
    expect(fault).to.equal('unavailable')
    clock.pass(SETTLING_MS)
    expect(await memory.epoch()).to.equal(clock.now())
    // The file was kept: the use is known still.
    expect(await memory.use('client', 'jti-1', clock.in(300_000))).to.equal(false)
    await memory.close()
  })
})
