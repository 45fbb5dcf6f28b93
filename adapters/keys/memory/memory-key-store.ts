import type { Chance, KeyStore, SigningAlgorithm, SigningKey } from '../../../domain/ports.ts'
import { checkUse, derive, SECRET_BYTES, SUBJECT } from '../derive.ts'
import { ALGORITHMS, generatePrivateKey, signingKey } from '../signing-key.ts'

/** Keys that are gone with the process: for tests. Secrets follow chance, signing keys are new each time. */
export const memoryKeyStore = ({ chance }: { readonly chance: Chance }): KeyStore => {
  const masterKey = Uint8Array.from(chance.bytes(SECRET_BYTES))
  const subjectKey = Uint8Array.from(chance.bytes(SECRET_BYTES))
  const keys = new Map<SigningAlgorithm, Promise<SigningKey>>()
  const made = (alg: SigningAlgorithm): Promise<SigningKey> => {
    const key = keys.get(alg) ?? generatePrivateKey(alg).then((pkcs8) => signingKey(alg, pkcs8))
    keys.set(alg, key)
    return key
  }
  return {
    signing: async (alg) => made(alg),
    published: async () => Promise.all(ALGORITHMS.flatMap((alg) => keys.get(alg) ?? [])),
    secret: async (use) => {
      checkUse(use)
      return use === SUBJECT ? Uint8Array.from(subjectKey) : derive(masterKey, use)
    },
  }
}
