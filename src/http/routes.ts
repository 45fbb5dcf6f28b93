import { auditJwks, lastCheckpoint } from './audit.ts'
import { authorize } from './authorize.ts'
import { discovery } from './discovery.ts'
import { live, ready } from './health.ts'
import { info } from './info.ts'
import { jwks, receiptKeySet } from './jwks.ts'
import { BIOMETRICS_BYTES_MAX } from './login-biometrics.ts'
import { loginPage, loginStepPage } from './login.ts'
import { loginStep } from './login-steps.ts'
import { ownRoutes, withdrawalRoute } from './my-routes.ts'
import { openapi } from './openapi.ts'
import { par } from './par.ts'
import {
  AUDIT_KEYS_PATH,
  AUTHORIZE_PATH,
  CHECKPOINT_PATH,
  DISCOVERY_PATHS,
  JWKS_PATHS,
  OPENAPI_PATH,
  PAR_PATH,
  RECEIPT_KEYS_PATH,
  TOKEN_PATHS,
  USERINFO_PATH,
} from './paths.ts'
import type { Route, RouteResponse } from './route.ts'
import { staticFile } from './static.ts'
import { token } from './token.ts'
import { userinfo } from './userinfo.ts'

const JSON_TYPE = 'application/json'
const HTML: RouteResponse = { description: 'A page for the person.', type: 'text/html' }
const problem = (description: string): RouteResponse => ({ description, type: JSON_TYPE, schema: 'responses/error' })

/** Requests with `claims` and hints are larger than others. */
const REQUEST_BYTES_MAX = 65_536

const oauthProblems = {
  400: problem('The request was refused.'),
  401: problem('The client could not be authenticated.'),
  413: problem('The request is too large.'),
  503: problem('Try again later.'),
}

/** What a relying party asks. */
const protocol: readonly Route[] = [
  {
    method: 'POST',
    path: PAR_PATH,
    kind: 'oauth',
    handler: par,
    bodyBytesMax: REQUEST_BYTES_MAX,
    summary: 'Push an authorization request (RFC 9126).',
    request: 'requests/par',
    responses: {
      201: { description: 'Where the browser finds it.', type: JSON_TYPE, schema: 'responses/par' },
      ...oauthProblems,
      503: problem('There is too much to do now: try again in a moment.'),
    },
  },
  ...TOKEN_PATHS.map((path): Route => ({
    method: 'POST',
    path,
    kind: 'oauth',
    handler: token,
    summary: 'Exchange a code for tokens (RFC 6749 §4.1.3).',
    request: 'requests/token',
    responses: { 200: { description: 'The tokens.', type: JSON_TYPE, schema: 'responses/token' }, ...oauthProblems },
  })),
  ...(['GET', 'POST'] as const).map((method): Route => ({
    method,
    path: USERINFO_PATH,
    kind: 'oauth',
    handler: userinfo,
    records: true,
    summary: 'The claims that the person agreed to share (OpenID Connect Core §5.3). The access token is in the Authorization header.',
    responses: {
      200: { description: 'A signed JWT, or JSON for a client that is registered for it.', type: 'application/jwt' },
      401: problem('The access token is missing or not valid.'),
      429: problem('The access token was used too often.'),
      503: problem('Try again later.'),
    },
  })),
]

/** A step that has a door of its own. */
const atBiometrics =
  (handler: Route['handler']): Route['handler'] =>
  (world, request) =>
    handler(world, { ...request, params: { ...request.params, step: 'biometrics' } })

