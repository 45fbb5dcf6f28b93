import type { PublicKey } from '../../domain/ports.ts'
import type { Keyed } from '../signing-keys.ts'
import type { World } from '../world.ts'

/** The same world with the keys of the audit log where those of tokens stand: they live by the same rules, and never meet. */
export const auditing = <W extends Omit<Keyed, 'keys'> & Pick<World, 'auditKeys'>>(
  world: W,
): W & Keyed & { readonly purpose: 'audit' } => ({
  ...world,
  keys: world.auditKeys,
  purpose: 'audit',
})

/** What the audit log is signed with: short signatures, and the same bytes give the same one. */
export const AUDIT_ALGORITHM = 'EdDSA'

/** A key as statements name it: the members that make it, and so its thumbprint (RFC 7638). */
export const statedKey = ({ crv = '', kty = '', x = '' }: PublicKey['publicJwk']) => ({ crv, kty, x })
