import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { type Chance, type Digest, Fault, type Person } from '../../../domain/ports.ts'
import { PERSON_KEY_BYTES, REF_CHARACTERS } from '../rules.ts'

const KEY_BYTES = 32
const KEY_ID_BYTES = 8
/** NIST SP 800-38D §8.2.2: a random IV of 96 bits, good for 2^32 values under one key. */
const IV_BYTES = 12
const TAG_BYTES = 16
const INDEX_BYTES = 32
const PLAIN_BYTES = INDEX_BYTES + REF_CHARACTERS + PERSON_KEY_BYTES

/** Every wrapped row has this size, so that the next content of its slot overwrites it in place. */
export const WRAPPED_BYTES = KEY_ID_BYTES + IV_BYTES + PLAIN_BYTES + TAG_BYTES

export type Wrapped = { readonly index: Digest; readonly person: Person }

export type Wrap = {
  readonly close: (slot: number, content: Wrapped) => Uint8Array
  /** Throws `corrupt` when the bytes were wrapped under another key or for another slot, or were changed since. */
  readonly open: (slot: number, wrapped: Uint8Array) => Wrapped
}

const additional = (slot: number): Buffer => Buffer.from(`person-keys/1/${slot}`)

/**
 * AES-256-GCM over index, reference and key together: a row that was pointed at another identifier, another person or
 * another slot shows.
 */
export const gcmWrap = (key: Uint8Array, chance: Chance): Wrap => {
  if (key.byteLength !== KEY_BYTES) throw new Fault('invalid', `the key of the person keys has ${KEY_BYTES} bytes`)
  const secret = Uint8Array.from(key)
  // A plain digest is enough to name a key of 256 random bits (rule 2).
  const keyId = hash('sha256', Buffer.concat([Buffer.from('person keys key id\0'), secret]), 'buffer').subarray(0, KEY_ID_BYTES)
  return {
    close: (slot, { index, person }) => {
      const iv = chance.bytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(additional(slot))
      const plain = Buffer.concat([Buffer.from(index, 'base64url'), Buffer.from(person.ref), person.key])
      const wrapped = Buffer.concat([keyId, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      plain.fill(0)
      return wrapped
    },
    open: (slot, wrapped) => {
      if (wrapped.byteLength !== WRAPPED_BYTES) throw new Fault('corrupt', 'a row of the person keys has a wrong size')
      if (!keyId.equals(wrapped.subarray(0, KEY_ID_BYTES)))
        throw new Fault('corrupt', 'a row of the person keys is wrapped under another key')
      const iv = wrapped.subarray(KEY_ID_BYTES, KEY_ID_BYTES + IV_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(additional(slot))
      decipher.setAuthTag(wrapped.subarray(WRAPPED_BYTES - TAG_BYTES))
      try {
        const body = wrapped.subarray(KEY_ID_BYTES + IV_BYTES, WRAPPED_BYTES - TAG_BYTES)
        const plain = Buffer.concat([decipher.update(body), decipher.final()])
        const keyAt = INDEX_BYTES + REF_CHARACTERS
        const person = { ref: plain.toString('latin1', INDEX_BYTES, keyAt), key: Uint8Array.from(plain.subarray(keyAt)) }
        return { index: plain.toString('base64url', 0, INDEX_BYTES), person }
      } catch (cause) {
        throw new Fault('corrupt', 'a row of the person keys does not open', { cause })
      }
    },
  }
}
