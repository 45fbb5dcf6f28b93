import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import { below, endpoint, httpClient, type HttpCall, type HttpClient } from '../../adapters/http-client.ts'
import { freePorts } from '../support/broker.ts'
import { faultOf } from '../support/fault-of.ts'

const tlsFile = (name: string): string => readFileSync(join(import.meta.dirname, '../support/tls', name), 'utf8')

const portOf = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('a client of one HTTP system', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    answer(request, response)
  })
  const secure = createTlsServer({ key: tlsFile('key.pem'), cert: tlsFile('certificate.pem') }, (_request, response) => response.end('{}'))
  const client: HttpClient = httpClient({ bodyBytesMax: 1000 })
  let base: URL
  let tls: URL

  before(async () => {
    base = new URL(`http://127.0.0.1:${await portOf(server)}/`)
    tls = new URL(`https://localhost:${await portOf(secure)}/`)
  })
  after(() => {
    client.close()
    for (const open of [server, secure]) {
      open.closeAllConnections()
      open.close()
    }
  })

  const call = (more: Partial<HttpCall> = {}): HttpCall => ({
    method: 'POST',
    url: base,
    headers: {},
    body: Buffer.from('{}'),
    waitMs: 5000,
    repeatable: false,
    ...more,
  })

  it('answers status, headers and body, and follows no redirect', async () => {
    answer = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end('moved')
    const before = asked
    const got = await client.call(call())
    expect(got).to.deep.include({ ok: true, status: 302 })
    expect(got.ok && got.body.toString()).to.equal('moved')
    expect(asked).to.equal(before + 1)
  })

  it('takes no more than its bound, and what is just as long', async () => {
    answer = (_request, response) => response.end('x'.repeat(1001))
    expect(await client.call(call())).to.deep.equal({ ok: false, fault: 'size' })
    answer = (_request, response) => response.end('x'.repeat(1000))
    expect((await client.call(call())).ok).to.equal(true)
  })

  it('ends at its deadline, also within a body that never ends, and has none where no time is left', async () => {
    answer = (_request, response) => void response.write('slowly')
    expect(await client.call(call({ waitMs: 60 }))).to.deep.equal({ ok: false, fault: 'late' })
    answer = () => undefined
    expect(await client.call(call({ waitMs: 60 }))).to.deep.equal({ ok: false, fault: 'late' })
    const before = asked
    for (const waitMs of [0, -5, Number.NaN]) expect(await client.call(call({ waitMs }))).to.deep.equal({ ok: false, fault: 'late' })
    expect(asked).to.equal(before)
  })

  it('asks again only what may be asked twice', async () => {
    answer = (request) => request.socket.destroy()
    let before = asked
    expect(await client.call(call())).to.deep.equal({ ok: false, fault: 'broken' })
    expect(asked).to.equal(before + 1)
    before = asked
    expect(await client.call(call({ repeatable: true }))).to.deep.equal({ ok: false, fault: 'broken' })
    expect(asked).to.equal(before + 2)
  })

  it('says where nothing was sent', async () => {
    const [port = 0] = await freePorts(1)
    expect(await client.call(call({ url: new URL(`http://127.0.0.1:${port}/`) }))).to.deep.equal({ ok: false, fault: 'unsent' })
  })

  it('believes a server by its authorities alone, and by its name', async () => {
    expect((await client.call(call({ url: tls }))).ok).to.equal(false)
    const listed = httpClient({ authorities: tlsFile('certificate.pem') })
    // The certificate is for keys.example: another name is not believed.
    expect((await listed.call(call({ url: tls }))).ok).to.equal(false)
    listed.close()
  })

  it('ends calls under way when it is closed, and makes no more', async () => {
    const closing = httpClient()
    answer = () => undefined
    const waiting = closing.call(call())
    setImmediate(() => closing.close())
    expect((await waiting).ok).to.equal(false)
    expect(await closing.call(call())).to.deep.equal({ ok: false, fault: 'unsent' })
  })

  it('believes no other, whatever the environment says', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      expect(await client.call(call({ url: tls }))).to.deep.equal({ ok: false, fault: 'broken' })
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  it('sends secrets over TLS, and in clear to this machine alone, where that is allowed', async () => {
    const wrong = [
      'http://example.org/',
      'http://127.0.0.1.example.org/',
      'ftp://localhost/',
      'https://me:secret@example.org/',
      'https://a/#b',
      'nothing',
      '',
    ]
    for (const text of wrong) expect(await faultOf(() => endpoint(text, 'url', { loopbackHttp: true })), text).to.equal('invalid')
    expect(() => endpoint('http://127.0.0.1:1/?token=abc', 'url', { loopbackHttp: false })).to.throw(/^url must begin with https:/)
    for (const text of ['http://127.0.0.1:80/', 'http://localhost/', 'http://[::1]:9/', 'https://example.org/a'])
      expect(endpoint(text, 'url', { loopbackHttp: true })).to.be.instanceOf(URL)
  })

  it('adds segments that cannot lead elsewhere', async () => {
    const base = new URL('https://id.example/base/')
    expect(below(base, 'a/b', 'c?d', '...').href).to.equal('https://id.example/base/a%2Fb/c%3Fd/...')
    for (const segment of ['..', '.', '']) expect(await faultOf(() => below(base, segment, 'x'))).to.equal('invalid')
  })
})
