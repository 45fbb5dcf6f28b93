import type { Headers, Reply, Request } from './reply.ts'
import { json } from './reply.ts'
import { DPOP_ALGORITHMS } from '../crypto/dpop.ts'
import type { RefusalCode } from '../../domain/refusals.ts'

export type ErrorRow = {
  /** RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 6750 §3.1, RFC 9449 §5 and §8, Unmet Authentication Requirements 1.0. */
  readonly oauth: string
  /** Of the answer when it is JSON or a page; a redirect is always 303. */
  readonly status: number
  /** For relying parties: what is wrong, never what was sent. Characters of RFC 6749 §5.2. */
  readonly description: string
  /** True when the client and its redirect URI are known to be good by then, so the relying party may be told through the browser. */
  readonly redirectable: boolean
}

const row = (oauth: string, status: number, description: string, redirectable = false): ErrorRow => ({
  oauth,
  status,
  description,
  redirectable,
})
const back = (oauth: string, description: string, status = 400): ErrorRow => row(oauth, status, description, true)

const AUTHENTICATION: ErrorRow = row('invalid_client', 401, 'The client could not be authenticated.')

/** What a relying party is told for each refusal. What a person is told is in `src/ui/refusals.ts`. */
export const ERRORS: Readonly<Record<RefusalCode, ErrorRow>> = {
  client_unknown: row('invalid_client', 400, 'The client is not known.'),
  client_inactive: row('unauthorized_client', 400, 'The client may not do this.'),
  client_exists: row('invalid_client_metadata', 409, 'A client of this name exists.'),
  client_changed: row('invalid_client_metadata', 409, 'The client was changed meanwhile.'),
  redirect_uri_not_registered: row('invalid_request', 400, 'The redirect_uri is not registered.'),
  request_invalid: back('invalid_request', 'A parameter is missing, malformed or not supported.'),
  response_type_unsupported: back('unsupported_response_type', 'The only response_type is code.'),
  scope_invalid: back('invalid_scope', 'The scope must hold openid and nothing that is not registered.'),
  claims_invalid: back('invalid_request', 'The claims parameter cannot be read, or asks for what is not registered.'),
  verified_claims_invalid: back(
    'invalid_request',
    'The verified_claims do not have the form of OpenID Connect for Identity Assurance 1.0.',
  ),
  prompt_invalid: back('invalid_request', 'The prompt values do not go together.'),
  pkce_missing: back('invalid_request', 'A code_challenge with method S256 is required.'),
  par_required: back('invalid_request', 'The request must be pushed first.'),
  request_object_unsupported: back('request_not_supported', 'Request objects are not supported.'),
  acr_unavailable: back('unmet_authentication_requirements', 'The requested acr cannot be met here.'),
  login_required: back('login_required', 'The person must sign in.'),

  transaction_unknown: row('invalid_request', 404, 'There is no such sign-in.'),
  transaction_exists: row('invalid_request', 409, 'This sign-in was begun already.'),
  transaction_expired: back('access_denied', 'The sign-in took too long.', 410),
  transaction_ended: row('invalid_request', 410, 'The sign-in is over.'),
  wrong_browser: row('invalid_request', 403, 'The sign-in belongs to another browser.'),
  request_uri_expired: row('invalid_request_uri', 400, 'The request_uri has expired.'),
  request_uri_spent: row('invalid_request_uri', 400, 'The request_uri was used already.'),
  request_uri_of_other_client: row('invalid_request_uri', 400, 'The request_uri belongs to another client.'),
  step_out_of_order: row('invalid_request', 409, 'This step is not the next one.'),
  form_invalid: row('invalid_request', 400, 'The form cannot be read.'),
  form_stale: row('invalid_request', 403, 'The form is out of date.'),
  extensions_exhausted: row('invalid_request', 409, 'No more time can be added.'),
  cancelled: back('access_denied', 'The person ended the sign-in.'),

  factor_not_offered: row('invalid_request', 400, 'This proof is not on offer.'),
  factor_wrong: row('access_denied', 400, 'The proof did not match.'),
  factor_limited: row('access_denied', 400, 'The proof did not match.'),
  factor_unavailable: back('temporarily_unavailable', 'The ID system does not answer.', 503),
  factor_expired: row('access_denied', 400, 'The proof is no longer valid.'),
  factor_pending: row('access_denied', 409, 'The message is still being sent.'),
  attempts_exhausted: back('access_denied', 'The person could not be authenticated.', 403),
  sends_exhausted: row('access_denied', 429, 'No more messages can be sent.'),
  send_too_early: row('access_denied', 429, 'It is too early for another message.'),
  acr_unmet: back('unmet_authentication_requirements', 'The requested acr was not met.', 403),
  wrong_person: back('login_required', 'Another person than the expected one signed in.', 403),

  consent_unknown: row('invalid_request', 404, 'There is no such consent.'),
  consent_withdrawn: row('invalid_grant', 400, 'The consent was withdrawn.'),
  consent_denied: back('access_denied', 'The person did not consent.'),
  consent_pending: row('access_denied', 409, 'The consent is not recorded yet.'),
  release_unavailable: back('temporarily_unavailable', 'The ID system does not answer.', 503),

  // One answer for every way to fail: RFC 7521 §4.2.1.
  client_authentication_failed: AUTHENTICATION,
  assertion_replayed: AUTHENTICATION,
  grant_type_unsupported: row('unsupported_grant_type', 400, 'The only grant_type is authorization_code.'),
  code_unknown: row('invalid_grant', 400, 'The code is not valid.'),
  code_expired: row('invalid_grant', 400, 'The code has expired.'),
  code_spent: row('invalid_grant', 400, 'The code was used already.'),
  // As if it were unknown: another client learns nothing about it.
  code_of_other_client: row('invalid_grant', 400, 'The code is not valid.'),
  redirect_uri_mismatch: row('invalid_grant', 400, 'The redirect_uri is not the one of the request.'),
  verifier_mismatch: row('invalid_grant', 400, 'The code_verifier does not fit the code_challenge.'),
  verifier_unexpected: row('invalid_grant', 400, 'There was no code_challenge, so there can be no code_verifier.'),
  dpop_invalid: row('invalid_dpop_proof', 400, 'The DPoP proof is not valid here.'),
  dpop_missing: row('invalid_request', 400, 'A DPoP proof is required.'),
  dpop_nonce_needed: row('use_dpop_nonce', 400, 'The DPoP proof needs the nonce of this answer.'),
  token_missing: row('invalid_token', 401, 'An access token is required.'),
  token_invalid: row('invalid_token', 401, 'The access token is not valid.'),
  token_expired: row('invalid_token', 401, 'The access token has expired.'),
  token_revoked: row('invalid_token', 401, 'The access token was revoked.'),
  userinfo_limited: row('temporarily_unavailable', 429, 'The access token was used too often.'),
  encryption_key_missing: row('invalid_request', 400, 'The client has no key to which the answer could be encrypted.'),

  not_found: row('invalid_request', 404, 'There is nothing here.'),
  method_not_allowed: row('invalid_request', 405, 'The method is not allowed here.'),
  body_too_large: row('invalid_request', 413, 'The request is too large.'),
  body_unreadable: row('invalid_request', 400, 'The parameters cannot be read: a form in UTF-8 is expected.'),
  parameter_repeated: row('invalid_request', 400, 'A parameter was given more than once.'),
  origin_refused: row('invalid_request', 403, 'The request did not come from our own page.'),
  node_keys_differ: row('temporarily_unavailable', 503, 'The broker cannot serve.'),
  node_program_older: row('temporarily_unavailable', 503, 'The broker cannot serve.'),
  node_clock_behind: row('temporarily_unavailable', 503, 'The broker cannot serve.'),
  too_many_requests: row('temporarily_unavailable', 429, 'There were too many requests.'),
  check_needed: row('temporarily_unavailable', 403, 'The device has to show first that it is no machine.'),
  overloaded: row('temporarily_unavailable', 503, 'The server has too much to do now. Try again in a moment.'),
}

