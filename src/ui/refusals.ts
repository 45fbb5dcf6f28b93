import type { RefusalCode } from '../../domain/refusals.ts'
import type { TextKey } from './text.ts'

type Family = TextKey extends infer Key ? (Key extends `refusal.${infer Name}.title` ? Name : never) : never

const request = 'request_invalid'
const link = 'request_uri_spent'
const order = 'step_out_of_order'
const unreadable = 'form_invalid'

/**
 * The words that a person meets for each refusal: several share them. A wrong secret, an unknown person, a blocked one and a
 * closed path are one sentence (rule 22). What only a relying party can cause is one sentence too.
 */
export const FAMILIES: Readonly<Record<RefusalCode | 'fault' | 'bug', Family>> = {
  client_unknown: 'client_unknown',
  client_inactive: 'client_unknown',
  client_exists: request,
  client_changed: request,
  redirect_uri_not_registered: request,
  request_invalid: request,
  response_type_unsupported: request,
  scope_invalid: request,
  claims_invalid: request,
  verified_claims_invalid: request,
  prompt_invalid: request,
  pkce_missing: request,
  par_required: request,
  request_object_unsupported: request,
  acr_unavailable: request,
  login_required: request,
  transaction_unknown: link,
  transaction_exists: link,
  transaction_expired: 'transaction_expired',
  transaction_ended: 'transaction_ended',
  wrong_browser: 'wrong_browser',
  request_uri_expired: link,
  request_uri_spent: link,
  request_uri_of_other_client: request,
  step_out_of_order: order,
  form_invalid: unreadable,
  form_stale: order,
  extensions_exhausted: 'extensions_exhausted',
  cancelled: 'cancelled',
  factor_not_offered: order,
  factor_wrong: 'factor_wrong',
  factor_limited: 'factor_wrong',
  factor_unavailable: 'factor_unavailable',
  factor_expired: 'factor_expired',
  factor_pending: 'factor_pending',
  attempts_exhausted: 'attempts_exhausted',
  sends_exhausted: 'sends_exhausted',
  send_too_early: 'send_too_early',
  acr_unmet: 'acr_unmet',
  wrong_person: 'wrong_person',
  consent_unknown: order,
  consent_withdrawn: 'consent_withdrawn',
  consent_denied: 'cancelled',
  consent_pending: 'consent_pending',
  release_unavailable: 'release_unavailable',
  client_authentication_failed: request,
  assertion_replayed: request,
  grant_type_unsupported: request,
  code_unknown: request,
  code_expired: request,
  code_spent: request,
  code_of_other_client: request,
  redirect_uri_mismatch: request,
  verifier_mismatch: request,
  verifier_unexpected: request,
  dpop_invalid: request,
  dpop_missing: request,
  dpop_nonce_needed: request,
  token_missing: request,
  token_invalid: request,
  token_expired: request,
  token_revoked: request,
  userinfo_limited: 'too_many_requests',
  encryption_key_missing: request,
  not_found: 'not_found',
  method_not_allowed: 'not_found',
  body_too_large: unreadable,
  body_unreadable: unreadable,
  parameter_repeated: unreadable,
  origin_refused: 'origin_refused',
  node_keys_differ: 'bug',
  node_program_older: 'bug',
  node_clock_behind: 'bug',
  too_many_requests: 'too_many_requests',
  check_needed: 'too_many_requests',
  overloaded: 'overloaded',
  fault: 'factor_unavailable',
  bug: 'bug',
}

/** Where "nothing was shared" is true whatever happened before: no code was issued and none will be by this refusal. */
const NOTHING_SHARED: ReadonlySet<Family> = new Set([
  'client_unknown',
  request,
  'transaction_expired',
  'cancelled',
  'factor_wrong',
  'factor_unavailable',
  'attempts_exhausted',
  'acr_unmet',
  'wrong_person',
  'release_unavailable',
])

export const refusalWords = (
  code: RefusalCode | 'fault' | 'bug',
): { readonly title: TextKey; readonly text: TextKey; readonly nothingShared: boolean } => {
  const family = FAMILIES[code]
  return { title: `refusal.${family}.title`, text: `refusal.${family}.text`, nothingShared: NOTHING_SHARED.has(family) }
}
