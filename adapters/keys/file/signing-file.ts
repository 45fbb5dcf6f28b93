import { type Clock, Fault, type SigningAlgorithm, type SigningKey } from '../../../domain/ports.ts'
import { generatePrivateKey, signingKey } from '../signing-key.ts'
import type { PrivateFiles } from './private-files.ts'
import { objectIn, objectsIn, type Sealer, sealedIn, textIn } from './sealed.ts'

/** Keys of one algorithm: the one that signs, and all whose signatures must still verify. */
export type SigningFile = { readonly signing: SigningKey; readonly published: readonly SigningKey[] }

const KEYS_MAX = 16

const fileOf = (alg: SigningAlgorithm): string => `signing-${alg}.json`
/** The additional data of a sealed key: it opens in no other place. */
const nameOf = (alg: SigningAlgorithm, kid: string): string => `signing/${alg}/${kid}`

const fileIn = (alg: SigningAlgorithm, text: string, { open }: Sealer): SigningFile => {
  const file = fileOf(alg)
  const entries = objectsIn(file, objectIn(file, text)['keys'])
  if (entries.length > KEYS_MAX) throw new Fault('corrupt', `${file} has more than ${KEYS_MAX} keys`)
  const keys = entries.map((entry) => {
    const kid = textIn(file, entry, 'kid')
    const key = signingKey(alg, open(nameOf(alg, kid), sealedIn(file, entry)))
    if (key.kid !== kid) throw new Fault('corrupt', `${file} holds a key under a wrong kid`)
    return { key, status: textIn(file, entry, 'status') }
  })
  const signing = keys.find(({ status }) => status === 'signing')
  if (signing === undefined) throw new Fault('corrupt', `${file} has no key that signs`)
  return { signing: signing.key, published: keys.map(({ key }) => key) }
}

export const readSigningFile = (files: PrivateFiles, seals: Sealer, alg: SigningAlgorithm): SigningFile | undefined => {
  const text = files.read(fileOf(alg))
  return text === undefined ? undefined : fileIn(alg, text, seals)
}

/** Makes the first key of the algorithm, or takes the one that another process has made meanwhile. */
export const makeSigningFile = async (files: PrivateFiles, seals: Sealer, clock: Clock, alg: SigningAlgorithm): Promise<SigningFile> => {
  const pkcs8 = await generatePrivateKey(alg)
  const { kid } = signingKey(alg, pkcs8)
  const entry = { kid, status: 'signing', createdAt: clock.now(), ...seals.seal(nameOf(alg, kid), pkcs8) }
  return fileIn(alg, files.createOnce(fileOf(alg), `${JSON.stringify({ version: 1, keys: [entry] }, null, 2)}\n`), seals)
}
