import { createRemoteJWKSet, customFetch, exportJWK, generateKeyPair, jwtVerify, SignJWT, type CryptoKey, type JWK } from 'jose'
import { leftHalfHash, sha256 } from '../../../src/crypto/hash.ts'
import type { Clock } from '../../../domain/ports.ts'
import type { Fetch } from '../../../src/demo/broker.ts'

export const ISSUER = 'http://localhost:8088'

/** What the broker says wrongly. */
export type Lies = {
  readonly idToken?: Readonly<Record<string, unknown>>
  readonly idTokenTyp?: 'none'
  readonly userinfo?: Readonly<Record<string, unknown>>
  readonly userinfoJson?: boolean
  readonly discovery?: Readonly<Record<string, unknown>>
  readonly otherKey?: boolean
  readonly tokenError?: Readonly<Record<string, unknown>>
  readonly down?: boolean
}

export type FakeBroker = {
  readonly fetch: Fetch
  /** What a browser that opens the authorization URL is sent back with. */
  readonly answer: (url: string, changes?: Readonly<Record<string, string | undefined>>) => string
  readonly lie: (lies: Lies) => void
  readonly requests: () => readonly URLSearchParams[]
  readonly key: CryptoKey
}

const json = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } })

/** A provider that is as strict as a real one about what a relying party sends, and lies on demand about what it answers. */
export const fakeBroker = async (clock: Clock, clientJwks: () => { readonly keys: readonly JWK[] }): Promise<FakeBroker> => {
  const own = await generateKeyPair('ES256')
  const other = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] }
  const codes = new Map<string, URLSearchParams>()
  const pushed = new Map<string, URLSearchParams>()
  const assertions = new Set<string>()
  const requests: URLSearchParams[] = []
  let lies: Lies = {}

  const keysOfClient = createRemoteJWKSet(new URL('http://client/jwks'), {
    [customFetch]: async () => json(clientJwks()),
    cooldownDuration: 0,
  })

  const authenticate = async (form: URLSearchParams): Promise<void> => {
    const { payload } = await jwtVerify(form.get('client_assertion') ?? '', keysOfClient, {
      issuer: 'demo-relying-party',
      subject: 'demo-relying-party',
      audience: ISSUER,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'iat', 'jti'],
    })
    if (assertions.has(String(payload.jti))) throw new Error('replayed')
    assertions.add(String(payload.jti))
  }

  const sign = (claims: Readonly<Record<string, unknown>>): Promise<string> => {
    const now = Math.floor(Date.parse(clock.now()) / 1000)
    const standard = { iss: ISSUER, aud: 'demo-relying-party', sub: 'subject', iat: now, exp: now + 300 }
    return new SignJWT({ ...standard, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign(lies.otherKey ? other.privateKey : own.privateKey)
  }

  const token = async (form: URLSearchParams): Promise<Response> => {
    const request = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const right =
      request?.get('redirect_uri') === form.get('redirect_uri') && request.get('code_challenge') === sha256(form.get('code_verifier') ?? '')
    if (!right) return json({ error: 'invalid_grant' }, 400)
    if (lies.tokenError) return json(lies.tokenError, 400)
    const idToken = await sign({ nonce: request.get('nonce'), at_hash: leftHalfHash('ES256', 'access-token'), ...lies.idToken })
    return json({ access_token: 'access-token', token_type: 'Bearer', expires_in: 300, id_token: idToken })
  }

  const userinfo = async (authorization: string | null): Promise<Response> => {
    if (authorization !== 'Bearer access-token') return json({ error: 'invalid_token' }, 401)
    const claims = { name: 'Maya Rahimi', 'name#ar': 'مايا رحيمي', birthdate: '1987-11-25', ...lies.userinfo }
    if (lies.userinfoJson) return json({ sub: 'subject', ...claims })
    return new Response(await sign(claims), { headers: { 'content-type': 'application/jwt' } })
  }

  const fetch: Fetch = async (url, init) => {
    if (lies.down) throw new TypeError('fetch failed')
    const form = new URLSearchParams(typeof init.body === 'string' ? init.body : '')
    switch (new URL(url).pathname) {
      case '/.well-known/openid-configuration':
        return json({
          issuer: ISSUER,
          authorization_endpoint: `${ISSUER}/authorize`,
          pushed_authorization_request_endpoint: `${ISSUER}/par`,
          token_endpoint: `${ISSUER}/token`,
          userinfo_endpoint: `${ISSUER}/userinfo`,
          jwks_uri: `${ISSUER}/jwks`,
          authorization_response_iss_parameter_supported: true,
          ...lies.discovery,
        })
      case '/jwks':
        return json(jwks)
      case '/par':
        await authenticate(form)
        pushed.set(`urn:ietf:params:oauth:request_uri:${pushed.size}`, form)
        return json({ request_uri: `urn:ietf:params:oauth:request_uri:${pushed.size - 1}`, expires_in: 60 }, 201)
      case '/token':
        await authenticate(form)
        return token(form)
      case '/userinfo':
        return userinfo(new Headers(init.headers).get('authorization'))
      default:
        return json({ error: 'not_found' }, 404)
    }
  }

  return {
    fetch,
    key: own.privateKey,
    requests: () => requests,
    lie: (next) => {
      lies = next
    },
    answer: (url, changes = {}) => {
      const query = new URL(url).searchParams
      const request = pushed.get(query.get('request_uri') ?? '') ?? query
      requests.push(request)
      const code = `code-${requests.length}`
      codes.set(code, request)
      const members: Readonly<Record<string, string | undefined>> = { code, state: request.get('state') ?? '', iss: ISSUER, ...changes }
      const kept = Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined)
      return `/callback?${new URLSearchParams(kept).toString()}`
    },
  }
}
