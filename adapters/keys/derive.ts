import { hkdfSync } from 'node:crypto'
import { Fault } from '../../domain/ports.ts'

export const SECRET_BYTES = 32
/** The subject key is not derived but of its own, because it outlives every master key (rule 19). */
export const SUBJECT = 'subject'

const USE = /^[a-z][a-z0-9-]{0,39}$/
const SALT = 'esignet key store 1'

export const checkUse = (use: string): void => {
  if (!USE.test(use)) throw new Fault('invalid', 'a use is a lower-case word of at most 40 characters')
}

/** HKDF-SHA-256 (RFC 5869) of the master key, with the use as info. */
export const derive = (masterKey: Uint8Array, use: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', masterKey, SALT, use, SECRET_BYTES))
