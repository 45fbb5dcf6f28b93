import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Chance, Digest, Uuid } from '../../domain/ports.ts'

/** SHA-256, base64url. */
export const sha256 = (data: string | Uint8Array): Digest => hash('sha256', data, 'base64url')

/** HMAC-SHA-256, base64url. */
export const hmac = (key: Uint8Array, data: string | Uint8Array): Digest => createHmac('sha256', key).update(data).digest('base64url')

/** Compares secrets in a time that depends on their length alone. */
export const equalSecrets = (one: string, other: string): boolean => {
  const a = Buffer.from(one)
  const b = Buffer.from(other)
  return a.length === b.length && timingSafeEqual(a, b)
}

/** `size` random bytes, base64url. */
export const randomText = (chance: Chance, size: number): string => Buffer.from(chance.bytes(size)).toString('base64url')

/** `at_hash` of OpenID Connect Core §3.1.3.6, for the algorithms whose hash is SHA-256 and, as its implementers do, for Ed25519 SHA-512. */
export const leftHalfHash = (alg: string, text: string): string => {
  const digest = hash(alg === 'EdDSA' ? 'sha512' : 'sha256', text, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/** RFC 9562 §5.5: the same name in the same namespace is the same id. */
export const uuidv5 = (namespace: Uuid, name: string): Uuid => {
  const bytes = hash('sha1', Buffer.concat([Buffer.from(namespace.replaceAll('-', ''), 'hex'), Buffer.from(name)]), 'buffer').subarray(
    0,
    16,
  )
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
