import { createHmac, sign, KeyObject } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { exportJWK, exportSPKI, generateKeyPair, jwtVerify, SignJWT, type CryptoKey, type JWK } from 'jose'
import { before, describe, it } from 'mocha'
import type { SigningAlgorithm } from '../../../domain/ports.ts'
import { readAssertion, readClaims, signatureFault, type AssertionRules } from '../../../src/crypto/client-assertion.ts'
import { imported, inlineKeys, type ClientKey, type Jwk } from '../../../src/crypto/client-keys.ts'

const ISSUER = 'https://id.example'
const TOKEN = `${ISSUER}/v1/esignet/oauth/v2/token`
const AT = '2026-11-24T12:00:00.500Z'
const NOW = Date.parse('2026-11-24T12:00:00.000Z') / 1000
const ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'PS256', 'RS256', 'EdDSA']

type Pair = { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey; readonly jwk: JWK }
/** What an assertion is held against, and by which keys. */
type By = AssertionRules & { readonly keys: readonly ClientKey[] }

const made = async (alg: string): Promise<Pair> => {
  const pair = await generateKeyPair(alg, { extractable: true })
  return { ...pair, jwk: await exportJWK(pair.publicKey) }
}

const keysOf = (...jwks: readonly JWK[]): readonly ClientKey[] => (jwks as readonly Jwk[]).flatMap(imported)

const claims = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  iss: 'rp',
  sub: 'rp',
  aud: ISSUER,
  jti: 'one',
  iat: NOW,
  exp: NOW + 60,
  ...more,
})

const rules = (keys: readonly ClientKey[], more: Partial<AssertionRules['client']> = {}, epoch = '2026-11-01T00:00:00.000Z'): By => ({
  client: { client_id: 'rp', profile: 'compatible', assertion_audience: 'issuer', ...more },
  keys,
  at: AT,
  issuer: ISSUER,
  endpoints: [TOKEN],
  epoch,
})

const outcome = (text: string, by: By): string => {
  const assertion = readAssertion(text)
  if (assertion === undefined) return 'malformed'
  const read = readClaims(assertion, by)
  return read.ok ? (signatureFault(assertion, read, by.keys) ?? 'ok') : read.fault
}

const b64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

describe('client assertions: what jose signs is accepted (rule 32, RFC 7523)', () => {
  const pairs = new Map<SigningAlgorithm, Pair>()
  before(async () => {
    for (const alg of ALGORITHMS) pairs.set(alg, await made(alg))
  })

  for (const alg of ALGORITHMS) {
    it(alg, async () => {
      const pair = pairs.get(alg)!
      const by = rules(keysOf({ ...pair.jwk, kid: 'k' }))
      for (const typ of [undefined, 'JWT', 'client-authentication+jwt', 'application/client-authentication+jwt']) {
        const text = await new SignJWT(claims())
          .setProtectedHeader({ alg, kid: 'k', ...(typ !== undefined && { typ }) })
          .sign(pair.privateKey)
        expect(outcome(text, by), typ).to.equal('ok')
        await jwtVerify(text, pair.publicKey, { currentDate: new Date(AT) })
      }
      expect(outcome(await new SignJWT(claims()).setProtectedHeader({ alg }).sign(pair.privateKey), by), 'without kid').to.equal('ok')
    })

    it(`${alg}: the key, its kid and the client's algorithm decide`, async () => {
      const pair = pairs.get(alg)!
      const other = pairs.get(alg === 'ES256' ? 'EdDSA' : 'ES256')!
      const text = await new SignJWT(claims()).setProtectedHeader({ alg, kid: 'k' }).sign(pair.privateKey)
      expect(outcome(text, rules(keysOf({ ...pair.jwk, kid: 'other' })))).to.equal('key')
      expect(outcome(text, rules(keysOf(pair.jwk)))).to.equal('key')
      expect(outcome(text, rules(keysOf({ ...other.jwk, kid: 'k' })))).to.equal('key')
      expect(outcome(text, rules(keysOf({ ...pair.jwk, kid: 'k', use: 'enc' })))).to.equal('key')
      expect(outcome(text, rules(keysOf({ ...pair.jwk, kid: 'k', alg: alg === 'ES256' ? 'EdDSA' : 'ES256' })))).to.equal('key')
      expect(outcome(text, rules(keysOf({ ...pair.jwk, kid: 'k' }), { token_endpoint_auth_signing_alg: alg }))).to.equal('ok')
      const only = alg === 'ES256' ? 'PS256' : 'ES256'
      expect(outcome(text, rules(keysOf({ ...pair.jwk, kid: 'k' }), { token_endpoint_auth_signing_alg: only }))).to.equal('algorithm')
      const stranger = await made(alg)
      expect(outcome(text, rules(keysOf({ ...stranger.jwk, kid: 'k' })))).to.equal('signature')
    })
  }

  it('two keys of one kid: the one that fits is found (FAPI 2.0 §5.4.3)', async () => {
    const [es, ed, more] = [pairs.get('ES256')!, pairs.get('EdDSA')!, await made('ES256')]
    const keys = keysOf({ ...ed.jwk, kid: 'k' }, { ...more.jwk, kid: 'k' }, { ...es.jwk, kid: 'k' })
    expect(outcome(await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(es.privateKey), rules(keys))).to.equal(
      'ok',
    )
  })

  it('an RSA key registered for PS256 takes no RS256', async () => {
    const { jwk, privateKey } = pairs.get('RS256')!
    const text = await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
    expect(outcome(text, rules(keysOf({ ...jwk, alg: 'PS256' })))).to.equal('key')
  })

  it('keys are imported once for a configuration', () => {
    const { jwk } = pairs.get('ES256')!
    const first = inlineKeys([jwk as Jwk], 'digest-of-this-test')
    expect(inlineKeys([], 'digest-of-this-test')).to.equal(first)
    expect(inlineKeys([jwk as Jwk], 'another-digest')).not.to.equal(first)
  })

  it('a key that is no key, or too small, is left out', async () => {
    const weak = await exportJWK((await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })).publicKey)
    const small = { ...weak, n: Buffer.from(weak.n!, 'base64url').subarray(0, 128).toString('base64url') }
    expect(keysOf(weak)).to.have.length(1)
    expect(
      keysOf(small, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, { kty: 'EC', crv: 'P-384', x: 'AA', y: 'AA' }, { kty: 'oct', k: 'AA' }),
    ).to.deep.equal([])
    const { jwk } = pairs.get('ES256')!
    const y = Buffer.from(jwk.y!, 'base64url')
    y.writeUInt8(y.readUInt8(0) ^ 1, 0)
    const offCurve = { ...jwk, y: y.toString('base64url') }
    expect(keysOf(offCurve)).to.deep.equal([])
  })
})

