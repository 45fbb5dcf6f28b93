import { AUTHORIZE_PATH, JWKS_PATHS, PAR_PATH, TOKEN_PATH, USERINFO_PATH } from './paths.ts'
import { json, type Reply } from './reply.ts'
import type { World } from '../world.ts'
import { availableAcrs } from '../../domain/assurance.ts'
import { CLAIM_SCOPES } from '../../domain/claims.ts'
import type { VerifiedDescription } from '../../domain/ports.ts'
import { SIGNING_ALGORITHMS } from '../../domain/signing-key/ring.ts'
import { JWKS_MAX_AGE_S } from '../../domain/signing-key/signing-key.ts'
import { DPOP_ALGORITHMS } from '../crypto/dpop.ts'
import { CONTENT_ENCRYPTION, ENCRYPTION_ALGORITHMS } from '../crypto/encrypt.ts'
import { LANGUAGES } from '../ui/text.ts'

export const published = (value: unknown): Reply => json(value, 200, { 'cache-control': `public, max-age=${String(JWKS_MAX_AGE_S)}` })

type Described = Pick<World, 'settings' | 'idSystems' | 'policy'>

/** Empty lists are left out: each of these members has at least one (Identity Assurance 1.0, OP metadata). */
const listed = (members: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(Object.entries(members).filter(([, words]) => words.length > 0))

/** What any of them says, each word once. */
const united = <From, Word>(all: readonly From[], words: (one: From) => readonly Word[]): readonly Word[] => [
  ...new Set(all.flatMap(words)),
]

const assured = (described: readonly VerifiedDescription[]): Readonly<Record<string, unknown>> =>
  described.length === 0
    ? {}
    : {
        verified_claims_supported: true,
        ...listed({
          trust_frameworks_supported: united(described, ({ trustFrameworks }) => trustFrameworks.map(({ id }) => id)),
          claims_in_verified_claims_supported: united(described, ({ claims }) => claims),
          evidence_supported: united(described, ({ evidence }) => evidence),
          documents_supported: united(described, ({ documents }) => documents),
          documents_check_methods_supported: united(described, ({ documentCheckMethods }) => documentCheckMethods),
          electronic_records_supported: united(described, ({ electronicRecords }) => electronicRecords),
        }),
      }

/**
 * What we are, for OpenID Connect Discovery 1.0 §3 and RFC 8414 §2 alike: computed from settings and the ID systems that are open, so
 * that every member is true of one of them. Everything hangs on the issuer; nothing of it comes from the request.
 */
export const discoveryDocument = ({ settings, idSystems, policy }: Described): { readonly [member: string]: unknown } => {
  const { issuer } = settings
  const described = idSystems.serving().map(({ description }) => description)
  const acrs = policy.value.assurance.acrs.map(({ acr }) => acr)
  // In the order of the policy, each where one ID system has all of its factors.
  const available = united(described, ({ factors }) =>
    availableAcrs(
      policy.value,
      acrs,
      factors.map(({ factor }) => factor),
    ),
  )
  const claims = united(described, (one) => one.claims)
  return {
    issuer,
    authorization_endpoint: `${issuer}${AUTHORIZE_PATH}`,
    token_endpoint: `${issuer}${TOKEN_PATH}`,
    pushed_authorization_request_endpoint: `${issuer}${PAR_PATH}`,
    userinfo_endpoint: `${issuer}${USERINFO_PATH}`,
    jwks_uri: `${issuer}${JWKS_PATHS[0]}`,
    scopes_supported: CLAIM_SCOPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code'],
    acr_values_supported: acrs.filter((acr) => available.includes(acr)),
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: SIGNING_ALGORITHMS,
    userinfo_signing_alg_values_supported: SIGNING_ALGORITHMS,
    userinfo_encryption_alg_values_supported: ENCRYPTION_ALGORITHMS,
    userinfo_encryption_enc_values_supported: [CONTENT_ENCRYPTION],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    code_challenge_methods_supported: ['S256'],
    display_values_supported: ['page'],
    claim_types_supported: ['normal'],
    claims_supported: [...new Set(['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'nonce', ...claims])],
    claims_parameter_supported: true,
    ...assured(described.flatMap(({ verifiedClaims }) => verifiedClaims ?? [])),
    ui_locales_supported: LANGUAGES,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    require_request_uri_registration: false,
    require_pushed_authorization_requests: false,
    authorization_response_iss_parameter_supported: true,
  }
}

export const discovery = async (world: Described): Promise<Reply> => published(discoveryDocument(world))
