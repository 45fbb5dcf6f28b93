import { request as ask } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { Fault } from '../../../domain/ports.ts'
import { json, page, redirect, text, withCookies, type Request } from '../../../src/http/reply.ts'
import { underWay } from '../../../src/under-way.ts'
import { door, FORM, house, openDoors, type Doors, type House } from './house.ts'

const seen = ({ method, path, params, query, form, cookies, network }: Request): unknown => ({
  method,
  path,
  params,
  query: [...query],
  form: [...form],
  cookies: [...cookies],
  network,
})

const CANARY = 'canary-51c9'

const routes = [
  door({ path: '/echo' }, (request) => json(seen(request))),
  door({ path: '/things/:thing/:part' }, (request) => json(seen(request))),
  door({ path: '/form', method: 'POST', repeatable: ['claims'], bodyBytesMax: 1000 }, (request) => json(seen(request))),
  door({ path: '/both' }, () => text('got')),
  door({ path: '/both', method: 'POST' }, () => text('posted')),
  door({ path: '/records', records: true }, () => text('recorded')),
  door({ path: '/page', kind: 'page' }, () => withCookies(page('<p>hello</p>'), ['a=1', 'b=2'])),
  door({ path: '/form-page', kind: 'page', method: 'POST' }, () => page('<p>hello</p>')),
  door({ path: '/away', kind: 'page' }, () => redirect('https://rp.example/cb?code=x')),
  door({ path: '/public', kind: 'public' }, () => json({})),
  door({ path: '/outage' }, () => Promise.reject(new Fault('unavailable', 'the store is away', { retryAfterMs: 2500 }))),
  door({ path: '/outage-page', kind: 'page' }, () => Promise.reject(new Fault('ambiguous', 'who knows'))),
  door({ path: '/bug' }, () => Promise.reject(new Error(CANARY))),
  door({ path: '/bug-page', kind: 'page' }, () => {
    throw new TypeError(CANARY)
  }),
  door({ path: '/invalid' }, () => Promise.reject(new Fault('invalid', 'we asked for nonsense'))),
  door({ path: '/slow' }, async () => {
    await sleep(150)
    return text('slow')
  }),
]

