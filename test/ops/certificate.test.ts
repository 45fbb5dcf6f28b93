import { describe, it } from 'mocha'
import { expect } from 'chai'
import { generateKeyPair, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { certificate, pem } from '../../ops/demo/certificate.ts'

const pairs = promisify(generateKeyPair)

describe('certificates of the demonstration', () => {
  it('are X.509 that Node reads and verifies, for RSA and P-256, short and long names, this century and its second half', async () => {
    const keys = [await pairs('rsa', { modulusLength: 2048 }), await pairs('ec', { namedCurve: 'P-256' })]
    for (const { publicKey, privateKey } of keys) {
      for (const [notAfter, year] of [
        ['2036-01-02T03:04:05.000Z', '2036'],
        ['2051-01-02T03:04:05.000Z', '2051'],
      ] as const) {
        const subject = 'Almaria '.repeat(20).trim()
        const made = certificate({
          subject,
          publicKey,
          issuer: 'Root',
          issuerKey: privateKey,
          notBefore: '2026-01-01T00:00:00.000Z',
          notAfter,
          serial: Buffer.from([0xff, 1]),
          authority: true,
        })
        const read = new X509Certificate(pem(made))
        expect([read.subject, read.issuer, read.serialNumber]).to.deep.equal([`CN=${subject}`, 'CN=Root', '01FF01'])
        expect(read.validTo).to.include(year)
        expect(read.ca).to.equal(true)
        expect(read.verify(publicKey)).to.equal(true)
      }
    }
  })

  it('a leaf is no authority, and another key did not sign it', async () => {
    const [root, leaf] = [await pairs('ec', { namedCurve: 'P-256' }), await pairs('ec', { namedCurve: 'P-256' })]
    const times = { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z', serial: Buffer.from([1]) }
    const read = new X509Certificate(
      pem(certificate({ subject: 'Leaf', publicKey: leaf.privateKey, issuer: 'Root', issuerKey: root.privateKey, ...times })),
    )
    expect(read.ca).to.equal(false)
    expect(read.verify(root.publicKey)).to.equal(true)
    expect(read.verify(leaf.publicKey)).to.equal(false)
  })
})
