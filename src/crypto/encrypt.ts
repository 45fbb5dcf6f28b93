import { createPublicKey } from 'node:crypto'
import { CompactEncrypt } from 'jose'
import type { Jwk } from './client-keys.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

/** How the key of an encryption is carried or agreed on (RFC 7518 §4). */
export type EncryptionAlgorithm = NonNullable<ClientConfiguration['userinfo_encrypted_response_alg']>

export const ENCRYPTION_ALGORITHMS: readonly EncryptionAlgorithm[] = ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A256KW']

/** The only encryption of the content: authenticated, with a key as strong as any that carries it. */
export const CONTENT_ENCRYPTION = 'A256GCM'

const KTY: Readonly<Record<EncryptionAlgorithm, Jwk['kty']>> = { 'RSA-OAEP-256': 'RSA', 'ECDH-ES': 'EC', 'ECDH-ES+A256KW': 'EC' }

/** The first key that its owner means for this: by its `use` or its `alg`. One that says nothing may be meant for signatures alone. */
export const encryptionKeyOf = (keys: readonly Jwk[], alg: EncryptionAlgorithm): Jwk | undefined =>
  keys.find((key) => key.kty === KTY[alg] && key.use !== 'sig' && (key.alg === undefined ? key.use === 'enc' : key.alg === alg))

/**
 * A nested JWT (RFC 7519 §5.2 and §11.2): signed, then encrypted to a key of whom it is for. Never compressed: the length of
 * compressed text tells of what stands in it.
 */
export const encryptJwt = (signed: string, alg: EncryptionAlgorithm, { kty, kid, crv, x, y, n, e }: Jwk): Promise<string> => {
  const members = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined))
  return new CompactEncrypt(Buffer.from(signed, 'ascii'))
    .setProtectedHeader({ alg, enc: CONTENT_ENCRYPTION, typ: 'JWT', cty: 'JWT', ...(kid !== undefined && { kid }) })
    .encrypt(createPublicKey({ key: members, format: 'jwk' }))
}
