import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose'
import { pastKey, type Keyed } from '../signing-keys.ts'
import type { World } from '../world.ts'

const HINT_CHARS_MAX = 8192

/**
 * The subject that a relying party expects (OpenID Connect Core §3.1.2.1). The hint must be one of our own ID tokens for this
 * client; it may have expired, and its key be published no more. `unreadable` when it is not.
 */
export const hintedSubject = async (
  world: Keyed & Pick<World, 'settings'>,
  client: string,
  hint: string | undefined,
): Promise<{ readonly hinted_sub?: string } | 'unreadable'> => {
  if (hint === undefined) return {}
  if (hint.length > HINT_CHARS_MAX) return 'unreadable'
  try {
    const key = await pastKey(world, decodeProtectedHeader(hint).kid)
    if (key === undefined) return 'unreadable'
    const { payload, protectedHeader } = await compactVerify(hint, createLocalJWKSet({ keys: [key.publicJwk] }))
    const claims = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>
    // An access token is signed by the same keys: it is no hint.
    const ours = protectedHeader.typ !== 'at+jwt' && claims['iss'] === world.settings.issuer && claims['aud'] === client
    return ours && typeof claims['sub'] === 'string' ? { hinted_sub: claims['sub'] } : 'unreadable'
  } catch {
    return 'unreadable'
  }
}
