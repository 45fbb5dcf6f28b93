import { published } from './discovery.ts'
import type { Reply } from './reply.ts'
import { publishedKeys, type Keyed } from '../signing-keys.ts'

/** The keys that verify what we signed, present and past (RFC 7517 §5). Public members only, whatever a key store hands out. */
const PUBLIC = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e']

export const jwks = async (world: Keyed): Promise<Reply> => {
  const keys = await publishedKeys(world)
  return published({
    keys: keys.map(({ publicJwk }) =>
      Object.fromEntries(PUBLIC.flatMap((name) => (publicJwk[name] === undefined ? [] : [[name, publicJwk[name]]]))),
    ),
  })
}
