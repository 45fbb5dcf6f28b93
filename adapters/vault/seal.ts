import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { type Chance, Fault } from '../../domain/ports.ts'

const KEY_BYTES = 32
/** NIST SP 800-38D §8.2.2: a random IV of 96 bits, good for 2^32 values under one key. */
const IV_BYTES = 12
const TAG_BYTES = 16

export type Seal = {
  /** Names the key, so that rows of an earlier key can be told apart when there are several. */
  readonly keyId: string
  /** IV, ciphertext and tag in one. */
  readonly close: (name: string, value: Uint8Array) => Uint8Array
  /** Throws `corrupt` when the bytes were sealed under another key or name, or were changed since. */
  readonly open: (name: string, keyId: string, sealed: Uint8Array) => Uint8Array
}

/** AES-256-GCM with the row's name as additional data: a row that was moved to another name does not open. */
export const gcmSeal = (key: Uint8Array, chance: Chance): Seal => {
  if (key.byteLength !== KEY_BYTES) throw new Fault('invalid', `the vault's key has ${KEY_BYTES} bytes`)
  const secret = Uint8Array.from(key)
  // A plain digest is enough to name a key of 256 random bits (rule 2).
  const keyId = hash('sha256', Buffer.concat([Buffer.from('vault key id\0'), secret]), 'base64url').slice(0, 16)
  return {
    keyId,
    close: (name, value) => {
      const iv = chance.bytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(name))
      return Buffer.concat([iv, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    open: (name, sealedUnder, sealed) => {
      if (sealedUnder !== keyId) throw new Fault('corrupt', 'a row of the vault is sealed under another key')
      if (sealed.byteLength < IV_BYTES + TAG_BYTES) throw new Fault('corrupt', 'a row of the vault is too short')
      const tagAt = sealed.byteLength - TAG_BYTES
      const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(name))
      decipher.setAuthTag(sealed.subarray(tagAt))
      try {
        return Uint8Array.from(Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, tagAt)), decipher.final()]))
      } catch (cause) {
        throw new Fault('corrupt', 'a row of the vault does not open', { cause })
      }
    },
  }
}