/** What a person meets. */
const person: readonly Route[] = [
  ...(['GET', 'POST'] as const).map((method): Route => ({
    method,
    path: AUTHORIZE_PATH,
    kind: 'page',
    handler: authorize,
    records: true,
    bodyBytesMax: REQUEST_BYTES_MAX,
    summary: 'Begin a sign-in (OpenID Connect Core §3.1.2).',
    request: 'requests/authorize',
    responses: {
      200: { description: 'A page that posts an error to the redirect URI (response_mode form_post).', type: 'text/html' },
      303: { description: 'To the pages of the sign-in, or with an error to the redirect URI.' },
      400: { description: 'A page: the request cannot be sent back to anybody.', type: 'text/html' },
      429: HTML,
      503: HTML,
    },
  })),
  {
    method: 'GET',
    path: '/login/:transaction',
    kind: 'page',
    handler: loginPage,
    summary: 'Where a sign-in stands.',
    responses: { 200: HTML },
  },
  {
    method: 'GET',
    path: '/login/:transaction/biometrics',
    kind: 'page',
    handler: atBiometrics(loginStepPage),
    summary: 'The page of the biometric reader, or where the sign-in stands.',
    responses: { 200: HTML },
  },
  {
    method: 'POST',
    path: '/login/:transaction/biometrics',
    kind: 'page',
    handler: atBiometrics(loginStep),
    // A reader's answer is larger than anything else that a person sends: a door of its own has limits of its own.
    bodyBytesMax: BIOMETRICS_BYTES_MAX,
    valueCharsMax: BIOMETRICS_BYTES_MAX,
    summary: 'What a biometric reader answered: a form of our own pages.',
    responses: { 200: HTML, 303: { description: 'To the next page, or with the code to the redirect URI.' } },
  },
  {
    method: 'GET',
    path: '/login/:transaction/:step',
    kind: 'page',
    handler: loginStepPage,
    summary: 'The page of a step: where the sign-in stands, or the first page again.',
    responses: { 200: HTML },
  },
  {
    method: 'POST',
    path: '/login/:transaction/:step',
    kind: 'page',
    handler: loginStep,
    repeatable: ['claims', 'scopes'],
    summary: 'A step of a sign-in: a form of our own pages.',
    responses: { 200: HTML, 303: { description: 'To the next page, or with the code to the redirect URI.' } },
  },
  ...(['help', 'privacy', 'accessibility'] as const).map((topic): Route => ({
    method: 'GET',
    path: `/${topic}`,
    kind: 'page',
    handler: info(topic),
    summary: 'A page to read.',
    responses: { 200: HTML },
  })),
]

/** What anybody may read. */
const open: readonly Route[] = [
  ...DISCOVERY_PATHS.map((path): Route => ({
    method: 'GET',
    path,
    kind: 'public',
    handler: discovery,
    summary: 'What this provider can do (OpenID Connect Discovery 1.0, RFC 8414).',
    responses: { 200: { description: 'The metadata.', type: JSON_TYPE, schema: 'responses/discovery' } },
  })),
  ...JWKS_PATHS.map((path): Route => ({
    method: 'GET',
    path,
    kind: 'public',
    handler: jwks,
    summary: 'The keys that verify our signatures (RFC 7517).',
    responses: { 200: { description: 'The key set.', type: JSON_TYPE, schema: 'responses/jwks' } },
  })),
  {
    method: 'GET',
    path: CHECKPOINT_PATH,
    kind: 'public',
    handler: lastCheckpoint,
    summary: 'The last signed checkpoint of the audit log (RFC 7515, compact).',
    responses: {
      200: { description: 'The checkpoint.', type: 'application/jose' },
      404: { description: 'There is none yet.', type: 'text/plain' },
    },
  },
  {
    method: 'GET',
    path: AUDIT_KEYS_PATH,
    kind: 'public',
    handler: auditJwks,
    summary: 'The keys that verify checkpoints and packages of the audit log (RFC 7517).',
    responses: { 200: { description: 'The key set.', type: JSON_TYPE, schema: 'responses/jwks' } },
  },
  {
    method: 'GET',
    path: RECEIPT_KEYS_PATH,
    kind: 'public',
    handler: receiptKeySet,
    summary: 'The keys that verify receipts for consent, those of the past included.',
    responses: { 200: { description: 'The key set.', type: JSON_TYPE, schema: 'responses/jwks' } },
  },
  {
    method: 'GET',
    path: '/static/:file',
    kind: 'static',
    handler: staticFile,
    summary: 'Looks of the pages.',
    responses: { 200: { description: 'A file.' } },
  },
  {
    method: 'GET',
    path: '/health/live',
    kind: 'oauth',
    handler: live,
    summary: 'Whether the process answers, and need not be started again.',
    responses: {
      200: { description: 'It does.', type: JSON_TYPE },
      503: { description: 'Its embedded store takes nothing more: start it again.', type: JSON_TYPE },
    },
  },
  {
    method: 'GET',
    path: '/health/ready',
    kind: 'oauth',
    handler: ready,
    summary: 'Whether sign-ins can be done now.',
    responses: {
      200: { description: 'They can.', type: JSON_TYPE },
      503: { description: 'Something is missing.', type: JSON_TYPE },
    },
  },
]

const described: readonly Route[] = [...protocol, withdrawalRoute, ...person, ...ownRoutes, ...open]

/** Every door, once. */
export const routes: readonly Route[] = [
  ...described,
  {
    method: 'GET',
    path: OPENAPI_PATH,
    kind: 'public',
    handler: openapi(described),
    summary: 'This description.',
    responses: { 200: { description: 'OpenAPI 3.1.', type: JSON_TYPE } },
  },
]
