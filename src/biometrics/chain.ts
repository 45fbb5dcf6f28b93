import { X509Certificate, type KeyObject } from 'node:crypto'
import { usageOf } from './der.ts'
import type { CaptureFault } from './faults.ts'
import { sizeFits } from '../crypto/client-keys.ts'
import type { Instant } from '../../domain/ports.ts'
import { millisecondsOf } from '../../domain/time.ts'

/** Certificates in an `x5c`: the key's own, two of authorities in between, and perhaps the anchor itself. */
const CHAIN_MAX = 4
/** Base64 characters of one certificate. */
const CERTIFICATE_CHARS_MAX = 8192

/** By whose word keys of readers are believed. */
export type Anchors = {
  readonly certificates: readonly X509Certificate[]
  /** SHA-256 of certificates, capital hexadecimal digits: believed no longer. */
  readonly refused: ReadonlySet<string>
}

export type ChainFault = Extract<CaptureFault, `certificate_${string}`>

export type Chained = { readonly ok: true; readonly key: KeyObject } | { readonly ok: false; readonly fault: ChainFault }

const no = (fault: ChainFault): Chained => ({ ok: false, fault })

export const fingerprintOf = (certificate: X509Certificate): string => certificate.fingerprint256.replaceAll(':', '')

const validity = (certificate: X509Certificate, at: Instant): ChainFault | undefined => {
  const now = millisecondsOf(at)
  if (now < certificate.validFromDate.getTime()) return 'certificate_early'
  return now > certificate.validToDate.getTime() ? 'certificate_expired' : undefined
}

/** Signatures that no longer prove anything (SHA-1, MD5) are not among them: RSA PKCS #1 v1.5 and PSS, ECDSA, Ed25519. */
const SIGNATURES = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.113549.1.1.10',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
])

const parse = (text: unknown): X509Certificate | undefined => {
  if (typeof text !== 'string' || text.length > CERTIFICATE_CHARS_MAX || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  try {
    const certificate = new X509Certificate(Buffer.from(text, 'base64'))
    // A key that cannot be read throws here, and not later.
    return certificate.publicKey.type === 'public' ? certificate : undefined
  } catch {
    return undefined
  }
}

const mayCertify = (certificate: X509Certificate, below: number): boolean => {
  const usage = usageOf(certificate.raw)
  return certificate.ca && usage?.certifies === true && below <= usage.below && sizeFits(certificate.publicKey)
}

const hasIssued = (issuer: X509Certificate, issued: X509Certificate): boolean => {
  if (!issued.checkIssued(issuer)) return false
  try {
    return SIGNATURES.has(issued.signatureAlgorithmOid) && issued.verify(issuer.publicKey)
  } catch {
    return false
  }
}

/** An anchor itself, or issued by one that is still valid. */
const isAnchored = (certificate: X509Certificate, { certificates, refused }: Anchors, below: number, at: Instant): boolean =>
  certificates.some(
    (anchor) =>
      validity(anchor, at) === undefined &&
      !refused.has(fingerprintOf(anchor)) &&
      (anchor.raw.equals(certificate.raw) || (mayCertify(anchor, below) && hasIssued(anchor, certificate))),
  )

/** RFC 5280 §6 as far as it concerns readers: validity, signature, authority and path length of each certificate up to an anchor. */
const walk = (chain: readonly X509Certificate[], anchors: Anchors, at: Instant): ChainFault | undefined => {
  for (const [index, certificate] of chain.entries()) {
    const late = validity(certificate, at)
    if (late !== undefined) return late
    if (anchors.refused.has(fingerprintOf(certificate))) return 'certificate_refused'
    if (isAnchored(certificate, anchors, index, at)) return undefined
    const issuer = chain[index + 1]
    if (issuer === undefined) return 'certificate_unknown'
    if (!mayCertify(issuer, index)) return 'certificate_unfit'
    if (!hasIssued(issuer, certificate)) return 'certificate_unknown'
  }
  return 'certificate_unknown'
}

/** The key of an `x5c` header (RFC 7515 §4.1.6), where a chain of it leads to an anchor now. */
export const keyOfChain = (x5c: unknown, anchors: Anchors, at: Instant): Chained => {
  if (!Array.isArray(x5c) || x5c.length === 0) return no('certificate_missing')
  if (x5c.length > CHAIN_MAX) return no('certificate_unfit')
  const chain = x5c.map(parse)
  const [own] = chain
  if (own === undefined || chain.includes(undefined)) return no('certificate_unfit')
  const usage = usageOf(own.raw)
  if (usage?.signs !== true || !sizeFits(own.publicKey)) return no('certificate_unfit')
  const fault = walk(chain as readonly X509Certificate[], anchors, at)
  return fault === undefined ? { ok: true, key: own.publicKey } : no(fault)
}
