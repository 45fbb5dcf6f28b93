import { randomText } from './hash.ts'
import type { Chance } from '../../domain/ports.ts'

/** Crockford's base 32 in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** 24 characters of 5 bits. */
const TRANSACTION_BYTES = 15

/** 256 bits: FAPI 2.0 §5.4.1 asks for at least 128. */
const SECRET_BYTES = 32

const TRANSACTION = /^tx_[0-9a-hjkmnp-tv-z]{24}$/

const TICKET = /^(tx_[0-9a-hjkmnp-tv-z]{24})\.([A-Za-z0-9_-]{43})$/

const REQUEST_URI = 'urn:ietf:params:oauth:request_uri:'

const base32 = (bytes: Uint8Array): string => {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >>> (bits - 5)) & 31)
    held &= (1 << bits) - 1
  }
  return text
}

/** A transaction's public name (rule 17). */
export const newTransaction = (chance: Chance): string => `tx_${base32(chance.bytes(TRANSACTION_BYTES))}`

export const isTransaction = (text: string): boolean => TRANSACTION.test(text)

/** A second secret: 43 characters. */
export const newSecret = (chance: Chance): string => randomText(chance, SECRET_BYTES)

/** A transaction and the secret that opens one door of it: a code, a request URI's end. */
export type Ticket = { readonly transaction: string; readonly secret: string }

/** `<transaction>.<secret>`, or undefined where it cannot be one. */
export const readTicket = (text: string): Ticket | undefined => {
  const [, transaction, secret] = TICKET.exec(text) ?? []
  return transaction === undefined || secret === undefined ? undefined : { transaction, secret }
}

/** RFC 9126 §2.2, rule 23. */
export const requestUriOf = ({ transaction, secret }: Ticket): string => `${REQUEST_URI}${transaction}.${secret}`

/** Whether it names a pushed request, here or anywhere. */
export const isRequestUri = (text: string): boolean => text.startsWith(REQUEST_URI)

export const readRequestUri = (text: string): Ticket | undefined =>
  isRequestUri(text) ? readTicket(text.slice(REQUEST_URI.length)) : undefined
