import { type Chance, type Digest, Fault, type Instant, type Person } from '../../domain/ports.ts'

export const REF_CHARACTERS = 26
export const PERSON_KEY_BYTES = 32
/** A row that never succeeded lives this long after its last failure (rule 18). */
export const PROVISIONAL_MS = 24 * 60 * 60 * 1000
/** Whoever resolves a person has at least this long to join: longer than any login. */
export const GRACE_MS = 60 * 60 * 1000
/** Rows that one sweep deletes at most, so that it never holds the file for long. */
export const SWEEP_ROWS_MAX = 1000

const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'
const INDEX = /^[A-Za-z0-9_-]{43}$/
const REF = /^[0-9a-hjkmnp-tv-z]{26}$/

export const checkIndex = (index: Digest): void => {
  if (!INDEX.test(index)) throw new Fault('invalid', 'an index is a base64url digest of 256 bits')
}

export const checkRef = (ref: string): void => {
  if (!REF.test(ref)) throw new Fault('invalid', `a person's reference is ${REF_CHARACTERS} base32 characters`)
}

const checkPerson = ({ ref, key }: Person): void => {
  checkRef(ref)
  if (key.byteLength !== PERSON_KEY_BYTES) throw new Fault('invalid', `a person's key has ${PERSON_KEY_BYTES} bytes`)
}

/** 130 random bits name the person, 256 others key what is derived for them: neither can be computed again. */
export const newPerson = (chance: Chance): Person => ({
  ref: Array.from(chance.bytes(REF_CHARACTERS), (byte) => BASE32.charAt(byte % BASE32.length)).join(''),
  key: Uint8Array.from(chance.bytes(PERSON_KEY_BYTES)),
})

/** Rows that one success joins at most. */
const INDEXES_MAX = 8

export const checkJoin = (indexes: readonly Digest[], person: Person): void => {
  if (indexes.length === 0 || indexes.length > INDEXES_MAX) throw new Fault('invalid', `1 to ${INDEXES_MAX} indexes are joined at once`)
  indexes.forEach(checkIndex)
  checkPerson(person)
}

/** Joining somebody whose key is another, or known no more, would bring an erased key back. */
export const isSame = (known: Person | undefined, person: Person): known is Person =>
  known !== undefined && known.ref === person.ref && Buffer.from(known.key).equals(person.key)

export const later = (now: Instant, ms: number): Instant => new Date(Date.parse(now) + ms).toISOString()