describe('src/http/app', () => {
  let place: House
  let doors: Doors
  before(async () => {
    place = await house({ trustedProxies: ['127.0.0.1'] })
    doors = await openDoors(place.world, routes)
  })
  after(async () => {
    await doors.close()
    await place.close()
  })

  it('plain data in and out', async () => {
    const answer = await doors.send('GET', '/things/a%20b/c?x=1&y=%C3%A9', {
      headers: { cookie: 'a=1; b=2', 'x-forwarded-for': '203.0.113.9' },
    })
    expect(answer.status).to.equal(200)
    expect(JSON.parse(answer.body)).to.deep.equal({
      method: 'GET',
      path: '/things/a b/c',
      params: { thing: 'a b', part: 'c' },
      query: [
        ['x', '1'],
        ['y', 'é'],
      ],
      form: [],
      cookies: [
        ['a', '1'],
        ['b', '2'],
      ],
      network: '203.0.113.0/24',
    })
    expect(answer.headers['x-request-id']).to.match(/^[0-9a-f-]{36}$/)
    expect(answer.headers).not.to.have.any.keys('x-powered-by', 'etag', 'server', 'access-control-allow-origin')
  })

  it('a form', async () => {
    const answer = await doors.send('POST', '/form', { headers: FORM, body: 'a=1&claims=x&claims=y&b=' })
    expect((JSON.parse(answer.body) as { form: unknown }).form).to.deep.equal([
      ['a', '1'],
      ['claims', ['x', 'y']],
    ])
    expect((await doors.send('POST', '/form')).status).to.equal(200)
  })

  it('HEAD is GET without the body, and nothing for a door that records', async () => {
    const head = await doors.send('HEAD', '/both')
    expect([head.status, head.headers['content-length'], head.body]).to.deep.equal([200, '3', ''])
    const refused = await doors.send('HEAD', '/records')
    expect([refused.status, refused.headers.allow]).to.deep.equal([405, 'GET'])
  })

  it('another method: 405 with Allow', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      const answer = await doors.send(method, '/both')
      expect([answer.status, answer.headers.allow], method).to.deep.equal([405, 'GET, HEAD, POST'])
    }
    expect((await doors.send('GET', '/form')).headers.allow).to.equal('POST')
    expect((await doors.send('POST', '/echo', { headers: FORM, body: 'a=1' })).status).to.equal(405)
  })

  it('cross-origin requests: what is public, and nothing else (FAPI 2.0 §5.2.3-3)', async () => {
    const preflight = { headers: { origin: 'https://rp.example', 'access-control-request-method': 'GET' } }
    const open = await doors.send('OPTIONS', '/public', preflight)
    expect([open.status, open.headers['access-control-allow-origin'], open.body]).to.deep.equal([204, '*', ''])
    for (const path of ['/page', '/echo', '/nowhere'])
      expect((await doors.send('OPTIONS', path, preflight)).headers['access-control-allow-origin'], path).to.equal(undefined)
  })

  it('no door: 404, as JSON or as a page', async () => {
    const machine = await doors.send('GET', '/nowhere?x=1')
    expect([machine.status, machine.headers['content-type']]).to.deep.equal([404, 'application/json'])
    const person = await doors.send('GET', '/nowhere', { headers: { accept: 'text/html,*/*' } })
    expect([person.status, person.headers['content-type']]).to.deep.equal([404, 'text/html; charset=utf-8'])
    expect(person.headers['content-security-policy']).to.include("default-src 'none'")
    for (const path of ['/ECHO', '/echo/', '/things/%zz/x', '/things/%c0%af/x', '/../echo', '//echo'])
      expect((await doors.send('GET', path)).status, path).to.equal(404)
  })

  it('a page about a path never links to another host', async () => {
    for (const path of ['//evil.example/x', '/\\evil.example', '/%2f%2fevil.example', '///evil.example', 'http://evil.example/x']) {
      const { body } = await doors.send('GET', path, { headers: { accept: 'text/html' } })
      const links = [...body.matchAll(/href="([^"]*)"/g)].map(([, link]) => link ?? '')
      expect(links).not.to.have.length(0)
      for (const link of links) expect(link, path).to.match(/^(\/($|[^/\\])|[?#])/)
    }
  })

  it('the headers of the kind of door, in one write; the issuer is https', async () => {
    const { headers } = await doors.send('GET', '/page')
    expect(headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'same-origin', 'x-frame-options': 'DENY' })
    expect(headers['strict-transport-security']).to.include('max-age=')
    expect(headers['set-cookie']).to.deep.equal(['a=1', 'b=2'])
    const away = await doors.send('GET', '/away')
    expect([away.status, away.headers.location, away.headers['cache-control']]).to.deep.equal([
      303,
      'https://rp.example/cb?code=x',
      'no-store',
    ])
  })
})

