import { hash } from 'node:crypto'
import { type Chance, type Digest, Fault, type Person } from '../../domain/ports.ts'
import { GCM_ADDED_BYTES, gcm } from '../gcm.ts'
import { PERSON_KEY_BYTES, REF_CHARACTERS } from './rules.ts'

const KEY_ID_BYTES = 8
const INDEX_BYTES = 32
const PLAIN_BYTES = INDEX_BYTES + REF_CHARACTERS + PERSON_KEY_BYTES

/** Every wrapped row has this size, so that the next content of a slot overwrites it in place. */
export const WRAPPED_BYTES = KEY_ID_BYTES + PLAIN_BYTES + GCM_ADDED_BYTES

export type Wrapped = { readonly index: Digest; readonly person: Person }

/** Where the wrapped bytes lie: a slot's number, or an index. */
type Place = number | Digest

export type Wrap = {
  readonly close: (place: Place, content: Wrapped) => Uint8Array
  /** Throws `corrupt` when the bytes were wrapped under another key or for another place, or were changed since. */
  readonly open: (place: Place, wrapped: Uint8Array) => Wrapped
}

const nameOf = (place: Place): string => `person-keys/1/${place}`

/**
 * Index, reference and key are sealed together: a row that was pointed at another identifier, another person or
 * another place shows.
 */
export const gcmWrap = (key: Uint8Array, chance: Chance): Wrap => {
  const seal = gcm(key, chance)
  // A plain digest is enough to name a key of 256 random bits (rule 2).
  const keyId = hash('sha256', Buffer.concat([Buffer.from('person keys key id\0'), key]), 'buffer').subarray(0, KEY_ID_BYTES)
  return {
    close: (place, { index, person }) => {
      const plain = Buffer.concat([Buffer.from(index, 'base64url'), Buffer.from(person.ref), person.key])
      const wrapped = Buffer.concat([keyId, seal.close(nameOf(place), plain)])
      plain.fill(0)
      return wrapped
    },
    open: (place, wrapped) => {
      if (wrapped.byteLength !== WRAPPED_BYTES) throw new Fault('corrupt', 'a row of the person keys has a wrong size')
      if (!keyId.equals(wrapped.subarray(0, KEY_ID_BYTES)))
        throw new Fault('corrupt', 'a row of the person keys is wrapped under another key')
      const opened = seal.open(nameOf(place), wrapped.subarray(KEY_ID_BYTES), 'a row of the person keys')
      const plain = Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength)
      const keyAt = INDEX_BYTES + REF_CHARACTERS
      const person = { ref: plain.toString('latin1', INDEX_BYTES, keyAt), key: opened.slice(keyAt) }
      return { index: plain.toString('base64url', 0, INDEX_BYTES), person }
    },
  }
}
