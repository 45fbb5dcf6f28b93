import { expect } from 'chai'
import { constants, createDecipheriv, createHash, generateKeyPair, privateDecrypt, randomBytes, verify, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { after, before, describe, it } from 'mocha'
import { hashOf, sealed, sealRequest, thumbprintOf } from '../../../adapters/id-system/mosip-ida/sealing.ts'
import { partnerOf } from '../../../adapters/id-system/mosip-ida/signing.ts'
import { certificate, pem } from '../../../ops/demo/certificate.ts'
import { faultOf } from '../../support/fault-of.ts'

const pairs = promisify(generateKeyPair)

const counted = (first: number, length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => first + index))

/** The request that the vectors are of: Java and Node agree on them. */
const INNER = '{"otp":"111111","timestamp":"2026-01-02T03:04:05.678Z"}'
const KEY = counted(0x00, 32)
const IV = counted(0xa0, 16)

const madeFor = async (modulusLength = 2048) => {
  const { publicKey, privateKey } = await pairs('rsa', { modulusLength })
  const times = { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' }
  const name = 'Partner'
  const der = certificate({ subject: name, issuer: name, publicKey, issuerKey: privateKey, serial: randomBytes(12), ...times })
  return {
    privateKey,
    publicKey,
    certificate: new X509Certificate(der),
    pem: pem(der),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
}

describe('mosip-ida: golden vectors', () => {
  it('seals a request: ciphertext, tag, IV', () => {
    expect(sealed(INNER, KEY, IV)).to.equal(
      'UYFMyGjv91Tyry6A3CWvvKAxKhQbRyXNkGJIjDsHFrU6vNZSuOON6d46CpIseIfFNAyQWo4n0I4NstOEad6TuCNMAwZxr3mgoaKjpKWmp6ipqqusra6v',
    )
  })

  it('hashes it, and seals the hash', () => {
    expect(hashOf(INNER)).to.equal('5EF847BDEB93AC69B0660B82F5A588271B294DA30AF3CC0D3BB26D4FDFE316BC')
    expect(sealed(hashOf(INNER), KEY, IV)).to.equal(
      'H-ZlhCz6jzKG3CaCrFe7qcB1dU9OdmmeuycrgyENFLA909RaoZf-jt5IdpFbAYe0KXjlUOJBmWeifztXkFPiqgesFXwRr-6__CA2h3QIoNWgoaKjpKWmp6ipqqusra6v',
    )
  })
})

describe('mosip-ida: what a request is made of', () => {
  let made: Awaited<ReturnType<typeof madeFor>>
  let folder: string
  const file = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  before(async () => {
    made = await madeFor()
    folder = mkdtempSync(join(tmpdir(), 'mosip-ida-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  it('who has the private key opens the session key (RSA-OAEP with SHA-256 throughout), and with it request and hash', () => {
    const [key, requestIv, hashIv] = [randomBytes(32), randomBytes(16), randomBytes(16)]
    const { request, requestHMAC, requestSessionKey, thumbprint } = sealRequest(INNER, { key, requestIv, hashIv }, made.certificate)
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const opened = privateDecrypt({ key: made.privateKey, ...padding }, Buffer.from(requestSessionKey, 'base64url'))
    const open = (text: string): string => {
      const bytes = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', opened, bytes.subarray(-16)).setAuthTag(bytes.subarray(-32, -16))
      return Buffer.concat([decipher.update(bytes.subarray(0, -32)), decipher.final()]).toString()
    }
    expect(open(request)).to.equal(INNER)
    expect(open(requestHMAC)).to.equal(hashOf(INNER))
    expect(thumbprint).to.equal(createHash('sha256').update(made.certificate.raw).digest('base64url'))
    expect(request.slice(-22), 'an IV for each of the two').not.to.equal(requestHMAC.slice(-22))
  })

  it('is signed by a JWS that leaves the body out and brings the certificate', async () => {
    const partner = partnerOf(file('key.pem', made.key), file('certificate.pem', made.pem))
    const body = Buffer.from('{"id":"mosip.identity.otp"}')
    const [header = '', nothing, signature = ''] = (await partner.signatureOf(body)).split('.')
    expect(nothing).to.equal('')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).to.deep.equal({
      alg: 'RS256',
      kid: thumbprintOf(made.certificate),
      x5c: [made.certificate.raw.toString('base64')],
    })
    const input = Buffer.from(`${header}.${body.toString('base64url')}`)
    expect(verify('sha256', input, made.publicKey, Buffer.from(signature, 'base64url'))).to.equal(true)
  })

  it('takes no key that is none, weak or of another certificate', async () => {
    const [weak, other] = [await madeFor(1024), await madeFor()]
    const { privateKey } = await pairs('ec', { namedCurve: 'P-256' })
    const ec = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const cases = [
      [made.key, other.pem],
      [weak.key, weak.pem],
      [ec, made.pem],
      ['no key', made.pem],
      [made.key, 'no certificate'],
      ['', made.pem],
    ] as const
    for (const [key, certificate_] of cases) {
      const opening = async () => partnerOf(file('other.key.pem', key), file('other.pem', certificate_))
      expect(await faultOf(opening)).to.equal('invalid')
    }
    expect(await faultOf(async () => partnerOf(join(folder, 'nowhere'), join(folder, 'certificate.pem')))).to.equal('invalid')
  })
})
