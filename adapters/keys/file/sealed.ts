import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { type Chance, Fault } from '../../../domain/ports.ts'
import { derive } from '../derive.ts'

/** NIST SP 800-38D §8.2.2: a random IV of 96 bits. */
const IV_BYTES = 12
const TAG_BYTES = 16

/** What is written of a secret: legible to nobody without the master key that `masterKeyId` names. */
export type Sealed = { readonly masterKeyId: string; readonly sealed: string }

export type Sealer = {
  readonly masterKeyId: string
  readonly seal: (name: string, secret: Uint8Array) => Sealed
  /** Throws `corrupt` when it was sealed under another master key or name, or was changed since. */
  readonly open: (name: string, sealed: Sealed) => Uint8Array
}

/** AES-256-GCM under a key of the master key that no caller can ask for: `secret` takes no use with a slash. */
export const sealer = (masterKey: Uint8Array, chance: Chance): Sealer => {
  const key = derive(masterKey, 'key-store/seal')
  // A plain digest is enough to name a key of 256 random bits (rule 2).
  const masterKeyId = hash('sha256', derive(masterKey, 'key-store/id'), 'base64url').slice(0, 16)
  return {
    masterKeyId,
    seal: (name, secret) => {
      const iv = chance.bytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(name))
      const sealed = Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
      return { masterKeyId, sealed: sealed.toString('base64url') }
    },
    open: (name, { masterKeyId: under, sealed }) => {
      if (under !== masterKeyId) throw new Fault('corrupt', `${name} is sealed under another master key`)
      const bytes = Buffer.from(sealed, 'base64url')
      const tagAt = bytes.byteLength - TAG_BYTES
      if (tagAt < IV_BYTES) throw new Fault('corrupt', `${name} is too short`)
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(name))
      decipher.setAuthTag(bytes.subarray(tagAt))
      try {
        return Uint8Array.from(Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, tagAt)), decipher.final()]))
      } catch (cause) {
        throw new Fault('corrupt', `${name} does not open`, { cause })
      }
    },
  }
}

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object that a file holds. */
export const objectIn = (name: string, text: string): Members => {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Told below: the parser's own message would quote the file.
  }
  throw new Fault('corrupt', `${name} is not legible`)
}

export const objectsIn = (name: string, value: unknown): readonly Members[] => {
  if (!Array.isArray(value) || !value.every(isObject)) throw new Fault('corrupt', `${name} is not legible`)
  return value
}

export const textIn = (name: string, members: Members, member: string): string => {
  const value = members[member]
  if (typeof value !== 'string') throw new Fault('corrupt', `${name} has no ${member}`)
  return value
}

export const sealedIn = (name: string, members: Members): Sealed => ({
  masterKeyId: textIn(name, members, 'masterKeyId'),
  sealed: textIn(name, members, 'sealed'),
})
