import type { Json } from './ports.ts'

/** What every token of ours says: instants are seconds since 1970 (NumericDate of RFC 7519). */
type Common = {
  readonly issuer: string
  readonly client: string
  readonly sub: string
  readonly issuedAt: number
}

export type ClaimSet = { readonly [claim: string]: Json }

/** OpenID Connect Core §2 and rule 33: no `azp`, one `acr`, `auth_time` always. */
export const idTokenClaims = (
  token: Common & {
    readonly expiresAt: number
    readonly authTime: number
    readonly amr: readonly string[]
    /** Of the access token that comes with it (§3.1.3.6). */
    readonly accessTokenHash: string
    readonly acr?: string
    /** As the relying party sent it. */
    readonly nonce?: string
    /** OpenID Connect for Identity Assurance 1.0 §5.2. */
    readonly verifiedClaims?: Json
  },
): ClaimSet => ({
  iss: token.issuer,
  sub: token.sub,
  aud: token.client,
  exp: token.expiresAt,
  iat: token.issuedAt,
  auth_time: token.authTime,
  ...(token.nonce !== undefined && { nonce: token.nonce }),
  ...(token.acr !== undefined && { acr: token.acr }),
  amr: token.amr,
  at_hash: token.accessTokenHash,
  ...(token.verifiedClaims !== undefined && { verified_claims: token.verifiedClaims }),
})

/** RFC 9068 §2.2, with ourselves as the only resource (rule 33). `id` is `<transaction>.<random>`; `key` is what RFC 9449 §6.1 confirms. */
export const accessTokenClaims = (
  token: Common & { readonly expiresAt: number; readonly id: string; readonly scope: string; readonly key?: string },
): ClaimSet => ({
  iss: token.issuer,
  sub: token.sub,
  aud: token.issuer,
  exp: token.expiresAt,
  iat: token.issuedAt,
  jti: token.id,
  client_id: token.client,
  scope: token.scope,
  ...(token.key !== undefined && { cnf: { jkt: token.key } }),
})

/** Names that mean something to whoever verifies a JWT (RFC 7519 §4.1): no fact about a person may stand there. */
const RESERVED: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'cnf',
  'azp',
  'nonce',
  'acr',
  'amr',
  'at_hash',
  'auth_time',
])

/** Signed userinfo: OpenID Connect Core §5.3.2 asks for `iss` and `aud`; `sub` is that of the ID token. */
export const userinfoClaims = (answer: Common & { readonly members: ClaimSet }): ClaimSet => ({
  ...Object.fromEntries(Object.entries(answer.members).filter(([name]) => !RESERVED.has(name))),
  iss: answer.issuer,
  sub: answer.sub,
  aud: answer.client,
  iat: answer.issuedAt,
})