describe('src/http/app: what attackers send (oidc-security 2.9)', () => {
  let place: House
  let doors: Doors
  before(async () => {
    place = await house()
    doors = await openDoors(place.world, routes)
  })
  after(async () => {
    await doors.close()
    await place.close()
  })

  const errorOf = async (...request: Parameters<Doors['send']>): Promise<unknown> => {
    const { status, body } = await doors.send(...request)
    return [status, (JSON.parse(body) as { error: string; error_description: string }).error_description]
  }

  const REPEATED = [400, 'A parameter was given more than once.']
  const UNREADABLE = [400, 'The parameters cannot be read: a form in UTF-8 is expected.']
  const TOO_LARGE = [413, 'The request is too large.']

  it('15: a parameter twice, in query or body', async () => {
    expect(await errorOf('GET', '/echo?a=1&a=2')).to.deep.equal(REPEATED)
    expect(await errorOf('POST', '/form', { headers: FORM, body: 'a=1&%61=2' })).to.deep.equal(REPEATED)
  })

  it('15: parameters in query and body', async () => {
    expect(await errorOf('POST', '/form?client_id=x', { headers: FORM, body: 'a=1' })).to.deep.equal([
      400,
      'A parameter is missing, malformed or not supported.',
    ])
  })

  it('15: other content types and charsets', async () => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x', `${FORM['content-type']}; charset=utf-16`, ''])
      expect(await errorOf('POST', '/form', { headers: { 'content-type': type }, body: 'a=1' }), type).to.deep.equal(UNREADABLE)
    expect(await errorOf('POST', '/form', { headers: { ...FORM, 'content-encoding': 'gzip' }, body: 'a=1' })).to.deep.equal(UNREADABLE)
    const twice = ['host', 'a', 'content-length', '3', 'content-type', FORM['content-type'], 'content-type', 'application/json']
    expect(await errorOf('POST', '/form', { headers: twice, body: 'a=1' })).to.deep.equal(UNREADABLE)
    expect(await errorOf('POST', '/form', { headers: FORM, body: Buffer.from([0x61, 0x3d, 0xff]) })).to.deep.equal(UNREADABLE)
  })

  it('24: CR LF and null bytes', async () => {
    expect(await errorOf('GET', '/echo?state=a%0d%0ax:y')).to.deep.equal(UNREADABLE)
    expect(await errorOf('POST', '/form', { headers: FORM, body: 'state=%00' })).to.deep.equal(UNREADABLE)
  })

  it('34: a body too large is refused before and while it is read, and the connection ends', async () => {
    const announced = await doors.send('POST', '/form', { headers: FORM, body: `a=${'x'.repeat(2000)}` })
    expect([announced.status, announced.headers.connection]).to.deep.equal([413, 'close'])
    const chunked = { headers: { ...FORM, 'transfer-encoding': 'chunked' }, body: `a=${'x'.repeat(2000)}` }
    expect(await errorOf('POST', '/form', chunked)).to.deep.equal(TOO_LARGE)
    const fits = await doors.send('POST', '/form', { headers: FORM, body: `a=${'x'.repeat(998)}` })
    expect(fits.status).to.equal(200)
  })

  it('34: bodies that do not arrive make nobody think that the house is full', async () => {
    const requests = underWay(0)
    const own = await openDoors({ ...place.world, underWay: requests }, routes)
    const asked = ask({ host: '127.0.0.1', port: own.port, method: 'POST', path: '/form', headers: { ...FORM, 'content-length': 5 } })
    asked.on('error', () => undefined)
    asked.write('a')
    await sleep(150)
    expect(requests.isFull()).to.equal(false)
    asked.destroy()
    await own.close()
  })

  it('34: more parameters or header bytes than anybody needs', async () => {
    const many = Array.from({ length: 101 }, (_, n) => `p${String(n)}=1`).join('&')
    expect(await errorOf('GET', `/echo?${many}`)).to.deep.equal(UNREADABLE)
    expect((await doors.send('GET', '/echo', { headers: { 'x-large': 'x'.repeat(40_000) } })).status).to.equal(431)
  })

  it('21: Host and forwarded headers change nothing', async () => {
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example;for=1.2.3.4',
      'x-forwarded-for': '1.2.3.4',
    }
    const { body } = await doors.send('GET', '/echo', { headers })
    expect(JSON.parse(body)).to.include({ network: '127.0.0.0/24' })
    const page404 = await doors.send('GET', '/nowhere', { headers: { ...headers, accept: 'text/html' } })
    expect(page404.body).not.to.include('evil.example')
  })

  it('pages say no with a page', async () => {
    const answer = await doors.send('POST', '/form-page', { headers: FORM, body: 'a=1&a=2' })
    expect([answer.status, answer.headers['content-type']]).to.deep.equal([400, 'text/html; charset=utf-8'])
    expect(answer.body).to.include('<!doctype html>')
  })

  it('what is no HTTP gets a status and no more', async () => {
    const raw = (bytes: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(doors.port, '127.0.0.1', () => socket.write(bytes))
        let got = ''
        socket.on('data', (chunk) => (got += chunk.toString()))
        socket.on('close', () => resolve(got))
        socket.on('error', () => undefined)
      })
    expect(await raw('NONSENSE\r\n\r\n')).to.match(/^HTTP\/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n$/)
    expect(await raw('GET /echo HTTP/1.1\r\n\r\n')).to.match(/^HTTP\/1.1 400 /)
    const smuggled = 'POST /form HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
    expect(await raw(smuggled)).to.match(/^HTTP\/1.1 400 /)
  })
})

