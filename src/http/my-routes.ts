import { my, myDownload, myExtend, myLogout, myReceipt, mySignIn, myWithdraw } from './my.ts'
import { WITHDRAWALS_PATH } from './paths.ts'
import type { Route, RouteResponse } from './route.ts'
import { withdrawals } from './withdrawals.ts'

const JSON_TYPE = 'application/json'
const problem = (description: string): RouteResponse => ({ description, type: JSON_TYPE, schema: 'responses/error' })
const HTML: RouteResponse = { description: 'A page for the person.', type: 'text/html' }
const TO_MY_PAGE: RouteResponse = { description: 'To the page, or to its door.' }

const NO_SESSION = problem('No session. Who accepts text/html gets the door of the page instead.')

/** What a service may do that an issuer of the deployment lets do it. */
export const withdrawalRoute: Route = {
  method: 'POST',
  path: WITHDRAWALS_PATH,
  kind: 'oauth',
  handler: withdrawals,
  summary: 'Take an agreement back, with an access token of the configured issuer (RFC 9068, scope consent.withdraw).',
  request: 'requests/withdrawal',
  responses: {
    200: { description: 'It is taken back: every code and token that rested on it is dead.', type: JSON_TYPE },
    400: problem('The request was refused.'),
    401: problem('The access token is missing or not valid.'),
    403: problem('The access token does not allow this.'),
    404: problem('There is no such agreement, or no issuer is configured.'),
  },
}

/** Where people read what they agreed to and take it back. */
export const ownRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/my',
    kind: 'page',
    handler: my,
    summary: 'A person’s own agreements and sign-ins, or the door to them.',
    responses: { 200: HTML, 429: HTML },
  },
  {
    method: 'GET',
    path: '/my/download',
    kind: 'page',
    handler: myDownload,
    summary: 'The same as a file.',
    responses: {
      200: { description: 'Everything that the page can show.', type: JSON_TYPE, schema: 'responses/my-data' },
      401: NO_SESSION,
    },
  },
  {
    method: 'GET',
    path: '/my/receipts/:consent/:revision',
    kind: 'page',
    handler: myReceipt,
    summary: 'A signed receipt in the terms of ISO/IEC TS 27560.',
    responses: {
      200: { description: 'A JWS; its claims: schemas/responses/consent-receipt.json.', type: 'application/jose' },
      401: NO_SESSION,
      404: HTML,
    },
  },
  {
    method: 'POST',
    path: '/my/sign-in',
    kind: 'page',
    handler: mySignIn,
    summary: 'Begin a sign-in to the page.',
    responses: { 303: { description: 'To the pages of the sign-in.' }, 403: HTML, 429: HTML },
  },
  ...(
    [
      ['withdraw', myWithdraw, 'Take an agreement back: every code and token that rests on it is dead when this is answered.'],
      ['extend', myExtend, 'More time.'],
      ['logout', myLogout, 'Close the page in this browser.'],
    ] as const
  ).map(([step, handler, summary]): Route => ({
    method: 'POST',
    path: `/my/${step}`,
    kind: 'page',
    handler,
    summary,
    responses: { 303: TO_MY_PAGE, 403: HTML },
  })),
]
