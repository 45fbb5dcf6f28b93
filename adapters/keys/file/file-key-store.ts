import type { Chance, Clock, KeyStore } from '../../../domain/ports.ts'
import { checkUse, derive, SUBJECT } from '../derive.ts'
import { checkAlgorithm, notHeld } from '../signing-key.ts'
import { privateFiles } from './private-files.ts'
import { openRootKeys } from './root-keys.ts'
import { signingFiles } from './signing-files.ts'

/**
 * Keys in a directory that only the owner may enter, made on the first start. With `masterKey` (32 bytes) the directory alone
 * opens nothing; without it, it lies beside as `master.key`. Everything in here belongs into the backup of keys (rule 45).
 */
export const fileKeyStore = (options: {
  readonly directory: string
  readonly clock: Clock
  readonly chance: Chance
  readonly masterKey?: Uint8Array
}): KeyStore => {
  const files = privateFiles(options.directory, options.chance)
  const { masterKey, subjectKey, sealer } = openRootKeys(files, options.chance, options.masterKey)
  const keys = signingFiles(files, sealer, options.clock)
  return {
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
    secret: async (use) => {
      checkUse(use)
      return use === SUBJECT ? Uint8Array.from(subjectKey) : derive(masterKey, use)
    },
  }
}
