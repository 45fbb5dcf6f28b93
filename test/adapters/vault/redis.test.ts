import { expect } from 'chai'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { redisVault } from '../../../adapters/vault/redis/redis-vault.ts'
import type { RedisPlace } from '../../../adapters/redis.ts'
import { vaultContract } from '../../contracts/vault.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'
import { placeIn, redisTools, startRedis, type RedisProcess } from '../../support/redis.ts'

const key = chance.bytes(32)

describe('vault: redis', () => {
  let redis: RedisProcess
  before(async () => {
    redis = await startRedis('secrets')
  })
  after(() => redis.end())

  vaultContract('redis', async (clock) => {
    const place = placeIn(redis)
    const open = () => redisVault({ ...redisTools, place, clock, key })
    return { vault: await open(), again: open, end: () => undefined }
  })

  describe('what lies there', () => {
    const clock = handClock()
    const secret = Buffer.from('a value that must not be legible anywhere')
    let place: RedisPlace
    beforeEach(() => {
      place = placeIn(redis)
    })
    afterEach(() => redis.say('FLUSHALL'))

    it('is legible nowhere, and opens under its own name and key only', async () => {
      const vault = await redisVault({ ...redisTools, place, clock, key })
      await vault.put('authorization-1/request', secret, clock.in(60_000))
      const row = `${String(place.prefix)}vault:row:authorization-1/request`
      expect(await redis.say(`GET ${row}`)).not.to.include('legible')
      const other = await redisVault({ ...redisTools, place, clock, key: chance.bytes(32) })
      expect(await faultOf(() => other.get('authorization-1/request'))).to.equal('corrupt')
      await other.close()
      await redis.say(`RENAME ${row} ${row.replace('authorization-1', 'authorization-2')}`)
      expect(await faultOf(() => vault.get('authorization-2/request'))).to.equal('corrupt')
      await redis.say(`SET ${row} short`)
      expect(await faultOf(() => vault.get('authorization-1/request'))).to.equal('corrupt')
      await vault.close()
    })

    it('is there again after the instance was killed, and is answered with a fault meanwhile', async () => {
      const vault = await redisVault({ ...redisTools, place, clock, key })
      await vault.put('authorization-1/request', secret, clock.in(60_000))
      await redis.kill()
      expect(await faultOf(() => vault.get('authorization-1/request'))).to.equal('unavailable')
      expect(await faultOf(() => vault.put('authorization-1/other', secret, clock.in(60_000)))).to.equal('unavailable')
      await redis.start()
      let back: Uint8Array | undefined
      for (let tries = 0; tries < 100 && back === undefined; tries += 1) {
        await redisTools.timers.sleep(50)
        back = await vault.get('authorization-1/request').catch(() => undefined)
      }
      expect(Buffer.from(back ?? []).equals(secret)).to.equal(true)
      await vault.close()
    })
  })
})
