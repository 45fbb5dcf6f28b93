/**
 * X.509 certificates for demonstrations and tests: Node reads them and makes none. DER by hand (ITU-T X.690), version 3, signed with
 * RSA or ECDSA over SHA-256. Nothing here is for production: there certificates come from an authority.
 */
import { createPublicKey, sign, type KeyObject } from 'node:crypto'

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const VERSION = 0xa0
const EXTENSIONS = 0xa3

const lengthOf = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.from([bytes])
  const hex = bytes.toString(16)
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([0x80 | length.length]), length])
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = rest.flatMap((arc) => {
    const septets = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80)
    return septets
  })
  return der(OID, Buffer.from([first * 40 + second, ...bytes]))
}

/** RFC 5280 §4.1.2.5: two digits of the year until 2049. */
const time = (instant: string): Buffer => {
  const digits = `${instant.slice(0, 19).replace(/[-:T]/g, '')}Z`
  return Number(digits.slice(0, 4)) < 2050 ? der(UTC_TIME, Buffer.from(digits.slice(2))) : der(GENERALIZED_TIME, Buffer.from(digits))
}

const nameOf = (commonName: string): Buffer =>
  der(SEQUENCE, der(SET, der(SEQUENCE, oid('2.5.4.3'), der(UTF8_STRING, Buffer.from(commonName)))))

const algorithmOf = (key: KeyObject): Buffer =>
  key.asymmetricKeyType === 'rsa'
    ? der(SEQUENCE, oid('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00]))
    : der(SEQUENCE, oid('1.2.840.10045.4.3.2'))

const authority = der(
  SEQUENCE,
  oid('2.5.29.19'),
  Buffer.from([0x01, 0x01, 0xff]),
  der(OCTET_STRING, der(SEQUENCE, Buffer.from([0x01, 0x01, 0xff]))),
)

export type CertificateWish = {
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuer: string
  /** The private key of the issuer: RSA or P-256. */
  readonly issuerKey: KeyObject
  readonly notBefore: string
  readonly notAfter: string
  /** 16 bytes at most. */
  readonly serial: Uint8Array
  /** It may issue others. */
  readonly authority?: boolean
}

/** The certificate's DER. */
export const certificate = (wish: CertificateWish): Buffer => {
  const algorithm = algorithmOf(wish.issuerKey)
  const publicKey = (wish.publicKey.type === 'private' ? createPublicKey(wish.publicKey) : wish.publicKey).export({
    type: 'spki',
    format: 'der',
  })
  const told = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    // Positive and not empty, whatever the bytes say.
    der(INTEGER, Buffer.from([0x01]), wish.serial),
    algorithm,
    nameOf(wish.issuer),
    der(SEQUENCE, time(wish.notBefore), time(wish.notAfter)),
    nameOf(wish.subject),
    publicKey,
    ...(wish.authority === true ? [der(EXTENSIONS, der(SEQUENCE, authority))] : []),
  )
  const signature = sign('sha256', told, wish.issuerKey)
  return der(SEQUENCE, told, algorithm, der(BIT_STRING, Buffer.from([0x00]), signature))
}

export const pem = (bytes: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${(
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END CERTIFICATE-----\n`
