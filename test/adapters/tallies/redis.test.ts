import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { memoryTallies } from '../../../adapters/tallies/memory/memory-tallies.ts'
import { redisTallies } from '../../../adapters/tallies/redis/redis-tallies.ts'
import type { Clock, Timers } from '../../../domain/ports.ts'
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

  it('issue 7: what is noted beside a request waits for no answer but where 8 of one name have none, and is known a trip later', async () => {
    const clock = handClock()
    const place = placeIn(redis)
    let isPatient = false
    // No call is late while the instance says nothing: what waits is seen to wait.
    const timers: Timers = {
      sleep: (ms, signal) =>
        isPatient ? new Promise((resolve) => signal?.addEventListener('abort', () => resolve())) : redisTools.timers.sleep(ms, signal),
    }
    const tallies = await redisTallies({ ...redisTools, timers, place, clock, own: memoryTallies({ clock }) })
    const other = await openIn(clock, place)
    for (let times = 0; times < 100; times += 1) await other.add(['a', 'before'], clock.in(60_000))
    await tallies.read(['a'])
    redis.freeze()
    isPatient = true
    const answers: (readonly number[])[] = []
    const noted = Array.from({ length: 9 }, async () => answers.push(await tallies.note(['a'], clock.in(60_000), ['before'])))
    await setImmediate()
    expect(answers, 'by what this node knows').to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8].map((count) => [count, 0]))
    expect((await tallies.note(['another'], clock.in(60_000)))[0]).to.equal(1)
    redis.thaw()
    await Promise.all(noted)
    expect(answers.at(-1), 'the ninth waited').to.deep.equal([109, 100])
    expect(await tallies.note(['a'], clock.in(60_000), ['before']), 'heard meanwhile').to.deep.equal([110, 100])
    await tallies.close()
    await other.close()
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
    expect(await tallies.note(['a'], clock.in(60_000))).to.deep.equal([8])
    expect(await tallies.read(['a'])).to.deep.equal([8])
    await redis.start()
    await tallies.close()
  })
})
