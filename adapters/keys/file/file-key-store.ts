import type { Chance, Clock, KeyStore, SigningKeys } from '../../../domain/ports.ts'
import { checkUse, derive, SUBJECT } from '../derive.ts'
import { checkAlgorithm, notHeld } from '../signing-key.ts'
import { privateFiles } from './private-files.ts'
import { openRootKeys, openSealer } from './root-keys.ts'
import { signingFiles, type SigningFiles } from './signing-files.ts'

/** Where keys lie. With `masterKey` (32 bytes) the directory alone opens nothing; without it, it lies beside as `master.key`. */
type Place = { readonly directory: string; readonly clock: Clock; readonly chance: Chance; readonly masterKey?: Uint8Array }

const signingKeysIn = (keys: SigningFiles): SigningKeys => ({
  make: async (alg) => {
    checkAlgorithm(alg)
    const { kid, publicJwk } = await keys.make(alg)
    return { kid, alg, publicJwk }
  },
  held: async () => keys.held(),
  sign: (kid, bytes) => {
    const key = keys.signing(kid)
    if (key === undefined) throw notHeld()
    return key.sign(bytes)
  },
  disable: async (kid) => keys.disable(kid),
  forget: async (kid) => keys.forget(kid),
})

/** Signing keys in a directory of their own that only the owner may enter. */
export const fileSigningKeys = ({ directory, clock, chance, masterKey }: Place): SigningKeys => {
  const files = privateFiles(directory, chance)
  return signingKeysIn(signingFiles(files, openSealer(files, chance, masterKey), clock))
}

/**
 * Keys in a directory that only the owner may enter, made on the first start. Everything in here belongs into the backup of keys
 * (rule 45).
 */
export const fileKeyStore = (place: Place): KeyStore => {
  const files = privateFiles(place.directory, place.chance)
  const { masterKey, subjectKey, sealer } = openRootKeys(files, place.chance, place.masterKey)
  return {
    ...signingKeysIn(signingFiles(files, sealer, place.clock)),
    secret: async (use) => {
      checkUse(use)
      return use === SUBJECT ? Uint8Array.from(subjectKey) : derive(masterKey, use)
    },
  }
}
