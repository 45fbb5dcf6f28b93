import { type Chance, type Clock, Fault, type KeyStore, type SigningAlgorithm } from '../../../domain/ports.ts'
import { checkUse, derive, SUBJECT } from '../derive.ts'
import { ALGORITHMS } from '../signing-key.ts'
import { privateFiles } from './private-files.ts'
import { openRootKeys } from './root-keys.ts'
import { makeSigningFile, readSigningFile, type SigningFile } from './signing-file.ts'

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
  const loaded = new Map<SigningAlgorithm, Promise<SigningFile>>()

  const remember = (alg: SigningAlgorithm, file: Promise<SigningFile>): Promise<SigningFile> => {
    loaded.set(alg, file)
    // What failed is tried again by the next caller.
    file.catch(() => loaded.delete(alg))
    return file
  }
  /** Undefined while no process has made a key of the algorithm. */
  const present = (alg: SigningAlgorithm): Promise<SigningFile> | undefined => {
    const known = loaded.get(alg)
    if (known !== undefined) return known
    const file = readSigningFile(files, sealer, alg)
    return file && remember(alg, Promise.resolve(file))
  }
  return {
    signing: async (alg) => {
      if (!ALGORITHMS.includes(alg)) throw new Fault('invalid', 'no such algorithm')
      const file = present(alg) ?? remember(alg, makeSigningFile(files, sealer, options.clock, alg))
      return (await file).signing
    },
    published: async () => (await Promise.all(ALGORITHMS.flatMap((alg) => present(alg) ?? []))).flatMap(({ published }) => published),
    secret: async (use) => {
      checkUse(use)
      return use === SUBJECT ? Uint8Array.from(subjectKey) : derive(masterKey, use)
    },
  }
}