export type OauthError = { readonly error: string; readonly error_description: string }

export const oauthError = (refusal: RefusalCode): OauthError => {
  const { oauth, description } = ERRORS[refusal]
  return { error: oauth, error_description: description }
}

/** Seconds to wait where nothing more is known. */
const RETRY_S = 60

/** Seconds after which an overload is over, or is not one. */
export const OVERLOAD_S = 3

const retry = (status: number): Headers =>
  status === 429 ? { 'retry-after': String(RETRY_S) } : status === 503 ? { 'retry-after': String(OVERLOAD_S) } : {}

/** Of the token and PAR endpoints (RFC 6749 §5.2, RFC 9126 §2.3). */
export const tokenError = (refusal: RefusalCode, request?: Pick<Request, 'headers'>): Reply => {
  // To a client that is not to be known, and to one that may do nothing, the answer is that of a failed authentication.
  const shown = refusal === 'client_unknown' || refusal === 'client_inactive' ? 'client_authentication_failed' : refusal
  const { status } = ERRORS[shown]
  const [, scheme] = /^([A-Za-z]{1,20}) /.exec(request?.headers['authorization'] ?? '') ?? []
  // RFC 6749 §5.2: who tried a scheme of HTTP is answered with it, although there is none that works here.
  const challenge: Headers = status === 401 && scheme !== undefined ? { 'www-authenticate': `${scheme} realm="token"` } : {}
  return json(oauthError(shown), status, { ...retry(status), ...challenge })
}

type Scheme = 'Bearer' | 'DPoP'

const ALGS = `algs="${DPOP_ALGORITHMS.join(' ')}"`
const REALMS: Readonly<Record<Scheme, string>> = { Bearer: 'Bearer realm="userinfo"', DPoP: `DPoP realm="userinfo", ${ALGS}` }

/** Of the userinfo endpoint (RFC 6750 §3, RFC 9449 §7.1): by the scheme that the token came with. */
export const userinfoError = (refusal: RefusalCode, scheme: Scheme = 'Bearer'): Reply => {
  const shown = refusal === 'client_unknown' || refusal === 'client_inactive' ? 'token_revoked' : refusal
  const { oauth, description } = ERRORS[shown]
  const status = oauth === 'invalid_dpop_proof' || oauth === 'use_dpop_nonce' ? 401 : ERRORS[shown].status
  // RFC 6750 §3.1: a request without a token is told no error.
  if (shown === 'token_missing') return json(oauthError(shown), status, { 'www-authenticate': [REALMS.Bearer, REALMS.DPoP] })
  const challenge = `${REALMS[scheme]}, error="${oauth}", error_description="${description}"`
  return json(oauthError(shown), status, { ...retry(status), ...(status < 429 && { 'www-authenticate': challenge }) })
}
