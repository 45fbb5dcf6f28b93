/**
 * The floor: what a login costs at least on this machine. Bare Express that answers the broker's own requests, does the same cryptography
 * by hand and one group-committed flush for each append that the broker makes, of the same size; no rules, no checks, no store.
 */
import { createCipheriv, createDecipheriv, createHmac, createPrivateKey, createPublicKey, hash, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { argv } from 'node:process'
import express, { type Request, type Response } from 'express'
import { BROKER, ISSUER } from './broker-flow.ts'
import { groupCommit } from './group-commit.ts'
import { claimsOf } from './id-system.ts'
import { signCompact, type Jwk, type Party } from './party.ts'

export type FloorOrders = {
  readonly port: number
  readonly party: Party
  readonly key: Jwk
  readonly file: string
  /** Bytes of each append of a step, as the broker was seen to make them. */
  readonly appends: Readonly<Record<string, readonly number[]>>
}

const { port, party, key, file, appends } = JSON.parse(argv[2] ?? '{}') as FloorOrders

const log = groupCommit(file)
const signingKey = createPrivateKey({ key, format: 'jwk' })
const clientKey = createPublicKey({ key: party.publicJwk, format: 'jwk' })
const secret = randomBytes(32)

/** Sealing and opening of the broker's vault in each step, and keyed digests: names, CSRF tokens, codes. */
const SMALL: Readonly<Record<string, readonly [seals: number, opens: number, digests: number]>> = {
  par: [1, 0, 2],
  authorize: [0, 0, 2],
  page: [0, 2, 2],
  choose: [1, 2, 3],
  otp: [1, 4, 4],
  consent: [1, 4, 5],
  token: [0, 2, 3],
  userinfo: [0, 3, 1],
}

const SEALED = Buffer.from(JSON.stringify(claimsOf('1000000000'))).subarray(0, 500)

const seal = (bytes: Buffer): Buffer => {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', secret, iv)
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

const unseal = (sealed: Buffer): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
}

const sample = seal(SEALED)

/** The work of a step besides its signatures: small cryptography, then its appends one after the other, each chained by a digest. */
const work = async (step: string): Promise<void> => {
  const [seals, opens, digests] = SMALL[step] ?? [0, 0, 0]
  for (let n = 0; n < seals; n += 1) seal(SEALED)
  for (let n = 0; n < opens; n += 1) unseal(sample)
  for (let n = 0; n < digests; n += 1) createHmac('sha256', secret).update(step).digest('base64url')
  for (const size of appends[step] ?? []) {
    const bytes = Buffer.alloc(size, 'x')
    hash('sha256', bytes, 'base64url')
    await log.append(bytes)
  }
}

const verifyAssertion = (body: URLSearchParams): void => {
  const assertion = body.get('client_assertion') ?? ''
  const end = assertion.lastIndexOf('.')
  const signature = Buffer.from(assertion.slice(end + 1), 'base64url')
  const isGood = verify('sha256', Buffer.from(assertion.slice(0, end)), { key: clientKey, dsaEncoding: 'ieee-p1363' }, signature)
  if (!isGood) throw new Error('the assertion does not verify')
}

const bodyOf = async (message: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}

const reply = (response: Response, status: number, type: string, body: string, more: Readonly<Record<string, string>> = {}): void => {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', ...more })
  response.end(body)
}

const redirect = (response: Response, location: string, more: Readonly<Record<string, string>> = {}): void =>
  reply(response, 303, 'text/plain', '', { location, ...more })

const HEADER = { alg: 'ES256', typ: 'JWT', kid: 'bench' }
const LIFE_S = 600

const tokenOf = (more: object): string => {
  const iat = Math.floor(Date.now() / 1000)
  return signCompact(signingKey, HEADER, { iss: ISSUER, aud: party.id, sub: 'bench', iat, exp: iat + LIFE_S, ...more })
}

const app = express()
for (const setting of ['x-powered-by', 'etag']) app.disable(setting)
app.set('query parser', false)

app.post(BROKER.paths.par, async (request, response) => {
  verifyAssertion(await bodyOf(request))
  await work('par')
  reply(response, 201, 'application/json', JSON.stringify({ request_uri: `urn:bench:${randomBytes(16).toString('hex')}`, expires_in: 60 }))
})
app.get(BROKER.paths.authorize, async (_request, response) => {
  await work('authorize')
  const id = randomBytes(16).toString('hex')
  redirect(response, `/login/${id}`, { 'set-cookie': `__Host-tx=${id}; Path=/; Secure; HttpOnly; SameSite=Lax` })
})
app.get('/login/:transaction', async (_request, response) => {
  await work('page')
  reply(response, 200, 'text/html', `<input type="hidden" name="csrf" value="${randomBytes(32).toString('base64url')}" />`)
})
app.post('/login/:transaction/:step', async (request: Request<{ transaction: string; step: string }>, response) => {
  const { step, transaction } = request.params
  await bodyOf(request)
  await work(step)
  redirect(response, step === 'consent' ? `${party.redirectUri}?code=${transaction}` : `/login/${transaction}`)
})
app.post(BROKER.paths.token, async (request, response) => {
  verifyAssertion(await bodyOf(request))
  const tokens = {
    access_token: tokenOf({ jti: 'access' }),
    id_token: tokenOf({ nonce: 'bench' }),
    token_type: 'Bearer',
    expires_in: LIFE_S,
  }
  await work('token')
  reply(response, 200, 'application/json', JSON.stringify(tokens))
})
app.get(BROKER.paths.userinfo, async (_request, response) => {
  await work('userinfo')
  reply(response, 200, 'application/jwt', tokenOf(claimsOf('1000000000')))
})

createServer({ keepAliveTimeout: 65_000 }, app).listen(port, '127.0.0.1')
