import { hash } from 'node:crypto'
import { type Chance, Fault } from '../../domain/ports.ts'
import { gcm } from '../gcm.ts'

export type Seal = {
  /** Names the key, so that rows of an earlier key can be told apart when there are several. */
  readonly keyId: string
  /** IV, ciphertext and tag in one. */
  readonly close: (name: string, value: Uint8Array) => Uint8Array
  /** Throws `corrupt` when the bytes were sealed under another key or name, or were changed since. */
  readonly open: (name: string, keyId: string, sealed: Uint8Array) => Uint8Array
}

/** The row's name is additional data: a row that was moved to another name does not open. */
export const gcmSeal = (key: Uint8Array, chance: Chance): Seal => {
  const { close, open } = gcm(key, chance)
  // A plain digest is enough to name a key of 256 random bits (rule 2).
  const keyId = hash('sha256', Buffer.concat([Buffer.from('vault key id\0'), key]), 'base64url').slice(0, 16)
  return {
    keyId,
    close,
    open: (name, sealedUnder, sealed) => {
      if (sealedUnder !== keyId) throw new Fault('corrupt', 'a row of the vault is sealed under another key')
      return open(name, sealed, 'a row of the vault')
    },
  }
}
