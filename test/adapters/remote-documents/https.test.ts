import { expect } from 'chai'
import { after, afterEach, before, describe, it } from 'mocha'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { mayReach } from '../../../adapters/remote-documents/addresses.ts'
import { httpsDocuments } from '../../../adapters/remote-documents/https/https-documents.ts'
import type { Network, Timers } from '../../../domain/ports.ts'
import { systemTimers } from '../../support/given.ts'
import { keyHost, type KeyHost } from '../../support/key-host.ts'

const TYPE = { 'content-type': 'application/json' }

describe('documents of others over https (attack 11)', () => {
  let host: KeyHost
  before(async () => {
    host = await keyHost()
  })
  after(() => host.close())
  afterEach(() => host.publish([]))

  const documents = (more: Partial<Network> = {}, privateHosts: readonly string[] = [], timers: Timers = systemTimers) =>
    httpsDocuments({ network: { ...host.network(), ...more }, timers, privateHosts })
  const faultOf = async (url: string, by = documents()): Promise<string> => {
    const got = await by.get(url)
    return got.ok ? 'ok' : got.fault
  }
  /** A name with these addresses, for a broker as it ships. */
  const leadingTo = (...addresses: readonly string[]): Partial<Network> => ({ addressesOf: async () => addresses, mayReach })

  it('what is published is read', async () => {
    host.publish([{ kty: 'OKP' }])
    const got = await documents().get(host.uri)
    expect(got.ok && Buffer.from(got.body).toString()).to.equal('{"keys":[{"kty":"OKP"}]}')
  })

  it('https only, without user and password', async () => {
    const before = host.requests()
    for (const url of [host.uri.replace('https', 'http'), host.uri.replace('//', '//me:pw@'), 'file:///etc/passwd', 'data:,{}', 'no', ''])
      expect(await faultOf(url), url).to.equal('address')
    expect(host.requests()).to.equal(before)
  })

  it('a name that leads inside is not followed, nor one that leads outside and inside', async () => {
    const before = host.requests()
    for (const addresses of [['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254'], ['::1'], ['::ffff:127.0.0.1'], ['fe80::1'], ['fd00::1']])
      expect(await faultOf(host.uri, documents(leadingTo(...addresses))), addresses[0]).to.equal('address')
    expect(await faultOf(host.uri, documents(leadingTo('1.1.1.1', '127.0.0.1')))).to.equal('address')
    expect(host.requests()).to.equal(before)
  })

  it('an address instead of a name is looked at alike, however it is written', async () => {
    const ships = documents({ mayReach })
    for (const name of ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0'])
      expect(await faultOf(`https://${name}:${host.port}/jwks`, ships), name).to.equal('address')
    expect(host.lookups).not.to.include('127.0.0.1')
  })

  it('rebinding: the address that was looked at is the one that is connected to, and nobody is asked twice', async () => {
    let asked = 0
    const got = await documents({
      addressesOf: async () => {
        asked += 1
        // The first answer is harmless, every later one would lead elsewhere.
        return asked === 1 ? ['127.0.0.1'] : ['10.0.0.1']
      },
    }).get(host.uri)
    expect(got.ok).to.equal(true)
    expect(asked).to.equal(1)
  })

  it('a private address of a host that the operator listed is tried; loopback is not', async () => {
    // Nothing answers there within the time; what counts is that it was not refused for its address.
    const hurried: Timers = { sleep: async () => undefined }
    expect(await faultOf(host.uri, documents(leadingTo('10.255.255.1'), ['keys.example'], hurried))).to.be.oneOf(['late', 'unreachable'])
    expect(await faultOf(host.uri, documents(leadingTo('10.255.255.1'), ['other.example'], hurried))).to.be.oneOf(['late', 'address'])
    expect(await faultOf(host.uri, documents(leadingTo('10.255.255.1'), ['other.example']))).to.equal('address')
    expect(await faultOf(host.uri, documents(leadingTo('127.0.0.1'), ['keys.example']))).to.equal('address')
  })

  it('redirects are not followed, and only 200 is an answer', async () => {
    let elsewhere = 0
    const inside: Server = createServer((_request, response) => {
      elsewhere += 1
      response.end('{}')
    })
    inside.listen(0, '127.0.0.1')
    await once(inside, 'listening')
    const address = inside.address()
    const target = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
    for (const status of [201, 204, 206, 301, 302, 303, 307, 308, 401, 404, 500]) {
      host.answer((_request, response) => void response.writeHead(status, { ...TYPE, location: target }).end())
      expect(await faultOf(host.uri), String(status)).to.equal('status')
    }
    expect(elsewhere).to.equal(0)
    inside.close()
  })

  it('another type, or a packed body, is not read', async () => {
    for (const headers of [
      { 'content-type': 'text/html' },
      { 'content-type': 'application/jsonp' },
      {},
      { ...TYPE, 'content-encoding': 'gzip' },
    ]) {
      host.answer((_request, response) => void response.writeHead(200, headers).end('{}'))
      expect(await faultOf(host.uri), JSON.stringify(headers)).to.equal('type')
    }
  })

  it('size is bounded, announced or not, and so are headers', async () => {
    const large = Buffer.alloc(65_537, 32)
    host.answer((_request, response) => void response.writeHead(200, { ...TYPE, 'content-length': large.length }).end(large))
    expect(await faultOf(host.uri)).to.equal('size')
    let stopped = false
    host.answer((_request, response) => {
      response.writeHead(200, TYPE)
      response.on('close', () => (stopped = true))
      const more = (): void => {
        if (stopped) return
        response.write(large)
        setImmediate(more)
      }
      more()
    })
    expect(await faultOf(host.uri)).to.equal('size')
    host.answer((_request, response) => void response.writeHead(200, { ...TYPE, 'x-long': 'a'.repeat(20_000) }).end('{}'))
    expect(await faultOf(host.uri)).to.equal('unreachable')
  })

  it('time is bounded: for the name, for the answer, and for a body that trickles', async () => {
    const soon: Timers = { sleep: (_ms, signal) => systemTimers.sleep(100, signal) }
    const never = new Promise<never>(() => undefined)
    expect(await faultOf(host.uri, documents({ addressesOf: () => never }, [], soon))).to.equal('late')
    host.answer(() => undefined)
    expect(await faultOf(host.uri, documents({}, [], soon))).to.equal('late')
    host.answer((_request, response) => void response.writeHead(200, TYPE).write('{'))
    expect(await faultOf(host.uri, documents({}, [], soon))).to.equal('late')
  })

  it('a certificate for another name, or of nobody that is known, is no server of theirs', async () => {
    const named = { addressesOf: async () => ['127.0.0.1'] }
    expect(await faultOf(host.uri.replace('keys.', 'stranger.'), documents(named))).to.equal('unreachable')
    expect(await faultOf(host.uri.replace('keys.', 'other.'), documents(named))).to.equal('ok')
    expect(await faultOf(host.uri, documents({ authorities: () => [] }))).to.equal('unreachable')
  })

  it('nobody else is believed, whatever the environment says', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      expect(await faultOf(host.uri, documents({ authorities: () => [] }))).to.equal('unreachable')
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  it('a name that nobody knows, and a port where nobody listens', async () => {
    expect(await faultOf('https://nobody.example/jwks')).to.equal('unreachable')
    expect(await faultOf('https://keys.example:1/jwks')).to.equal('unreachable')
  })
})
