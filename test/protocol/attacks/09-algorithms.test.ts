// The attacker wants a signature to count that no registered key made; the algorithm list of `src/crypto/client-assertion.ts` and the sizes in `src/crypto/client-keys.ts` stop it.
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { randomUUID } from 'node:crypto'
import { attacked, present, secondsOf, signedAssertion, told } from '../../support/attacked.ts'
import { newParty, PAR, register, requestOf } from '../../support/rp.ts'

describe('attack 9: algorithms (RFC 8725 §3.1, RFC 7518 §3.4)', () => {
  const { here, party } = attacked(['shop'])
  const push = async (assertion: string, id = 'shop') =>
    told(
      await present(here(), PAR, assertion, (await requestOf({ ...party('shop'), id, redirectUri: `https://${id}.example/cb` })).members),
    )
  const refused = [401, 'invalid_client']
  const claims = () => ({
    iss: 'shop',
    sub: 'shop',
    aud: here().issuer,
    jti: randomUUID(),
    iat: secondsOf(here()),
    exp: secondsOf(here()) + 60,
  })

  it('none, in every spelling', async () => {
    expect(await push(new UnsecuredJWT(claims()).encode())).to.deep.equal(refused)
    const [, payload = '', signature = ''] = (await signedAssertion(here(), party('shop'))).split('.')
    for (const alg of ['none', 'None', 'NONE', '', null, ['ES256'], undefined]) {
      const header = Buffer.from(JSON.stringify({ alg, kid: party('shop').kid })).toString('base64url')
      for (const end of ['', signature]) expect(await push(`${header}.${payload}.${end}`), String(alg)).to.deep.equal(refused)
    }
  })

  it('HS256 with the public key as its secret, in each form of the key', async () => {
    const [jwk] = (party('shop').registration['jwks'] as { readonly keys: readonly JWK[] }).keys
    const pem = await exportSPKI((await importJWK(jwk ?? {}, 'ES256')) as CryptoKey)
    for (const secret of [pem, pem.trim(), JSON.stringify(jwk), jwk?.x ?? '']) {
      const header = { alg: 'HS256', kid: party('shop').kid }
      const key = new TextEncoder().encode(secret.padEnd(32, ' '))
      expect(await push(await new SignJWT(claims()).setProtectedHeader(header).sign(key))).to.deep.equal(refused)
    }
  })

  it('ES256 signatures of zeros (CVE-2022-21449), in DER, too long, and with padding', async () => {
    const [header = '', payload = '', signature = ''] = (await signedAssertion(here(), party('shop'))).split('.')
    const raw = Buffer.from(signature, 'base64url')
    const integer = (part: Buffer): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), part])
    const inner = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
    const der = Buffer.concat([Buffer.from([0x30, inner.length]), inner])
    for (const bad of [Buffer.alloc(64), Buffer.alloc(64, 0xff), der, Buffer.concat([raw, Buffer.alloc(1)]), raw.subarray(0, 63)])
      expect(await push(`${header}.${payload}.${bad.toString('base64url')}`)).to.deep.equal(refused)
    expect(await push(`${header}.${payload}.${signature}==`)).to.deep.equal(refused)
    expect(await push(`${header}.${payload}.${signature}.`)).to.deep.equal(refused)
  })

  it('a malleable twin (r, n - s) of an assertion that was used is the same assertion', async () => {
    const assertion = await signedAssertion(here(), party('shop'))
    const [header = '', payload = '', signature = ''] = assertion.split('.')
    const raw = Buffer.from(signature, 'base64url')
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const s = n - BigInt(`0x${raw.subarray(32).toString('hex')}`)
    const twin = Buffer.concat([raw.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]).toString('base64url')
    expect((await push(assertion))[0]).to.equal(201)
    expect(await push(`${header}.${payload}.${twin}`)).to.deep.equal(refused)
  })

  it('an algorithm that the client did not register', async () => {
    const rsa = await newParty('rsa', 'PS256', { token_endpoint_auth_signing_alg: 'PS256' })
    const [jwk] = (rsa.registration['jwks'] as { readonly keys: readonly JWK[] }).keys
    const registered = await register(here(), rsa)
    expect((await push(await signedAssertion(here(), registered), 'rsa'))[0]).to.equal(201)
    expect(jwk?.alg).to.equal('PS256')
    expect(
      await push(
        await signedAssertion(here(), registered).then((text) =>
          text.replace(/^[^.]+/, Buffer.from(JSON.stringify({ alg: 'RS256', kid: rsa.kid })).toString('base64url')),
        ),
        'rsa',
      ),
    ).to.deep.equal(refused)
  })
})
