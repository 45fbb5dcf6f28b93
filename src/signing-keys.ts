import type { Signer } from './crypto/jwt.ts'
import { signingKeys } from './deciders.ts'
import { load } from './handle.ts'
import type { World } from './world.ts'
import { Fault, type PublicKey, type SigningAlgorithm, type SigningKeys } from '../domain/ports.ts'
import { published, signingNow, type RingKey } from '../domain/signing-key/ring.ts'
import { isOver, isPublished, type SigningKeyState } from '../domain/signing-key/signing-key.ts'
import { signingKeyStream } from '../domain/streams.ts'

/** What reading the keys needs of the world. */
export type Keyed = Pick<World, 'journal' | 'states' | 'clock'> & { readonly keys: SigningKeys }

/** Between a revocation and the next key's first signature there may be moments without one: so long it is waited for. */
const TRIES_MAX = 20
const WAIT_MS = 50

const KID = /^[A-Za-z0-9_-]{43}$/

/** What one process knows of its key store. `over` holds states that change no more, so that old keys are not read for ever. */
type Known = { readonly over: Map<string, SigningKeyState>; readonly signers: Map<SigningAlgorithm, Signer> }
const known = new WeakMap<SigningKeys, Known>()

const knownOf = ({ keys }: Pick<Keyed, 'keys'>): Known => {
  const found = known.get(keys) ?? { over: new Map(), signers: new Map() }
  known.set(keys, found)
  return found
}

const stateOf = async (world: Pick<World, 'journal' | 'states'>, kid: string): Promise<SigningKeyState> =>
  (await load(world, signingKeys, signingKeyStream(kid))).state

/** Every key that the store holds, with what its stream says of it now. A key that only a stream knows is none: it may be anybody's. */
export const ringOf = async (world: Keyed): Promise<readonly RingKey[]> => {
  const now = world.clock.now()
  const { over } = knownOf(world)
  return Promise.all(
    (await world.keys.held()).map(async (key) => {
      const state = over.get(key.kid) ?? (await stateOf(world, key.kid))
      if (isOver(state, now)) over.set(key.kid, state)
      return { ...key, state }
    }),
  )
}

/** The key that signs now, looked at where its life is recorded: a revocation anywhere counts for the next signature (rule 16). */
export const signerFor = async (world: Keyed & Pick<World, 'timers'>, alg: SigningAlgorithm): Promise<Signer> => {
  const { signers } = knownOf(world)
  for (let tries = 1; ; tries += 1) {
    const signer = signers.get(alg)
    if (signer !== undefined && (await stateOf(world, signer.kid)).status === 'active') return signer
    signers.delete(alg)
    const key = signingNow(await ringOf(world), alg)
    if (key !== undefined) {
      const { kid } = key
      const found = { kid, alg, sign: (bytes: Uint8Array) => world.keys.sign(kid, bytes) }
      signers.set(alg, found)
      return found
    }
    if (tries >= TRIES_MAX) throw new Fault('unavailable', `no key signs ${alg} now`, { retryAfterMs: WAIT_MS * TRIES_MAX })
    await world.timers.sleep(WAIT_MS)
  }
}

/** What the JWKS shows: present keys, the next ones, and past ones while a token of theirs may live. */
export const publishedKeys = async (world: Keyed): Promise<readonly PublicKey[]> => published(await ringOf(world), world.clock.now())

const heldKey = async (world: Keyed, kid: unknown): Promise<RingKey | undefined> => {
  if (typeof kid !== 'string' || !KID.test(kid)) return undefined
  const key = (await world.keys.held()).find((held) => held.kid === kid)
  return key && { ...key, state: await stateOf(world, kid) }
}

/** What receipts are checked with: every key that was ever let sign and is still held, never a revoked one. */
export const receiptKeys = async (world: Keyed): Promise<readonly PublicKey[]> =>
  (await ringOf(world)).filter(({ state }) => state.status === 'active' || state.status === 'retired')

/** Whether tokens signed by this key are taken now. */
export const isKeyPublished = async (world: Keyed, kid: unknown): Promise<boolean> => {
  const signing = [...knownOf(world).signers.values()].find((signer) => signer.kid === kid)
  // Nearly always the key that signs now, which the store holds: no need to look through the store for each token.
  const state = signing === undefined ? (await heldKey(world, kid))?.state : await stateOf(world, signing.kid)
  return state !== undefined && isPublished(state, world.clock.now())
}

/** A key of ours by which something old may still be known, also when it is published no more; never a revoked one. */
export const pastKey = async (world: Keyed, kid: unknown): Promise<PublicKey | undefined> => {
  const key = await heldKey(world, kid)
  return key === undefined || key.state.status === 'unknown' || key.state.status === 'revoked' ? undefined : key
}
