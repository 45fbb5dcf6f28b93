import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Chance, Instant } from '../plugin.ts'
import { keyed } from './secrets.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const SESSION_CHARS_MAX = 2048

export type Session = {
  /** The person's record. */
  readonly record: string
  readonly transaction: string
  readonly client: string
  readonly until: Instant
}

export type Sessions = {
  readonly seal: (session: Session) => string
  /** Undefined for what was not sealed here. */
  readonly open: (sealed: string) => Session | undefined
}

/** A session is what it says, sealed: nothing is kept, so it survives a restart and works on every node with this key. */
export const sessionsOf = (key: Uint8Array, chance: Chance): Sessions => {
  const sessionKey = keyed(key, 'session')
  return {
    seal: (session) => {
      const nonce = chance.bytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sessionKey, nonce)
      const sealed = [nonce, cipher.update(JSON.stringify(session), 'utf8'), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(sealed).toString('base64url')
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed.slice(0, SESSION_CHARS_MAX), 'base64url')
      if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined
      try {
        const decipher = createDecipheriv('aes-256-gcm', sessionKey, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        const opened = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
        // Authenticated: it was written by `seal`.
        return JSON.parse(opened.toString('utf8')) as Session
      } catch {
        return undefined
      }
    },
  }
}
