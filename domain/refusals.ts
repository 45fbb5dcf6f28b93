/**
 * Every expected no, once. `src/http/errors.ts` has a row for each (what a relying party and a person are told);
 * a code without a row does not compile.
 */
export const REFUSALS = [
  // A request that cannot begin a transaction.
  'client_unknown',
  'client_inactive',
  'client_exists',
  'client_changed',
  'redirect_uri_not_registered',
  'request_invalid',
  'response_type_unsupported',
  'scope_invalid',
  'claims_invalid',
  'verified_claims_invalid',
  'prompt_invalid',
  'pkce_missing',
  'par_required',
  'request_object_unsupported',
  'acr_unavailable',
  'login_required',

  // A transaction in the browser.
  'transaction_unknown',
  'transaction_exists',
  'transaction_expired',
  'transaction_ended',
  'wrong_browser',
  'request_uri_expired',
  'request_uri_spent',
  'request_uri_of_other_client',
  'step_out_of_order',
  'form_invalid',
  'form_stale',
  'extensions_exhausted',
  'cancelled',

  // Proving who one is.
  'factor_not_offered',
  'factor_wrong',
  'factor_limited',
  'factor_unavailable',
  'factor_expired',
  'factor_pending',
  'attempts_exhausted',
  'sends_exhausted',
  'send_too_early',
  'acr_unmet',
  'wrong_person',

  // Consent.
  'consent_unknown',
  'consent_withdrawn',
  'consent_denied',
  'consent_pending',
  'release_unavailable',

  // Code and tokens.
  'client_authentication_failed',
  'assertion_replayed',
  'grant_type_unsupported',
  'code_unknown',
  'code_expired',
  'code_spent',
  'code_of_other_client',
  'redirect_uri_mismatch',
  'verifier_mismatch',
  'verifier_unexpected',
  'dpop_invalid',
  'dpop_missing',
  'dpop_nonce_needed',
  'token_missing',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'userinfo_limited',
  'encryption_key_missing',

  // A node that starts.
  'node_keys_differ',
  'node_program_older',
  'node_clock_behind',

  // Any door.
  'not_found',
  'method_not_allowed',
  'body_too_large',
  'body_unreadable',
  'parameter_repeated',
  'origin_refused',
  'too_many_requests',
  // Somebody guesses, and this device is not known: it has to work or to wait first.
  'check_needed',
  'overloaded',
] as const

export type RefusalCode = (typeof REFUSALS)[number]
