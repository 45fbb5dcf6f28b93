/**
 * X.509 certificates for demonstrations and tests: Node reads them and makes none. DER by hand (ITU-T X.690), version 3, signed with
 * RSA or ECDSA over SHA-256, or Ed25519. Nothing here is for production: there certificates come from an authority.
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

const algorithmOf = (key: KeyObject): Buffer => {
  if (key.asymmetricKeyType === 'rsa') return der(SEQUENCE, oid('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00]))
  return der(SEQUENCE, oid(key.asymmetricKeyType === 'ed25519' ? '1.3.101.112' : '1.2.840.10045.4.3.2'))
}

const TRUE = Buffer.from([0x01, 0x01, 0xff])

const critical = (name: string, ...value: readonly Uint8Array[]): Buffer => der(SEQUENCE, oid(name), TRUE, der(OCTET_STRING, ...value))

/** RFC 5280 §4.2.1.3: the bit, after how many of its byte are unused. */
const USAGES = { sign: [7, 0x80], encrypt: [5, 0x20], certify: [2, 0x04] } as const

const extensionsOf = ({ authority, below, usage, strange }: CertificateWish): readonly Buffer[] => [
  ...(authority === true
    ? [critical('2.5.29.19', der(SEQUENCE, TRUE, ...(below === undefined ? [] : [der(INTEGER, Buffer.from([below]))])))]
    : []),
  ...(usage === undefined ? [] : [critical('2.5.29.15', der(BIT_STRING, Buffer.from(USAGES[usage])))]),
  ...(strange === undefined ? [] : [critical(strange, der(SEQUENCE))]),
]

export type CertificateWish = {
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuer: string
  /** The private key of the issuer: RSA, P-256 or Ed25519. */
  readonly issuerKey: KeyObject
  readonly notBefore: string
  readonly notAfter: string
  /** 16 bytes at most. */
  readonly serial: Uint8Array
  /** It may issue others. */
  readonly authority?: boolean
  /** Of an authority: how many others may stand below it. */
  readonly below?: number
  /** What its key is for; absent: anything. */
  readonly usage?: keyof typeof USAGES
  /** The name of a critical extension that nobody understands. */
  readonly strange?: string
}

/** The certificate's DER. */
export const certificate = (wish: CertificateWish): Buffer => {
  const algorithm = algorithmOf(wish.issuerKey)
  const extensions = extensionsOf(wish)
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
    ...(extensions.length > 0 ? [der(EXTENSIONS, der(SEQUENCE, ...extensions))] : []),
  )
  const signature = sign(wish.issuerKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', told, wish.issuerKey)
  return der(SEQUENCE, told, algorithm, der(BIT_STRING, Buffer.from([0x00]), signature))
}

export const pem = (bytes: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${(
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END CERTIFICATE-----\n`
