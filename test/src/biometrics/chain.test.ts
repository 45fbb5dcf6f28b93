import { createPublicKey, generateKeyPair, X509Certificate, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { before, describe, it } from 'mocha'
import type { CertificateWish } from '../../../ops/demo/certificate.ts'
import { issued, type Issuer } from '../../../ops/demo/sbi-device/authority.ts'
import { fingerprintOf, keyOfChain, type Anchors } from '../../../src/biometrics/chain.ts'

const pairs = promisify(generateKeyPair)

const AT = '2026-11-30T12:00:00.000Z'
const VALID = { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' }

type Wish = Pick<CertificateWish, 'usage'> & Partial<CertificateWish>

describe('chains of certificates of readers (RFC 5280 §6, RFC 7515 §4.1.6)', () => {
  let keys: readonly KeyObject[]
  before(async () => {
    keys = await Promise.all(
      Array.from({ length: 4 }, async (_, n) => (await (n === 0 ? pairs('rsa', { modulusLength: 2048 }) : pairs('ed25519'))).privateKey),
    )
  })

  const issuerOf = (n: number): Issuer => ({ name: `Authority ${String(n)}`, key: keys[n]! })
  /** The certificate of key `n`, by key `by`. */
  const made = (n: number, by: number, wish: Wish): X509Certificate =>
    new X509Certificate(
      issued({
        ...{ subject: issuerOf(n).name, publicKey: createPublicKey(keys[n]!), issuer: issuerOf(by).name, issuerKey: keys[by]!, ...VALID },
        ...wish,
      }),
    )
  const authority = (n: number, by: number, below: number, more: Partial<CertificateWish> = {}): X509Certificate =>
    made(n, by, { authority: true, below, usage: 'certify', ...more })
  const reader = (by: number, more: Partial<CertificateWish> = {}): X509Certificate => made(0, by, { usage: 'sign', ...more })

  const read = (chain: readonly X509Certificate[], anchor: X509Certificate, refused: readonly X509Certificate[] = []): string => {
    const anchors: Anchors = { certificates: [anchor], refused: new Set(refused.map(fingerprintOf)) }
    const found = keyOfChain(
      chain.map(({ raw }) => raw.toString('base64')),
      anchors,
      AT,
    )
    if (!found.ok) return found.fault
    expect(found.key.equals(createPublicKey(keys[0]!))).to.equal(true)
    return 'passes'
  }

  it('leads over authorities in between to the anchor, whether or not that is sent along', () => {
    const [root, upper, lower] = [authority(3, 3, 2), authority(2, 3, 1), authority(1, 2, 0)]
    expect(read([reader(1), lower, upper], root)).to.equal('passes')
    expect(read([reader(1), lower, upper, root], root)).to.equal('passes')
    expect(read([reader(3)], root)).to.equal('passes')
    // An authority in between may be the anchor itself.
    expect(read([reader(1), lower], upper)).to.equal('passes')
  })

  it('a reader whose own certificate is the anchor needs nobody else, and stands for nobody else', () => {
    const own = reader(3)
    expect(read([own], own)).to.equal('passes')
    expect(read([reader(3, { subject: 'another' })], own)).to.equal('certificate_unknown')
  })

  it('a link that is missing, out of order, or of a stranger leads nowhere', () => {
    const [root, upper, lower] = [authority(3, 3, 2), authority(2, 3, 1), authority(1, 2, 0)]
    expect(read([reader(1), upper], root)).to.equal('certificate_unknown')
    expect(read([reader(1), upper, lower], root)).to.equal('certificate_unknown')
    expect(read([reader(1), lower], root)).to.equal('certificate_unknown')
    // Right by its name, by another key.
    const impostor = made(1, 1, { authority: true, below: 0, usage: 'certify', issuer: issuerOf(2).name })
    expect(read([reader(1), impostor, upper], root)).to.equal('certificate_unknown')
  })

  it('only an authority certifies, and no deeper than it may', () => {
    const root = authority(3, 3, 2)
    expect(read([reader(2), made(2, 3, { usage: 'sign' })], root)).to.equal('certificate_unfit')
    expect(read([reader(2), made(2, 3, { authority: true, below: 0, usage: 'sign' })], root)).to.equal('certificate_unfit')
    expect(read([reader(2), made(2, 3, { usage: 'certify' })], root)).to.equal('certificate_unfit')
    // No authority below it, and there is one.
    expect(read([reader(1), authority(1, 2, 0), authority(2, 3, 0)], root)).to.equal('certificate_unfit')
    expect(read([reader(1), authority(1, 3, 0)], authority(3, 3, 0))).to.equal('certificate_unknown')
  })

  it('every certificate of the chain, and the anchor, is valid now and not refused', () => {
    const late = { notAfter: '2026-11-30T11:59:59.000Z' }
    const early = { notBefore: '2026-11-30T12:00:01.000Z' }
    const [root, lower] = [authority(3, 3, 2), authority(1, 3, 0)]
    expect(read([reader(1, late), lower], root)).to.equal('certificate_expired')
    expect(read([reader(1, early), lower], root)).to.equal('certificate_early')
    expect(read([reader(1), authority(1, 3, 0, late)], root)).to.equal('certificate_expired')
    expect(read([reader(1), lower], authority(3, 3, 2, late))).to.equal('certificate_unknown')
    expect(read([reader(1), lower], root, [lower])).to.equal('certificate_refused')
    expect(read([reader(1), lower], root, [root])).to.equal('certificate_unknown')
  })

  it('five certificates are too many, and what is none is unfit', () => {
    const root = authority(3, 3, 2)
    expect(read([reader(3), root, root, root, root], root)).to.equal('certificate_unfit')
    const anchors: Anchors = { certificates: [root], refused: new Set() }
    for (const [x5c, fault] of [
      [undefined, 'certificate_missing'],
      [[], 'certificate_missing'],
      [['no certificate'], 'certificate_unfit'],
      [[reader(3).raw.toString('base64'), 1], 'certificate_unfit'],
      [['A'.repeat(9000)], 'certificate_unfit'],
    ] as const)
      expect(keyOfChain(x5c, anchors, AT)).to.deep.equal({ ok: false, fault })
  })
})
