import type { Chance, KeyStore } from '../../../domain/ports.ts'
import { checkUse, derive, SECRET_BYTES, SUBJECT } from '../derive.ts'
import { checkAlgorithm, generatePrivateKey, notHeld, signingKey, type SigningKey } from '../signing-key.ts'

/** Keys that are gone with the process: for tests. Secrets follow chance, signing keys are new each time. */
export const memoryKeyStore = ({ chance }: { readonly chance: Chance }): KeyStore => {
  const masterKey = Uint8Array.from(chance.bytes(SECRET_BYTES))
  const subjectKey = Uint8Array.from(chance.bytes(SECRET_BYTES))
  const keys = new Map<string, { readonly key: SigningKey; readonly signs: boolean }>()
  return {
    make: async (alg) => {
      checkAlgorithm(alg)
      const key = signingKey(alg, await generatePrivateKey(alg))
      keys.set(key.kid, { key, signs: true })
      return { kid: key.kid, alg, publicJwk: key.publicJwk }
    },
    held: async () => [...keys.values()].map(({ key: { kid, alg, publicJwk }, signs }) => ({ kid, alg, publicJwk, signs })),
    sign: (kid, bytes) => {
      const found = keys.get(kid)
      if (found?.signs !== true) throw notHeld()
      return found.key.sign(bytes)
    },
    disable: async (kid) => {
      const found = keys.get(kid)
      if (found !== undefined) keys.set(kid, { ...found, signs: false })
    },
    forget: async (kid) => void keys.delete(kid),
    secret: async (use) => {
      checkUse(use)
      return use === SUBJECT ? Uint8Array.from(subjectKey) : derive(masterKey, use)
    },
  }
}
