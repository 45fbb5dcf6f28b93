import { hash } from 'node:crypto'
import { type Chance, Fault } from '../../../domain/ports.ts'
import { gcm } from '../../gcm.ts'
import { derive } from '../derive.ts'

/** What is written of a secret: legible to nobody without the master key that `masterKeyId` names. */
export type Sealed = { readonly masterKeyId: string; readonly sealed: string }

export type Sealer = {
  readonly masterKeyId: string
  readonly seal: (name: string, secret: Uint8Array) => Sealed
  /** Throws `corrupt` when it was sealed under another master key or name, or was changed since. */
  readonly open: (name: string, sealed: Sealed) => Uint8Array
}

/** Seals under a key of the master key that no caller can ask for: `secret` takes no use with a slash. */
export const sealer = (masterKey: Uint8Array, chance: Chance): Sealer => {
  const { close, open } = gcm(derive(masterKey, 'key-store/seal'), chance)
  // A plain digest is enough to name a key of 256 random bits (rule 2).
  const masterKeyId = hash('sha256', derive(masterKey, 'key-store/id'), 'base64url').slice(0, 16)
  return {
    masterKeyId,
    seal: (name, secret) => ({ masterKeyId, sealed: Buffer.from(close(name, secret)).toString('base64url') }),
    open: (name, { masterKeyId: under, sealed }) => {
      if (under !== masterKeyId) throw new Fault('corrupt', `${name} is sealed under another master key`)
      return open(name, Buffer.from(sealed, 'base64url'), name)
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