describe('src/http/app: faults, bugs and the log', () => {
  let place: House
  let doors: Doors
  before(async () => {
    place = await house()
    doors = await openDoors(place.world, routes)
  })
  after(async () => {
    await doors.close()
    await place.close()
  })

  it('an outage is 503 with the time to try again', async () => {
    const { status, headers, body } = await doors.send('GET', '/outage')
    expect([status, headers['retry-after']]).to.deep.equal([503, '3'])
    expect(JSON.parse(body)).to.deep.equal({ error: 'temporarily_unavailable', error_description: 'Try again later.' })
    const person = await doors.send('GET', '/outage-page')
    expect([person.status, person.headers['content-type'], person.headers['retry-after']]).to.deep.equal([
      503,
      'text/html; charset=utf-8',
      '5',
    ])
  })

  it('a bug is 500 with a reference that the log has too, and no detail', async () => {
    for (const path of ['/bug', '/bug-page', '/invalid']) {
      const { status, headers, body } = await doors.send('GET', path)
      expect([status, headers['retry-after']], path).to.deep.equal([500, undefined])
      const reference = /\b[A-HJKMNP-Z2-9]{8}\b/.exec(body)?.[0]
      expect(reference, path).to.be.a('string')
      expect(body).not.to.include(CANARY).and.not.to.include('src/')
      const line = place.log.lines.find(({ fields }) => JSON.stringify(fields).includes(reference!))
      expect(line?.level).to.equal('error')
    }
    expect(JSON.stringify(place.log.lines)).not.to.include(CANARY)
  })

  it('the access log has route and status, never path, query, cookie or address (rule 1)', async () => {
    await doors.send('GET', `/things/${CANARY}/x?q=${CANARY}`, {
      headers: { cookie: `c=${CANARY}`, referer: `https://x/${CANARY}`, 'user-agent': CANARY },
    })
    await doors.send('GET', `/${CANARY}`)
    const lines = place.log.lines.filter(({ event }) => event === 'request').map(({ fields }) => fields as Record<string, unknown>)
    expect(lines.at(-2)).to.include({ method: 'GET', route: '/things/:thing/:part', status: 200 })
    expect(lines.at(-1)).to.include({ route: 'none', status: 404 })
    expect(Object.keys(lines.at(-1)!)).to.have.members(['request', 'method', 'route', 'status', 'ms'])
    expect(JSON.stringify(place.log.lines)).not.to.include(CANARY).and.not.to.include('127.0.0')
  })

  it('stopping lets what is under way finish, and takes nothing new', async () => {
    const other = await openDoors(place.world, routes)
    const underWay = other.send('GET', '/slow')
    await sleep(50)
    const closing = other.close()
    const refused = await other.send('GET', '/both').catch((error: unknown) => (error as NodeJS.ErrnoException).code)
    expect(refused).to.equal('ECONNREFUSED')
    expect((await underWay).body).to.equal('slow')
    await closing
    await other.close()
  })

  it('a port that is taken is a Fault with the reason', async () => {
    const { listen } = await import('../../../src/http/server.ts')
    const failed = await listen(() => undefined, { host: '127.0.0.1', port: doors.port }).catch((error: unknown) => error)
    expect(failed).to.be.instanceOf(Fault)
    expect((failed as Fault).message).to.include('EADDRINUSE')
  })
})

describe('src/http/app: a client that is slow on purpose', () => {
  it('a body that does not come is given up', async () => {
    const place = await house(
      {},
      {
        timers: {
          sleep: (_ms, signal) =>
            sleep(60, undefined, { ...(signal && { signal }) }).then(
              () => undefined,
              () => undefined,
            ),
        },
      },
    )
    const doors = await openDoors(place.world, routes)
    const got = await new Promise<string>((resolve) => {
      const head = 'POST /form HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 10\r\n\r\na=1'
      const socket = connect(doors.port, '127.0.0.1', () => socket.write(head))
      let text = ''
      socket.on('data', (chunk) => (text += chunk.toString()))
      socket.on('close', () => resolve(text))
    })
    expect(got).to.match(/^HTTP\/1.1 400 /)
    expect(got).to.match(/connection: close/i)
    await doors.close()
    await place.close()
  })
})
