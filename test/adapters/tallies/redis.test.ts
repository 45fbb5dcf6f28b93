import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { memoryTallies } from '../../../adapters/tallies/memory/memory-tallies.ts'
import { redisTallies } from '../../../adapters/tallies/redis/redis-tallies.ts'
import type { Clock } from '../../../domain/ports.ts'
import { talliesContract } from '../../contracts/tallies.ts'
import { handClock } from '../../support/hand-clock.ts'
import { placeIn, redisTools, startRedis, type RedisProcess } from '../../support/redis.ts'

describe('tallies: redis', () => {
  let redis: RedisProcess
  before(async () => {
    redis = await startRedis('cache')
  })
  after(() => redis.end())

  const openIn = (clock: Clock, place: ReturnType<typeof placeIn>) =>
    redisTallies({ ...redisTools, place, clock, own: memoryTallies({ clock }) })

  talliesContract('redis', async (clock) => {
    const place = placeIn(redis)
    return { tallies: await openIn(clock, place), again: () => openIn(clock, place) }
  })

  it('keys end by themselves', async () => {
    const clock = handClock()
    const place = placeIn(redis)
    const tallies = await openIn(clock, place)
    await tallies.add(['a'], clock.in(60_000))
    expect(Number(/:(-?\d+)/.exec(await redis.say(`PTTL ${place.prefix ?? ''}tally:a`))?.[1])).to.be.within(1, 60_000)
    await tallies.close()
  })

  it('SEC-03: flushed or killed in the middle of an attack, each process goes on with what it saw, and nothing fails', async () => {
    const clock = handClock()
    const tallies = await openIn(clock, placeIn(redis))
    for (let count = 1; count <= 5; count += 1) await tallies.add(['a'], clock.in(60_000))
    await redis.say('FLUSHALL')
    expect(await tallies.add(['a'], clock.in(60_000))).to.deep.equal([6])
    await redis.kill()
    expect(await tallies.add(['a'], clock.in(60_000))).to.deep.equal([7])
    expect(await tallies.read(['a'])).to.deep.equal([7])
    await redis.start()
    await tallies.close()
  })
})
