import { hmac } from './crypto/hash.ts'
import type { World } from './world.ts'

const VERSION = '1'

const prefixed = (part: string): string => `${String(part.length)}:${part}`

/**
 * The pairwise subject of OpenID Connect Core 8.1 (rule 19): stable for one person in one sector, unlinkable across sectors, and
 * independent of the person's erasable key. The plugin's own pairwise value is used as it is where it has one.
 */
export const subjectOf = (
  world: Pick<World, 'secrets' | 'idSystem'>,
  sector: string,
  proof: { readonly subjectKey: string; readonly pairwiseSubject?: string },
): string =>
  proof.pairwiseSubject ??
  hmac(world.secrets.subject, [VERSION, sector, world.idSystem.description.id, proof.subjectKey].map(prefixed).join(''))
