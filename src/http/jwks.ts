import { published } from './discovery.ts'
import type { Reply } from './reply.ts'
import { publishedKeys, receiptKeys, type Keyed } from '../signing-keys.ts'
import type { PublicKey } from '../../domain/ports.ts'

/** The keys that verify what we signed, present and past (RFC 7517 §5). Public members only, whatever a key store hands out. */
const PUBLIC = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e']

const keySet = (keys: readonly PublicKey[]): Reply =>
  published({
    keys: keys.map(({ publicJwk }) =>
      Object.fromEntries(PUBLIC.flatMap((name) => (publicJwk[name] === undefined ? [] : [[name, publicJwk[name]]]))),
    ),
  })

export const jwks = async (world: Keyed): Promise<Reply> => keySet(await publishedKeys(world))

/** Receipts are kept for years: the keys of the past that are still held verify them too. Tokens are taken by `jwks` alone. */
export const receiptKeySet = async (world: Keyed): Promise<Reply> => keySet(await receiptKeys(world))
