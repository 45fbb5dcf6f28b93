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

/**
 * One file for each half of a key, both sealed: the private one so that nobody reads it, the public one so that nobody puts
 * a key of their own there.
 */
export const signingFiles = (files: PrivateFiles, { seal, open }: Sealer, clock: Clock): SigningFiles => {
  const known = new Map<string, SigningKey | PublicKey>()

  const opened = (half: Half, kid: string, text: string): { readonly alg: SigningAlgorithm; readonly bytes: Uint8Array } => {
    const name = fileOf(half, kid)
    const members = objectIn(name, text)
    const alg = textIn(name, members, 'alg')
    if (!isAlgorithm(alg)) throw new Fault('corrupt', `${name} is of an unknown algorithm`)
    // The additional data of a sealed key: it opens in no other place.
    return { alg, bytes: open(`${half}/${alg}/${kid}`, sealedIn(name, members)) }
  }
  const checked = <Key extends PublicKey>(half: Half, kid: string, key: Key): Key => {
    if (key.kid !== kid) throw new Fault('corrupt', `${fileOf(half, kid)} holds another key`)
    known.set(fileOf(half, kid), key)
    return key
  }
  const signing = (kid: string): SigningKey | undefined => {
    if (!KID.test(kid)) return undefined
    const name = fileOf('signing', kid)
    const found = known.get(name)
    if (found !== undefined) return found as SigningKey
    const text = files.read(name)
    if (text === undefined) return undefined
    const { alg, bytes } = opened('signing', kid, text)
    return checked('signing', kid, signingKey(alg, bytes))
  }
  const verifying = (kid: string): PublicKey | undefined => {
    const name = fileOf('public', kid)
    const text = known.has(name) ? undefined : files.read(name)
    if (text === undefined) return known.get(name)
    const { alg, bytes } = opened('public', kid, text)
    return checked('public', kid, verifyingKey(alg, bytes))
  }
  const write = (half: Half, kid: string, alg: SigningAlgorithm, bytes: Uint8Array): void => {
    const entry = { version: 1, kid, alg, writtenAt: clock.now(), ...seal(`${half}/${alg}/${kid}`, bytes) }
    files.createOnce(fileOf(half, kid), `${JSON.stringify(entry, null, 2)}\n`)
  }
  const remove = (half: Half, kid: string): void => {
    known.delete(fileOf(half, kid))
    files.remove(fileOf(half, kid))
  }
  return {
    signing,
    make: async (alg) => {
      const pkcs8 = await generatePrivateKey(alg)
      const key = signingKey(alg, pkcs8)
      write('signing', key.kid, alg, pkcs8)
      return key
    },
    held: () => {
      const kids = new Map(
        files.names().flatMap((name) => {
          const [, , kid] = NAME.exec(name) ?? []
          return kid === undefined ? [] : [[name, kid] as const]
        }),
      )
      if (kids.size > FILES_MAX) throw new Fault('corrupt', `there are more than ${FILES_MAX} files of keys`)
      // What another process destroyed is to be forgotten here too.
      for (const name of known.keys()) if (!kids.has(name)) known.delete(name)
      return [...new Set(kids.values())].flatMap((kid) => {
        const pair = kids.has(fileOf('signing', kid)) ? signing(kid) : undefined
        const key = pair ?? verifying(kid)
        return key === undefined ? [] : [{ kid, alg: key.alg, publicJwk: key.publicJwk, signs: pair !== undefined }]
      })
    },
    disable: (kid) => {
      const text = KID.test(kid) ? files.read(fileOf('signing', kid)) : undefined
      if (text === undefined) return
      const { alg, bytes } = opened('signing', kid, text)
      // In this order: a crash in between leaves both, and is done again.
      write('public', kid, alg, spkiOf(bytes))
      remove('signing', kid)
    },
    forget: (kid) => {
      if (!KID.test(kid)) return
      remove('signing', kid)
      remove('public', kid)
    },
  }
}
