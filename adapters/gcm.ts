import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { type Chance, Fault } from '../domain/ports.ts'

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
/** NIST SP 800-38D §8.2.2: a random IV of 96 bits, good for 2^32 values under one key. */
const IV_BYTES = 12
const TAG_BYTES = 16

/** What sealing adds to the length of a value. */
export const GCM_ADDED_BYTES = IV_BYTES + TAG_BYTES

export type Gcm = {
  /** IV, ciphertext and tag in one. Files hold this layout: another one needs a name of its own. */
  readonly close: (name: string, value: Uint8Array) => Uint8Array
  /**
   * Throws `corrupt`, with a message about `what`, when the bytes were sealed under another key or name, or were changed since.
   * The answer lies in memory of its own, not in the pool that small Buffers share.
   */
  readonly open: (name: string, sealed: Uint8Array, what: string) => Uint8Array
}

/** AES-256-GCM with a name as additional data: what was moved to another name does not open. Keeps a copy of the key. */
export const gcm = (key: Uint8Array, chance: Chance): Gcm => {
  if (key.byteLength !== KEY_BYTES) throw new Fault('invalid', `a key that seals has ${KEY_BYTES} bytes`)
  const secret = createSecretKey(key)
  return {
    close: (name, value) => {
      const iv = chance.bytes(IV_BYTES)
      const cipher = createCipheriv(ALGORITHM, secret, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(name))
      return Buffer.concat([iv, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    open: (name, sealed, what) => {
      if (sealed.byteLength < GCM_ADDED_BYTES) throw new Fault('corrupt', `${what} is too short`)
      const tagAt = sealed.byteLength - TAG_BYTES
      const decipher = createDecipheriv(ALGORITHM, secret, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(name))
      decipher.setAuthTag(sealed.subarray(tagAt))
      try {
        return Uint8Array.from(Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, tagAt)), decipher.final()]))
      } catch (cause) {
        throw new Fault('corrupt', `${what} does not open`, { cause })
      }
    },
  }
}
