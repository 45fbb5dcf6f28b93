import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { redisPersonKeys } from '../../../adapters/person-keys/redis/redis-person-keys.ts'
import type { RedisPlace } from '../../../adapters/redis.ts'
import { indexOf, personKeysContract } from '../../contracts/person-keys.ts'
import { systemChance as chance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'
import { placeIn, redisTools, startRedis, type RedisProcess } from '../../support/redis.ts'
import { until } from '../../support/broker.ts'

const key = chance.bytes(32)

describe('person keys: redis', () => {
  let redis: RedisProcess
  before(async () => {
    redis = await startRedis('keys')
  })
  after(() => redis.end())

  personKeysContract('redis', async (clock) => {
    const place = placeIn(redis)
    const open = () => redisPersonKeys({ ...redisTools, place, clock, key, first: true, replicas: 0 })
    return { keys: await open(), again: open, end: () => undefined }
  })

  const clock = handClock()
  const open = (place: RedisPlace, more: { readonly first?: boolean; readonly replicas?: number; readonly key?: Uint8Array } = {}) =>
    redisPersonKeys({ ...redisTools, place, clock, key, first: true, replicas: 0, ...more })

  it('opens a row in its place and under its key only', async () => {
    const place = placeIn(redis)
    const keys = await open(place)
    const one = await keys.resolve(indexOf('one'))
    await keys.resolve(indexOf('two'))
    const other = await open(place, { key: chance.bytes(32) })
    expect(await faultOf(() => other.find(indexOf('one')))).to.equal('corrupt')
    await other.close()
    const row = (name: string): string => `${String(place.prefix)}person-keys:row:${indexOf(name)}`
    await redis.say(`COPY ${row('two')} ${row('one')} REPLACE`)
    expect(await faultOf(() => keys.find(indexOf('one')))).to.equal('corrupt')
    expect(await faultOf(() => keys.resolve(indexOf('one')))).to.equal('corrupt')
    expect(await faultOf(() => keys.byRef(one.ref))).to.equal('corrupt')
    await keys.close()
  })

  it('makes nobody anew when the keys are lost: that would be an erasure and would reset limits (rule 40)', async () => {
    const place = placeIn(redis)
    const keys = await open(place)
    const { ref } = await keys.resolve(indexOf('one'))
    await redis.say('FLUSHALL')
    for (const act of [() => keys.resolve(indexOf('one')), () => keys.find(indexOf('one')), () => keys.byRef(ref), () => keys.erase(ref)])
      expect(await faultOf(act)).to.equal('unavailable')
    await keys.close()
    expect(await faultOf(() => open(place, { first: false }))).to.equal('unavailable')
  })

  it('holds no byte sequence of an erased row in any file', async () => {
    const keys = await open(placeIn(redis))
    const person = await keys.resolve(indexOf('uin'))
    await keys.join([indexOf('uin'), indexOf('phone')], person)
    const files = (): Buffer => {
      const folder = join(redis.folder, 'appendonlydir')
      return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    }
    expect(files().includes(indexOf('phone'))).to.equal(true)
    expect(files().includes(person.ref)).to.equal(true)
    await keys.erase(person.ref)
    await until('the old file is gone', () => !files().includes(person.ref) && !files().includes(indexOf('phone')))
    await keys.close()
  })

  it('lets no event use a key that no replica has, and does when one has it (rule 40)', async () => {
    const place = placeIn(redis)
    const keys = await open(place, { replicas: 1 })
    expect(await faultOf(() => keys.resolve(indexOf('one')))).to.equal('unavailable')
    expect(await faultOf(() => keys.resolve(indexOf('one')))).to.equal('unavailable')
    const replica = await startRedis('keys', ['--replicaof', '127.0.0.1', String(redis.port)])
    try {
      const person = await until('a replica has the key', () => keys.resolve(indexOf('one')).catch(() => undefined))
      const confirmed = async (): Promise<boolean> => (await faultOf(() => keys.join([indexOf('one')], person))) === 'none'
      await until('a replica knows that it is permanent', confirmed)
      await replica.kill()
      // What a replica has once, it need not say again.
      expect((await keys.resolve(indexOf('one'))).ref).to.equal(person.ref)
      expect(await faultOf(() => keys.resolve(indexOf('two')))).to.equal('unavailable')
      expect(await faultOf(() => keys.erase(person.ref))).to.equal('ambiguous')
    } finally {
      await replica.end()
      await keys.close()
    }
  })

  it('lets no event use a key whose row was swept while a replica was waited for', async () => {
    const place = placeIn(redis)
    const keys = await open(place, { replicas: 1 })
    const replica = await startRedis('keys', ['--replicaof', '127.0.0.1', String(redis.port)])
    const row = `${place.prefix ?? ''}person-keys:row:${indexOf('swept')}`
    try {
      await until('the replica follows', async () => (await redis.say('INFO replication')).includes('state=online') || undefined)
      replica.freeze()
      const resolving = faultOf(() => keys.resolve(indexOf('swept')))
      await until('the row is there', async () => (await redis.say(`EXISTS ${row}`)).includes(':1') || undefined)
      await redis.say(`DEL ${row}`)
      replica.thaw()
      expect(await resolving).to.equal('unavailable')
      expect((await keys.resolve(indexOf('swept'))).ref, 'asked again it has one').to.match(/^.{26}$/)
    } finally {
      await replica.end()
      await keys.close()
    }
  })

  it('a node whose clock is ahead sweeps nothing that others still need', async () => {
    const place = placeIn(redis)
    const now = { now: () => new Date().toISOString() }
    const ahead = { now: () => new Date(Date.now() + 30 * 86_400_000).toISOString() }
    const [here, there] = [now, ahead].map((clock) =>
      redisPersonKeys({ ...redisTools, place, clock, key: new Uint8Array(32), first: true, replicas: 0 }),
    )
    const person = await (await here!).resolve(indexOf('one'))
    expect(await (await there!).sweep()).to.equal(0)
    expect((await (await here!).find(indexOf('one')))?.ref).to.equal(person.ref)
    for (const keys of [await here!, await there!]) await keys.close()
  })
})
