import { documentDefaults } from '../../schemas/check.ts'
import type { ClientConfiguration, Policy, StandingConsent } from '../../schemas/generated.ts'
import type { Instant } from '../../domain/ports.ts'

/** Seconds after the instant at which every sample begins. */
export const at = (seconds: number): Instant => new Date(Date.parse('2026-11-24T12:00:00.000Z') + Math.round(seconds * 1000)).toISOString()

/** 43 characters of base64url that say what they stand for. */
export const digest = (name: string): string => name.padEnd(43, '0')

export const PERSON = '0123456789abcdefghjkmnpqrs'
export const OTHER_PERSON = 'srqpnmkjhgfedcba9876543210'
export const TRANSACTION = 'tx_0123456789abcdefghjkmnpq'
export const CONSENT = digest('consent')

// The schema states a default for every member, so together they are a policy.
export const policy = documentDefaults('policy') as Policy

export const configuration: ClientConfiguration = {
  client_id: 'clinic',
  client_name: 'The Clinic',
  redirect_uris: ['https://clinic.example/callback', 'https://clinic.example/other'],
  jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'one', x: digest('x'), y: digest('y') }] },
  grant_types: ['authorization_code'],
  response_types: ['code'],
  subject_type: 'pairwise',
  sector_identifier: 'clinic.example',
  token_endpoint_auth_method: 'private_key_jwt',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'ES256',
  require_pushed_authorization_requests: false,
  require_pkce: false,
  scope: 'openid profile email',
  claims: ['name', 'email', 'birthdate'],
  default_acr_values: [],
  profile: 'compatible',
  assertion_audience: 'issuer',
  userinfo_format: 'jwt',
  consent_days: 90,
}

export const standing: StandingConsent = {
  client: 'clinic',
  transaction: TRANSACTION,
  requestDigest: digest('request'),
  notice: { digest: digest('notice'), version: '1', language: 'en' },
  essential: ['name'],
  accepted: ['email'],
  refused: ['birthdate'],
  scopes: ['openid', 'profile'],
  refusedScopes: ['email'],
  by: 'self',
  givenAt: at(0),
  expiresAt: at(90 * 86_400),
}
