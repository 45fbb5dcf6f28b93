import { sign, type KeyObject } from 'node:crypto'
import { expect } from 'chai'
import { generateKeyPair, jwtVerify, type CryptoKey } from 'jose'
import { before, describe, it } from 'mocha'
import { KeyObject as Keys } from 'node:crypto'
import type { SigningAlgorithm } from '../../../domain/ports.ts'
import { signJwt, type Signer } from '../../../src/crypto/jwt.ts'

const signer = (alg: SigningAlgorithm, key: KeyObject): Signer['sign'] => {
  if (alg === 'ES256') return (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
  return async (bytes) => sign(null, bytes, key)
}

const made = async (alg: 'ES256' | 'EdDSA'): Promise<{ readonly key: Signer; readonly publicKey: CryptoKey }> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { key: { kid: `key-${alg}`, alg, sign: signer(alg, Keys.from(privateKey)) }, publicKey }
}

describe('src/crypto/jwt: what is signed by hand verifies with jose', () => {
  for (const alg of ['ES256', 'EdDSA'] as const) {
    describe(alg, () => {
      let pair: Awaited<ReturnType<typeof made>>
      before(async () => {
        pair = await made(alg)
      })

      for (const type of ['at+jwt', 'JWT'] as const) {
        it(`typ ${type}`, async () => {
          const claims = {
            iss: 'https://id.example',
            aud: 'rp',
            exp: 4_000_000_000,
            name: 'Ñandú – दीपा',
            'name#fr': 'é',
            deep: { a: [1, null] },
          }
          const token = await signJwt(pair.key, type, claims)
          const { payload, protectedHeader } = await jwtVerify(token, pair.publicKey, {
            issuer: 'https://id.example',
            audience: 'rp',
            typ: type,
          })
          expect(payload).to.deep.equal(claims)
          expect(protectedHeader).to.deep.equal({ alg, typ: type, kid: `key-${alg}` })
        })
      }

      it('a changed byte is found', async () => {
        const token = await signJwt(pair.key, 'JWT', { sub: 'a' })
        const [header, , signature] = token.split('.')
        const other = Buffer.from('{"sub":"b"}').toString('base64url')
        const failed = await jwtVerify(`${String(header)}.${other}.${String(signature)}`, pair.publicKey).catch(() => 'refused')
        expect(failed).to.equal('refused')
      })
    })
  }
})
