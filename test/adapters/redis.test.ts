import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { after, afterEach, before, describe, it } from 'mocha'
import { openRedis, script, type RedisOptions, type RedisPlace } from '../../adapters/redis.ts'
import { Fault } from '../../domain/ports.ts'
import { freePorts, until } from '../support/broker.ts'
import { faultOf } from '../support/fault-of.ts'
import { redisTools, startRedis, type RedisProcess } from '../support/redis.ts'

const COUNT = script('write', `return redis.call('INCR', KEYS[1])`)

describe('redis: a connection', () => {
  const opened: RedisProcess[] = []
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'redis-'))
  })
  afterEach(async () => {
    for (const redis of opened.splice(0)) await redis.end()
  })
  after(() => rmSync(folder, { recursive: true }))

  const started = async (...args: Parameters<typeof startRedis>): Promise<RedisProcess> => {
    const redis = await startRedis(...args)
    opened.push(redis)
    return redis
  }
  const open = (place: RedisPlace, more: Partial<RedisOptions> = {}) =>
    openRedis({ ...redisTools, role: 'secrets', place, demands: { durable: true }, ...more })
  const problemOf = async (act: () => Promise<unknown>): Promise<string> => {
    try {
      await act()
      return ''
    } catch (error) {
      expect(error).to.be.instanceOf(Fault)
      return error instanceof Error ? error.message : ''
    }
  }

  it('says plainly what an instance lacks for its role (rule 40)', async () => {
    const redis = await started('cache', ['--maxmemory-policy', 'allkeys-lru'])
    expect(await problemOf(() => open(redis)))
      .to.include('appendonly yes')
      .and.include('appendfsync always')
      .and.include('noeviction')
    expect(await problemOf(() => open(redis, { role: 'cache', demands: { durable: false } }))).to.equal(
      'redis.cache: it may evict keys of ours: set `maxmemory-policy noeviction`',
    )
    await redis.say('CONFIG SET maxmemory-policy volatile-ttl')
    await (await open(redis, { role: 'cache', demands: { durable: false } })).close()
    const kept = await started('keys', ['--save', '60 1'])
    expect(await problemOf(() => open(kept, { demands: { durable: true, withoutSnapshots: true } }))).to.include('save ""')
  })

  it('refuses calls when what it demands is no more so after a reconnection', async () => {
    const redis = await started('secrets')
    const link = await open(redis)
    await redis.say('CONFIG SET appendfsync everysec')
    await redis.say('CLIENT KILL TYPE normal SKIPME yes')
    await until('calls are refused', async () => (await problemOf(() => link.send(['PING']))).includes('appendfsync always'))
    await link.close()
  })

  it('says where nobody is, in time', async () => {
    const redis = await started('secrets')
    await redis.kill()
    expect(await problemOf(() => open(redis))).to.equal('redis (secrets) is away (ECONNREFUSED)')
  })

  it('takes its password from a file and never from the address', async () => {
    const redis = await started('secrets', ['--requirepass', 'correct-horse'])
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, 'correct-horse\n', { mode: 0o600 })
    const link = await open({ url: redis.url, passwordFile })
    expect(String(await link.send(['PING']))).to.equal('PONG')
    await link.close()
    const inAddress = redis.url.replace('//', '//default:correct-horse@')
    expect(await problemOf(() => open({ url: inAddress }))).to.equal('redis.secrets.url: the password belongs in passwordFile')
    expect(await problemOf(() => open({ url: redis.url }))).to.include('NOAUTH')
  })

  it('speaks TLS, with whom it trusts only', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, ...subject],
      {
        stdio: 'ignore',
      },
    )
    const redis = await started('secrets')
    for (const [name, value] of [
      ['tls-cert-file', cert],
      ['tls-key-file', key],
      ['tls-auth-clients', 'no'],
      ['tls-ca-cert-file', cert],
    ])
      await redis.say(`CONFIG SET ${String(name)} ${String(value)}`)
    const [free = 0] = await freePorts(1)
    const tlsPort = String(free)
    expect(await redis.say(`CONFIG SET tls-port ${tlsPort}`)).to.include('OK')
    const url = `rediss://127.0.0.1:${tlsPort}`
    const link = await open({ url, caFile: cert })
    expect(String(await link.send(['PING']))).to.equal('PONG')
    await link.close()
    // Whatever the environment says.
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    for (const said of [undefined, '0'])
      try {
        if (said !== undefined) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = said
        expect(await problemOf(() => open({ url }))).to.include('is away (DEPTH_ZERO_SELF_SIGNED_CERT')
      } finally {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
      }
  })

  it('gives each call its time, does not know of a write that was sent, and comes back by itself', async () => {
    const redis = await started('secrets')
    const link = await open(redis, { callMs: 100 })
    expect(await link.run(COUNT, ['n'], [])).to.equal(1)
    redis.freeze()
    expect(await faultOf(() => link.send(['GET', 'n']))).to.equal('unavailable')
    expect(await faultOf(() => link.run(COUNT, ['n'], []))).to.equal('ambiguous')
    // Silence: the connection is given up, and another is not to be had.
    await faultOf(() => link.send(['GET', 'n']))
    expect(await faultOf(() => link.run(COUNT, ['n'], []))).to.equal('unavailable')
    redis.thaw()
    const count = await until('it answers', async () => await link.run(COUNT, ['n'], []).catch(() => undefined))
    expect(count).to.be.greaterThan(1)
    await link.close()
    expect(await faultOf(() => link.send(['PING']))).to.equal('closed')
  })

  it('queues nothing for an instance that is away, and does not lose its scripts when that comes back', async () => {
    const redis = await started('secrets')
    const link = await open(redis)
    await link.run(COUNT, ['n'], [])
    await redis.kill()
    expect(await faultOf(() => link.run(COUNT, ['n'], []))).to.be.oneOf(['unavailable', 'ambiguous'])
    await until('it is known to be away', async () => (await faultOf(() => link.run(COUNT, ['n'], []))) === 'unavailable')
    await redis.start()
    const count = await until('it answers', async () => await link.run(COUNT, ['n'], []).catch(() => undefined))
    expect(count).to.be.oneOf([2, 3])
    await link.close()
  })
})