describe('client assertions: attacks fail (attacks 6 to 11)', () => {
  let pair: Pair
  let es256: (header: unknown, payload: unknown) => string
  let by: By
  before(async () => {
    pair = await made('ES256')
    by = rules(keysOf({ ...pair.jwk, kid: 'k' }))
    const key = KeyObject.from(pair.privateKey)
    es256 = (header, payload) => {
      const input = `${b64(header)}.${b64(payload)}`
      return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    }
  })

  const HEADER = { alg: 'ES256', kid: 'k' }

  it('signed by hand as it should be', () => expect(outcome(es256(HEADER, claims()), by)).to.equal('ok'))

  it('alg none, in any spelling, with and without a signature', () => {
    for (const alg of ['none', 'None', 'NONE', '', null, 0, ['ES256'], { a: 1 }]) {
      expect(outcome(`${b64({ alg })}.${b64(claims())}.`, by)).to.equal('malformed')
      expect(outcome(es256({ alg, kid: 'k' }, claims()), by)).to.equal('algorithm')
    }
  })

  it('HS256 with the public key as the secret', async () => {
    const secrets = [await exportSPKI(pair.publicKey), JSON.stringify(pair.jwk), pair.jwk.x!]
    for (const secret of secrets) {
      const input = `${b64({ alg: 'HS256', kid: 'k' })}.${b64(claims())}`
      expect(outcome(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`, by)).to.equal('algorithm')
    }
  })

  it('algorithms of another size or curve', () => {
    for (const alg of ['ES384', 'ES512', 'ES256K', 'RS384', 'RS1', 'PS512', 'Ed448', 'RSA1_5', 'es256', 'ES256 '])
      expect(outcome(es256({ alg, kid: 'k' }, claims()), by), alg).to.equal('algorithm')
    for (const alg of ['RS256', 'PS256', 'EdDSA']) expect(outcome(es256({ alg, kid: 'k' }, claims()), by), alg).to.equal('key')
  })

  it('signatures that are none: DER, short, long, zeros, r or s alone, a flipped bit', () => {
    const [header = '', payload = '', signature = ''] = es256(HEADER, claims()).split('.')
    const raw = Buffer.from(signature, 'base64url')
    const der = sign('sha256', Buffer.from(`${header}.${payload}`), KeyObject.from(pair.privateKey))
    const n = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
    const half = raw.subarray(0, 32)
    const wrong = [
      der,
      raw.subarray(0, 63),
      Buffer.concat([raw, Buffer.alloc(1)]),
      Buffer.alloc(64),
      Buffer.concat([half, Buffer.alloc(32)]),
      Buffer.concat([Buffer.alloc(32), half]),
      Buffer.concat([n, n]),
      Buffer.concat([half, n]),
      Buffer.alloc(64, 255),
      Buffer.from(raw.map((byte, index) => (index === 40 ? byte ^ 1 : byte))),
    ]
    for (const bytes of wrong) expect(outcome(`${header}.${payload}.${bytes.toString('base64url')}`, by)).to.equal('signature')
  })

  it('shapes that are no JWS', () => {
    const text = es256(HEADER, claims())
    const [header = '', payload = '', signature = ''] = text.split('.')
    const shapes = [
      '',
      '.',
      '..',
      '...',
      `${text}.`,
      `${text}.x`,
      `${text}.x.y`,
      `.${payload}.${signature}`,
      `${header}..${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      ` ${text}`,
      `${text}\n`,
      `${text}=`,
      text.replaceAll('.', ':'),
      `${header}.${payload}.${signature}+/`,
      `${header}.${payload}!.${signature}`,
      JSON.stringify({ payload, protected: header, signature }),
    ]
    for (const shape of shapes) expect(outcome(shape, by), shape.slice(0, 40)).to.equal('malformed')
  })

  it('base64url that is not canonical: the same signature in other letters', () => {
    const text = es256(HEADER, claims())
    const last = text.slice(-1)
    // 64 bytes leave two bits in the last letter that mean nothing.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const sibling = alphabet.charAt(alphabet.indexOf(last) ^ 1)
    expect(outcome(`${text.slice(0, -1)}${sibling}`, by)).to.equal('malformed')
  })

  it('header and payload that are no objects', () => {
    for (const part of ['null', '[]', '1', '"a"', 'true', '', '{', '{"sub":"rp"', 'undefined', '\u0000', '{"sub":"rp"}x']) {
      expect(outcome(es256(HEADER, part), by), part).to.equal('malformed')
      expect(outcome(es256(part, claims()), by), part).to.equal('malformed')
    }
    expect(outcome(es256(HEADER, [claims()]), by)).to.equal('malformed')
  })

  it('payload that is not UTF-8', () => {
    const input = `${b64(HEADER)}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}`
    expect(outcome(`${input}.${Buffer.alloc(64).toString('base64url')}`, by)).to.equal('malformed')
  })

  it('__proto__ gives nothing', () => {
    expect(outcome(es256(HEADER, `{"__proto__":${JSON.stringify(claims())}}`), by)).to.equal('malformed')
    const text = `{"sub":"rp","__proto__":${JSON.stringify(claims())}}`
    expect(outcome(es256(HEADER, text), by)).to.equal('issuer')
    expect(outcome(es256('{"__proto__":{"alg":"ES256"}}', claims()), by)).to.equal('algorithm')
  })

  it('a huge assertion is not read', () => {
    expect(outcome(es256(HEADER, claims({ filler: 'x'.repeat(8192) })), by)).to.equal('malformed')
    expect(outcome('a'.repeat(1_000_000), by)).to.equal('malformed')
    expect(outcome('.'.repeat(8000), by)).to.equal('malformed')
  })

  it('headers that bring a key or change the meaning', () => {
    const foreign = {
      jku: 'https://evil.example/keys',
      x5u: 'https://evil.example/cert',
      jwk: pair.jwk,
      crit: ['exp'],
      b64: false,
      zip: 'DEF',
    }
    for (const [name, value] of Object.entries(foreign))
      expect(outcome(es256({ ...HEADER, [name]: value }, claims()), by), name).to.equal('header')
    expect(outcome(es256({ ...HEADER, jwk: null }, claims()), by)).to.equal('header')
  })

  it('a JWT of another type (attack 8: request objects, DPoP proofs, tokens)', () => {
    for (const typ of ['oauth-authz-req+jwt', 'dpop+jwt', 'at+jwt', 'logout+jwt', 'token-introspection+jwt', '', 1, null, ['JWT']])
      expect(outcome(es256({ ...HEADER, typ }, claims()), by), String(typ)).to.equal('header')
  })

  it('kid that is a path, SQL, a URL or no text (attack 10)', () => {
    for (const kid of ['../../etc/passwd', "k' OR 1=1", 'https://evil.example', '', 'K']) {
      expect(outcome(es256({ alg: 'ES256', kid }, claims()), by), kid).to.equal('key')
    }
    for (const kid of [null, 1, ['k'], {}]) expect(outcome(es256({ alg: 'ES256', kid }, claims()), by)).to.equal('header')
  })

  it('issuer and subject are the client', () => {
    for (const more of [{ iss: 'other' }, { sub: 'other' }, { iss: undefined }, { iss: ['rp'] }, { iss: 'RP' }, { iss: 'rp ' }])
      expect(outcome(es256(HEADER, claims(more)), by)).to.equal('issuer')
    for (const sub of [undefined, null, 1, ['rp']]) expect(outcome(es256(HEADER, claims({ sub })), by)).to.equal('malformed')
  })

  it('audience: the issuer as one string, exactly (FAPI 2.0 §5.3.2.1-8)', () => {
    for (const aud of [
      [ISSUER],
      `${ISSUER}/`,
      TOKEN,
      ISSUER.toUpperCase(),
      `${ISSUER} ${TOKEN}`,
      undefined,
      null,
      {},
      [],
      'https://other.example',
    ])
      expect(outcome(es256(HEADER, claims({ aud })), by), JSON.stringify(aud)).to.equal('audience')
  })

  it('audience of a client that may name an endpoint (rule 34)', () => {
    const legacy = { ...by, client: { ...by.client, assertion_audience: 'issuer_or_endpoint' as const } }
    for (const aud of [ISSUER, TOKEN, [TOKEN], [ISSUER, 'x']]) expect(outcome(es256(HEADER, claims({ aud })), legacy)).to.equal('ok')
    for (const aud of ['https://other.example', [], [[ISSUER]], {}, undefined, `${TOKEN}/`, Array.from({ length: 11 }, () => ISSUER)])
      expect(outcome(es256(HEADER, claims({ aud })), legacy), JSON.stringify(aud)).to.equal('audience')
  })

  it('exp: whole seconds, in the future, at most 300 s ahead (rule 32)', () => {
    for (const exp of [NOW, NOW - 1, 0]) expect(outcome(es256(HEADER, claims({ exp })), by)).to.equal('expired')
    for (const exp of [NOW + 301, 4_000_000_000, Number.MAX_SAFE_INTEGER])
      expect(outcome(es256(HEADER, claims({ exp })), by)).to.equal('lifetime')
    expect(outcome(es256(HEADER, claims({ exp: NOW + 300 })), by)).to.equal('ok')
    for (const exp of [undefined, null, NOW + 60.5, -1, String(NOW + 60), [NOW + 60], true, {}])
      expect(outcome(es256(HEADER, claims({ exp })), by), JSON.stringify(exp)).to.equal('malformed')
    expect(outcome(es256(HEADER, JSON.stringify(claims()).replace(String(NOW + 60), '1e999')), by)).to.equal('malformed')
  })

  it('iat and nbf: 10 s ahead accepted, and no more (FAPI 2.0 §5.3.2.1-13)', () => {
    for (const name of ['iat', 'nbf']) {
      expect(outcome(es256(HEADER, claims({ [name]: NOW + 10 })), by), name).to.equal('ok')
      for (const ahead of [11, 61]) expect(outcome(es256(HEADER, claims({ [name]: NOW + ahead })), by), name).to.equal('not_yet')
      for (const value of [null, 1.5, '1', -1, {}])
        expect(outcome(es256(HEADER, claims({ [name]: value })), by), name).to.equal('malformed')
    }
    expect(outcome(es256(HEADER, claims({ iat: undefined })), by)).to.equal('ok')
  })

  it('jti: 1 to 128 characters', () => {
    expect(outcome(es256(HEADER, claims({ jti: 'x'.repeat(128) })), by)).to.equal('ok')
    for (const jti of [undefined, null, '', 1, ['one'], 'x'.repeat(129)])
      expect(outcome(es256(HEADER, claims({ jti })), by)).to.equal('jti')
  })

  it('what was issued before the memory of used assertions began is refused (rule 32)', () => {
    const young = { ...by, epoch: '2026-11-24T11:59:59.900Z' }
    expect(outcome(es256(HEADER, claims()), young)).to.equal('ok')
    expect(outcome(es256(HEADER, claims({ iat: NOW - 2 })), young)).to.equal('before_memory')
    expect(outcome(es256(HEADER, claims({ iat: undefined })), young)).to.equal('before_memory')
    expect(outcome(es256(HEADER, claims({ iat: undefined, exp: NOW + 300 })), young)).to.equal('ok')
  })

  it('never throws, whatever comes', () => {
    const part = fc.oneof(fc.string(), fc.json().map(b64), fc.constant(b64(HEADER)), fc.constant(b64(claims())))
    fc.assert(fc.property(fc.array(part, { maxLength: 5 }), (parts) => outcome(parts.join('.'), by) !== 'ok'))
  })
})
