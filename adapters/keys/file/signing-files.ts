import { type Clock, Fault, type HeldKey, type PublicKey, type SigningAlgorithm } from '../../../domain/ports.ts'
import { generatePrivateKey, isAlgorithm, signingKey, spkiOf, verifyingKey, type SigningKey } from '../signing-key.ts'
import type { PrivateFiles } from './private-files.ts'
import { objectIn, type Sealer, sealedIn, textIn } from './sealed.ts'

/** Files of keys that one directory may hold: some hundred years of monthly rotation of four algorithms. */
const FILES_MAX = 5000

/** A key with its private half, or what is left of it when that was destroyed. */
const NAME = /^(signing|public)-([A-Za-z0-9_-]{43})\.json$/
const KID = /^[A-Za-z0-9_-]{43}$/

type Half = 'signing' | 'public'

const fileOf = (half: Half, kid: string): string => `${half}-${kid}.json`

export type SigningFiles = {
  readonly make: (alg: SigningAlgorithm) => Promise<PublicKey>
  readonly held: () => readonly HeldKey[]
  /** Undefined where the private half is not here. */
  readonly signing: (kid: string) => SigningKey | undefined
  readonly disable: (kid: string) => void
  readonly forget: (kid: string) => void
}

/** The halves of keys in their files, each read once. */
const halves = (files: PrivateFiles, { seal, open }: Sealer, clock: Clock) => {
  const known = new Map<string, SigningKey | PublicKey>()

  /** The additional data of a sealed half: it opens in no other place. */
  const sealName = (half: Half, alg: SigningAlgorithm, kid: string): string => `${half}/${alg}/${kid}`

  const read = (half: Half, kid: string): { readonly alg: SigningAlgorithm; readonly bytes: Uint8Array } | undefined => {
    const name = fileOf(half, kid)
    const text = KID.test(kid) ? files.read(name) : undefined
    if (text === undefined) return undefined
    const members = objectIn(name, text)
    const alg = textIn(name, members, 'alg')
    if (!isAlgorithm(alg)) throw new Fault('corrupt', `${name} is of an unknown algorithm`)
    return { alg, bytes: open(sealName(half, alg, kid), sealedIn(name, members)) }
  }
  const remembered = <Key extends PublicKey>(half: Half, kid: string, key: Key): Key => {
    if (key.kid !== kid) throw new Fault('corrupt', `${fileOf(half, kid)} holds another key`)
    known.set(fileOf(half, kid), key)
    return key
  }
  return {
    read,
    private: (kid: string): SigningKey | undefined => {
      const found = known.get(fileOf('signing', kid))
      // Only a private half is kept under this name.
      if (found !== undefined) return found as SigningKey
      const half = read('signing', kid)
      return half && remembered('signing', kid, signingKey(half.alg, half.bytes))
    },
    public: (kid: string): PublicKey | undefined => {
      const found = known.get(fileOf('public', kid))
      if (found !== undefined) return found
      const half = read('public', kid)
      return half && remembered('public', kid, verifyingKey(half.alg, half.bytes))
    },
    write: (half: Half, kid: string, alg: SigningAlgorithm, bytes: Uint8Array): void => {
      const entry = { version: 1, kid, alg, writtenAt: clock.now(), ...seal(sealName(half, alg, kid), bytes) }
      files.createOnce(fileOf(half, kid), `${JSON.stringify(entry, null, 2)}\n`)
    },
    remove: (half: Half, kid: string): void => {
      known.delete(fileOf(half, kid))
      if (KID.test(kid)) files.remove(fileOf(half, kid))
    },
    /** What another process destroyed is forgotten here too. */
    keepOnly: (names: ReadonlySet<string>): void => {
      for (const name of known.keys()) if (!names.has(name)) known.delete(name)
    },
  }
}

/**
 * One file for each half of a key, both sealed: the private one so that nobody reads it, the public one so that nobody puts
 * a key of their own there.
 */
export const signingFiles = (files: PrivateFiles, sealer: Sealer, clock: Clock): SigningFiles => {
  const { read, write, remove, keepOnly, ...half } = halves(files, sealer, clock)
  return {
    signing: half.private,
    make: async (alg) => {
      const pkcs8 = await generatePrivateKey(alg)
      const key = signingKey(alg, pkcs8)
      write('signing', key.kid, alg, pkcs8)
      return key
    },
    held: () => {
      const found = files.names().flatMap((name) => {
        const kid = NAME.exec(name)?.[2]
        return kid === undefined ? [] : [{ name, kid }]
      })
      if (found.length > FILES_MAX) throw new Fault('corrupt', `there are more than ${FILES_MAX} files of keys`)
      keepOnly(new Set(found.map(({ name }) => name)))
      return [...new Set(found.map(({ kid }) => kid))].flatMap((kid) => {
        const pair = half.private(kid)
        const key = pair ?? half.public(kid)
        return key === undefined ? [] : [{ kid, alg: key.alg, publicJwk: key.publicJwk, signs: pair !== undefined }]
      })
    },
    disable: (kid) => {
      const found = read('signing', kid)
      if (found === undefined) return
      // In this order: a crash in between leaves both, and is done again.
      write('public', kid, found.alg, spkiOf(found.bytes))
      remove('signing', kid)
    },
    forget: (kid) => {
      remove('signing', kid)
      remove('public', kid)
    },
  }
}
