import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { compactDecrypt, compactVerify, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import {
  codeKey,
  maskedEmail,
  maskedPhone,
  passwordHash,
  subjectToken,
  verifiedClaimId,
} from '../../../ops/demo/mock-identity-system/rules.ts'
import { instantOf } from '../../../ops/demo/mock-identity-system/exchange.ts'
import type { MockIdentitySystem } from '../../../ops/demo/mock-identity-system/server.ts'
import { ROOT } from '../../support/broker.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { MOCK_ISSUER, startMockIdentitySystem } from '../../support/mock-identity-system.ts'

const MAYA = '8267411571'
const TXN = 'TXN1234567'

type Envelope = {
  readonly response: Record<string, unknown> | null
  readonly errors: readonly { readonly errorCode: string; readonly message: string }[]
  readonly responseTime: string | null
}

describe('the mock-identity-system', () => {
  it('computes what upstream computes (golden vectors)', () => {
    expect(subjectToken(MAYA, 'mock-relying-party-id')).to.equal('s8-VG8_0sbZMmhKXB7qHS8L9yzlwTD2wvuY08p6kZsM')
    expect(codeKey(TXN, MAYA, '111111')).to.equal('g4Z0pECR3u_cEe5GFO7JzSJ3mvDzyV0IDjkxjDrTW14')
    expect(verifiedClaimId(MAYA, 'abc tf', 'phone')).to.equal('tKEIm-e-TshbMLCd2SUBY68CzlI2lM8NGj1gdLR6ZjU')
    expect(passwordHash('Passw0rd!')).to.equal('E66860546F18CDBBCD86B35E18B525BFFC67F772C650CEDFE3FF7A0026FA1DEE')
    expect(maskedEmail('siddharth.km@gmail.com')).to.equal('XXdXXaXXhXXm@gmail.com')
    expect(maskedPhone('+919427357934')).to.equal('XXXXXXX357934')
  })

  it('reads instants as text with and without a zone, and as the list that Jackson writes', () => {
    const ms = Date.parse('2026-05-19T10:01:02.123Z')
    for (const value of ['2026-05-19T10:01:02.123', '2026-05-19T10:01:02.123Z', [2026, 5, 19, 10, 1, 2, 123_456_789]])
      expect(instantOf(value)).to.equal(ms)
    for (const value of [undefined, 'soon', {}, ['a']]) expect(instantOf(value)).to.be.NaN
  })

  it('runs as a process of its own, and ends when it is told to', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'ops/demo/mock-identity-system/main.ts'), '--port', '0', '--mode', 'compat'])
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const [url = ''] = line.toString().split(' ')
    const { response } = (await (await fetch(`${url}/keys.json`)).json()) as Envelope
    expect(response).to.have.property('allCertificates').with.length(1)
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).to.equal(0)
  })

  for (const mode of ['compat', 'strict'] as const)
    describe(mode, () => {
      let system: MockIdentitySystem
      let clock: HandClock
      before(async () => {
        clock = handClock()
        system = await startMockIdentitySystem(mode, clock.now)
      })
      after(() => system.close())

      const ask = async (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<Envelope> => {
        const response = await fetch(`${system.url}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
        expect(response.status).to.equal(200)
        return (await response.json()) as Envelope
      }
      const codeOf = async (path: string, body?: unknown, method?: string): Promise<string> => {
        const { response, errors } = await ask(path, body, method)
        expect(response).to.equal(null)
        return errors[0]!.errorCode
      }
      const enveloped = (request: unknown) => ({ requestTime: clock.now(), request })
      const auth = (more: object, path = '/kyc-auth/rp/client') => ask(path, { transactionId: TXN, individualId: MAYA, ...more })
      const proven = async (): Promise<string> => String((await auth({ pin: '545411' })).response!['kycToken'])
      const facts = async (more: object, path = '/kyc-exchange/rp/client'): Promise<Record<string, unknown>> => {
        const body = { requestDateTime: clock.now(), transactionId: TXN, individualId: MAYA, kycToken: await proven(), ...more }
        const { response } = await ask(path, body)
        const jws = String(response!['kyc'])
        return JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>
      }

      it('has an envelope with status 200 for errors too, and no error is an empty list', async () => {
        const { errors, responseTime, response } = await auth({ pin: '545411' })
        expect(errors).to.deep.equal([])
        expect(responseTime).to.equal(clock.now())
        expect(response).to.include({ authStatus: true, partnerSpecificUserToken: subjectToken(MAYA, 'rp') })
        expect((await ask('/identity/00000')).errors).to.deep.equal([
          { errorCode: 'invalid_individual_id', message: 'invalid_individual_id' },
        ])
        expect((await fetch(`${system.url}/nothing`)).status).to.equal(404)
      })

      it('proves by PIN, password, code and knowledge, in the ways upstream fails', async () => {
        expect(await codeOf('/kyc-auth/a/b', { transactionId: TXN, individualId: '11111', pin: '1' })).to.equal('invalid_individual_id')
        expect(await codeOf('/kyc-auth/a/b', { transactionId: TXN, individualId: MAYA, pin: '000000' })).to.equal('auth_failed')
        expect((await auth({ password: 'wrong-one' })).response).to.deep.equal({ authStatus: false })
        expect((await auth({ password: 'Harbour-Lamp-71' })).response).to.include({ authStatus: true })
        expect((await auth({})).response).to.deep.equal({ authStatus: false })
        const kbi = (answers: unknown) => ({ kbi: Buffer.from(JSON.stringify(answers)).toString('base64url') })
        const right = { phone: '+999205550171', email: 'maya.rahimi@mail.almaria.example', dateOfBirth: '1987-11-25' }
        expect((await auth(kbi(right))).response).to.include({ authStatus: true })
        expect((await auth(kbi({ ...right, phone: '1' }))).response).to.deep.equal({ authStatus: false })
        expect(await codeOf('/kyc-auth/a/b', { transactionId: TXN, individualId: MAYA, kbi: '%' })).to.equal('auth-failed')
        expect((await auth(kbi({}))).response!['authStatus']).to.equal(mode === 'compat')
      })

      it('sends codes by the channels that are there, masks them, and one works once', async () => {
        const send = { transactionId: TXN, individualId: MAYA, otpChannels: ['EMAIL', 'phone'] }
        expect(await codeOf('/send-otp/a/b', { ...send, transactionId: '' })).to.equal('invalid_transaction_id')
        expect(await codeOf('/send-otp/a/b', { ...send, individualId: '1' })).to.equal('invalid_individual_id')
        expect(await codeOf('/send-otp/a/b', { ...send, otpChannels: ['pigeon'] })).to.equal('invalid_otp_channel')
        expect(await codeOf('/send-otp/a/b', { ...send, individualId: '4417098235', otpChannels: ['phone'] })).to.equal(
          'no_email_mobile_found',
        )
        const { response } = await ask('/send-otp/a/b', send)
        expect(response).to.deep.include({ transactionId: TXN, maskedMobile: maskedPhone('+999205550171') })
        const { otp } = system.mailbox()[0]!
        expect(otp === '111111').to.equal(mode === 'compat')
        const wrong = otp === '000000' ? '000001' : '000000'
        expect(await codeOf('/kyc-auth/a/b', { transactionId: TXN, individualId: MAYA, otp: wrong })).to.equal('auth_failed')
        expect((await auth({ otp })).response).to.include({ authStatus: true })
        expect((await auth({ otp })).errors[0]!.errorCode).to.equal(mode === 'compat' ? 'invalid_transaction' : 'auth_failed')
        expect(await codeOf('/kyc-auth/a/b', { transactionId: '', individualId: MAYA, otp })).to.equal('invalid_transaction_id')
      })

      it('several factors: the last decides in compat, all must pass in strict; a reader and a wallet likewise', async () => {
        const wrongFirst = { kbi: Buffer.from('{"phone":"1"}').toString('base64url'), password: 'Harbour-Lamp-71' }
        expect((await auth(wrongFirst)).response!['authStatus']).to.equal(mode === 'compat')
        expect((await auth({ biometrics: [{ data: 'x' }] })).response!['authStatus']).to.equal(mode === 'compat')
        const payload = Buffer.from(JSON.stringify({ transactionId: TXN, bioValue: 'sealed' })).toString('base64url')
        expect((await auth({ biometrics: [{ data: `h.${payload}.s` }] })).response).to.include({ authStatus: true })
        expect((await auth({ tokens: ['a.b.c'] })).response !== null).to.equal(mode === 'compat')
      })

      it('tells what was agreed to, once, within 180 s by the clock that counts', async () => {
        const kycToken = await proven()
        const body = { requestDateTime: clock.now(), transactionId: TXN, individualId: MAYA, kycToken, acceptedClaims: ['name'] }
        expect(await codeOf('/kyc-exchange/rp/c', { ...body, transactionId: 'another' })).to.equal('mock-ida-006')
        const { response } = await ask('/kyc-exchange/rp/c', body)
        expect(await codeOf('/kyc-exchange/rp/c', body)).to.equal('mock-ida-006')
        const { allCertificates } = (await ask('/keys.json')).response as { allCertificates: { keyId: string; certificateData: string }[] }
        const jws = String(response!['kyc'])
        expect(decodeProtectedHeader(jws)).to.deep.equal({ alg: 'RS256', kid: allCertificates[0]!.keyId })
        const key = createPublicKey(
          new X509Certificate(allCertificates[0]!.certificateData).publicKey.export({ type: 'spki', format: 'pem' }),
        )
        const { payload } = await compactVerify(jws, key)
        expect(JSON.parse(Buffer.from(payload).toString())).to.deep.equal({
          name: 'Maya Rahimi',
          sub: subjectToken(MAYA, 'rp'),
          iss: MOCK_ISSUER,
          aud: 'c',
        })
        const late = await proven()
        const behind = new Date(Date.parse(clock.now()) - 1000).toISOString()
        const answer = await ask('/kyc-exchange/rp/c', { ...body, kycToken: late, requestDateTime: behind })
        expect(answer.response === null).to.equal(mode === 'compat')
      })

      it('tags languages with three letters, and misses one as the mode says', async () => {
        const claims = ['name', 'birthdate', 'address', 'gender']
        const two = await facts({ acceptedClaims: claims, claimLocales: ['eng', 'fra'] })
        expect(two).to.include({ 'name#eng': 'Maya Rahimi', 'name#fra': 'Maya Rahimi', birthdate: '1987/11/25', gender: 'female' })
        const none = await facts({ acceptedClaims: ['name'], claimLocales: ['deu'] })
        expect(none['name']).to.equal(mode === 'compat' ? '' : 'Maya Rahimi')
        const address = two['address'] as Record<string, unknown>
        expect(address).to.include({ locality: 'Port Selen', country: 'Almaria' })
        expect('postal_code' in address).to.equal(mode === 'strict')
      })

      it('tells verified claims by framework, and takes them out of the plain ones', async () => {
        const asked = { verification: { trust_framework: { value: 'almaria_civil_register' } }, claims: { name: null } }
        const told = await facts({ acceptedClaimDetail: { name: null, verified_claims: asked } }, '/v2/kyc-exchange/rp/client')
        expect(told).not.to.have.property('name')
        expect(told).to.have.nested.property('verified_claims[0].verification.trust_framework', 'almaria_civil_register')
        expect(told).to.have.nested.property('verified_claims[0].claims.name', 'Maya Rahimi')
        const other = { ...asked, verification: { trust_framework: { values: ['none'] } } }
        expect(await facts({ acceptedClaimDetail: { verified_claims: [other] } }, '/v2/kyc-exchange/rp/client')).not.to.have.property(
          'verified_claims',
        )
        const { response } = await auth({ pin: '545411', claimMetadataRequired: true }, '/v2/kyc-auth/rp/client')
        expect(response).to.have.nested.property('claimMetadata.name[0].trust_framework', 'almaria_civil_register')
      })

      it('encrypts to the key of a partner, by respType, and cannot without one', async () => {
        const pair = await generateKeyPair('RSA-OAEP-256', { extractable: true })
        const body = async () => ({
          requestDateTime: clock.now(),
          transactionId: TXN,
          individualId: MAYA,
          kycToken: await proven(),
          acceptedClaims: [],
        })
        expect(await codeOf('/v3/kyc-exchange/p/c', { ...(await body()), respType: 'JWE' })).to.equal('mock-ida-008')
        const key = JSON.stringify({ ...(await exportJWK(pair.publicKey)), kid: 'k1' })
        expect(await codeOf('/partner', enveloped({ clientId: 'c', key }))).to.equal('invalid_partner_id')
        expect((await ask('/partner', enveloped({ partnerId: 'p', clientId: 'c', key }))).response).to.be.a('string')
        const { response } = await ask('/v3/kyc-exchange/p/c', { ...(await body()), respType: 'JWE' })
        const opened = await compactDecrypt(String(response!['kyc']), pair.privateKey)
        expect(opened.protectedHeader).to.deep.equal({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: 'k1' })
        const { response: ignored } = await ask('/v3/kyc-exchange/p/c', { ...(await body()), responseType: 'JWE' })
        expect(String(ignored!['kyc']).split('.').length).to.equal(mode === 'compat' ? 3 : 5)
      })

      it('keeps identities: made, read, changed, verified, with what is wrong in a word', async () => {
        const { response: maya } = await ask(`/identity/${MAYA}`)
        expect('pin' in maya!).to.equal(mode === 'compat')
        const identity = { ...maya, individualId: '1234567890', pin: '111111', password: 'Passw0rd!' }
        expect(await codeOf('/identity', { requestTime: clock.in(121_000), request: identity })).to.equal('invalid_request')
        expect(await codeOf('/identity', enveloped({ ...identity, email: 'none' }))).to.equal('invalid_email')
        expect(await codeOf('/identity', enveloped({ ...identity, extra: 1 }))).to.equal('invalid_extra')
        expect((await ask('/identity', enveloped(identity))).response).to.deep.equal({ status: 'mock identity data created successfully' })
        expect(await codeOf('/identity', enveloped(identity))).to.equal('duplicate_individual_id')
        const change = { individualId: '1234567890', email: 'new@example.org', phone: null }
        expect((await ask('/identity', enveloped(change), 'PUT')).response).to.deep.equal({
          status: 'mock Identity data updated successfully',
        })
        expect(await codeOf('/identity', enveloped({ individualId: '99999' }), 'PUT')).to.equal('invalid_individual_id')
        expect((await ask('/identity/1234567890')).response).to.include({ email: 'new@example.org', phone: '+999205550171' })
        const verify = (field: string, trust_framework: string) =>
          enveloped({ individualId: '1234567890', verificationDetail: { [field]: { trust_framework } }, active: true })
        expect(await codeOf('/identity/add-verified-claim', verify('nothing', 'TF'))).to.equal('invalid_claim')
        expect(await codeOf('/identity/add-verified-claim', verify('email', ' '))).to.equal('invalid_request')
        expect((await ask('/identity/add-verified-claim', verify('email', 'TF'))).response).to.deep.equal({
          status: 'Verified Claim added successfully',
        })
        expect((await auth({ individualId: '1234567890', password: 'Passw0rd!' })).response).to.include({ authStatus: true })
        expect((await ask('/identity/identity-schema')).response).to.have.property('additionalProperties', false)
        expect(await codeOf('/identity/ui-spec')).to.equal('ui_spec_not_found')
      })

      it('goes wrong as it is told to, and keeps old keys published', async () => {
        system.setFaults({ status: 502 })
        expect((await fetch(`${system.url}/keys.json`)).status).to.equal(502)
        system.setFaults({ malformed: true })
        expect(await (await fetch(`${system.url}/keys.json`)).text()).to.equal('{"response":')
        system.setFaults({})
        await system.rotateKey()
        expect((await ask('/keys.json')).response!['allCertificates']).to.have.length(2)
      })
    })
})
