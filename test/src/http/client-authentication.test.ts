import { expect } from 'chai'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { after, before, describe, it } from 'mocha'
import { Fault } from '../../../domain/ports.ts'
import { authenticateClient } from '../../../src/http/guards/client-authentication.ts'
import { spendProof } from '../../../src/http/guards/dpop.ts'
import { oauthError } from '../../../src/http/errors.ts'
import { PAR_PATH, TOKEN_PATH } from '../../../src/http/paths.ts'
import type { Request } from '../../../src/http/reply.ts'
import { SHOP } from '../../support/given.ts'
import type { ClientConfiguration } from '../../../schemas/generated.ts'
import { house, ISSUER, type House } from './house.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const noPlan = async () => ({ prepare: async () => undefined })

describe('client authentication at PAR and token (rules 32 and 34)', () => {
  let place: House
  let key: CryptoKey
  before(async () => {
    place = await house()
    const pair = await generateKeyPair('ES256', { extractable: true })
    key = pair.privateKey
    const jwk = await exportJWK(pair.publicKey)
    await place.register({ ...SHOP, jwks: { keys: [{ ...jwk, kty: 'EC', kid: 'k' }] } as NonNullable<ClientConfiguration['jwks']> })
    // So that what is issued now was issued after the memory of used assertions began.
    place.clock.pass(60_000)
  })
  after(() => place.close())

  const assertion = (more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const now = Date.parse(place.clock.now()) / 1000
    const claims = { iss: 'shop', sub: 'shop', aud: ISSUER, jti: Math.random().toString(36), iat: now, exp: now + 60, ...more }
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(key)
  }

  const requestWith = (form: Readonly<Record<string, string>>): Request => ({
    method: 'POST',
    path: TOKEN_PATH,
    params: {},
    query: new Map(),
    form: new Map(Object.entries(form)),
    headers: {},
    cookies: new Map(),
    network: 'unknown',
    requestId: '00000000-0000-4000-8000-000000000000',
    at: place.clock.now(),
  })

  const authenticate = async (
    text: string | undefined,
    more: Readonly<Record<string, string>> = {},
    path = TOKEN_PATH,
  ): Promise<string> => {
    const form = { client_assertion_type: TYPE, ...(text !== undefined && { client_assertion: text }), ...more }
    const result = await authenticateClient(place.world, requestWith(form), path, noPlan)
    return 'refusal' in result ? result.refusal : String(result.client.configuration?.client_id)
  }

  const reason = (): unknown => (place.log.lines.at(-1)?.fields as { reason?: string }).reason

  it('a fresh assertion', async () => {
    expect(await authenticate(await assertion())).to.equal('shop')
    expect(await authenticate(await assertion(), { client_id: 'shop' })).to.equal('shop')
    expect(await authenticate(await assertion({ aud: `${ISSUER}${PAR_PATH}` }), {}, PAR_PATH)).to.equal('shop')
    expect(await authenticate(await assertion({ aud: `${ISSUER}${TOKEN_PATH}` }), {}, PAR_PATH)).to.equal('shop')
  })

  it('is good once, at whichever endpoint', async () => {
    const text = await assertion()
    expect(await authenticate(text, {}, PAR_PATH)).to.equal('shop')
    expect(await authenticate(text)).to.equal('assertion_replayed')
    expect(reason()).to.equal('replayed')
  })

  it('used again it is told as that whatever becomes of what was prepared, and that is taken back', async () => {
    const form = { client_assertion_type: TYPE, client_assertion: await assertion() }
    const discarded: string[] = []
    const discard = async (prepared: string): Promise<void> => void discarded.push(prepared)
    const present = (prepare: () => Promise<string>) =>
      authenticateClient(place.world, requestWith(form), TOKEN_PATH, async () => ({ prepare, discard }))
    expect(await present(async () => 'first')).to.include({ prepared: 'first' })
    expect(await present(async () => 'second')).to.deep.equal({ refusal: 'assertion_replayed' })
    expect(discarded).to.deep.equal(['second'])
    const away = present(() => Promise.reject(new Fault('unavailable', 'the vault is away')))
    expect(await away).to.deep.equal({ refusal: 'assertion_replayed' })
    expect(reason()).to.equal('replayed')
  })

  it('among fifty at once exactly one is first (attack 7)', async () => {
    const text = await assertion()
    const results = await Promise.all(Array.from({ length: 50 }, () => authenticate(text)))
    expect(results.filter((result) => result === 'shop')).to.have.length(1)
    expect(results.filter((result) => result === 'assertion_replayed')).to.have.length(49)
  })

  it('a memory that was lost while it was looked at is no memory of it (rule 32)', async () => {
    const { singleUse } = place.world
    const epochs = [await singleUse.epoch(), place.clock.now()]
    const lost = { ...singleUse, epoch: async () => epochs.shift() ?? '' }
    const form = { client_assertion_type: TYPE, client_assertion: await assertion({ iat: Date.parse(place.clock.now()) / 1000 - 5 }) }
    const result = await authenticateClient({ ...place.world, singleUse: lost }, requestWith(form), TOKEN_PATH, noPlan)
    expect(result).to.deep.equal({ refusal: 'client_authentication_failed' })
    expect(reason()).to.equal('before_memory')
  })

  it('nor of a proof of a key', async () => {
    const { singleUse } = place.world
    const issuedAt = Date.parse(place.clock.now()) / 1000 - 5
    const proof = { key: 'k'.repeat(43), alg: 'ES256', jti: 'lost', issuedAt } as const
    const lost = { ...place.world, singleUse: { ...singleUse, epoch: async () => place.clock.now() } }
    expect(await spendProof(lost, requestWith({}), proof, { profile: 'fapi2' })).to.equal('dpop_invalid')
    expect(await spendProof(place.world, requestWith({}), { ...proof, jti: 'kept' }, { profile: 'fapi2' })).to.equal(undefined)
  })

  it('what fails spends nothing', async () => {
    const jti = 'kept'
    expect(await authenticate(await assertion({ jti, aud: 'https://other.example' }))).to.equal('client_authentication_failed')
    expect(await authenticate(await assertion({ jti }), { client_id: 'other' })).to.equal('client_authentication_failed')
    expect(await authenticate(await assertion({ jti }))).to.equal('shop')
  })

  it('everything else is one refusal, with its reason in the log only', async () => {
    const now = Date.parse(place.clock.now()) / 1000
    const cases: readonly (readonly [text: string | undefined, reason: string, more?: Readonly<Record<string, string>>])[] = [
      [undefined, 'missing'],
      [await assertion(), 'missing', { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
      ['nonsense', 'malformed'],
      [await assertion({ sub: 'a b' }), 'client_id'],
      [await assertion({ sub: '__proto__' }), 'client_id'],
      [await assertion(), 'client_id', { client_id: 'Shop' }],
      [await assertion({ iss: 'nobody', sub: 'nobody' }), 'client'],
      [await assertion({ iss: 'nobody' }), 'issuer'],
      [await assertion({ exp: now - 1 }), 'expired'],
      [await assertion({ iat: now - 3600 }), 'before_memory'],
    ]
    for (const [text, why, more] of cases) {
      expect(await authenticate(text, more ?? {}), why).to.equal('client_authentication_failed')
      expect(reason()).to.equal(why)
    }
    expect(JSON.stringify(place.log.lines)).not.to.include('nobody')
    expect(oauthError('assertion_replayed')).to.deep.equal(oauthError('client_authentication_failed'))
  })

  it('a client that was deactivated is refused at once (rule 16)', async () => {
    await place.client('shop', { type: 'DeactivateClient', at: place.clock.now(), client: 'shop' })
    expect(await authenticate(await assertion())).to.equal('client_inactive')
    await place.client('shop', { type: 'ActivateClient', at: place.clock.now(), client: 'shop' })
    expect(await authenticate(await assertion())).to.equal('shop')
  })
})
