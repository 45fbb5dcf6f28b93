import { bindBrowser, isSecure, readBinding } from './cookies.ts'
import { errorReply } from './error-page.ts'
import { authorizationResponse } from './authorization-response.ts'
import { ERRORS, OVERLOAD_S } from './errors.ts'
import { frameOf, languageOf, partyOf } from './frame.ts'
import { hintedSubject } from './id-token-hint.ts'
import { limiter, type Limiter } from './limits.ts'
import { redirect, text, withCookies, type Reply, type Request } from './reply.ts'
import { baseOf } from './session.ts'
import { clientOf } from '../clients.ts'
import { sha256 } from '../crypto/hash.ts'
import { isRequestUri, newSecret, readRequestUri } from '../crypto/ids.ts'
import { forClient } from '../id-systems.ts'
import { command } from '../steps/act.ts'
import { startAuthorization } from '../steps/start.ts'
import type { World } from '../world.ts'
import { readAuthorizationRequest, type RefusedRequest } from '../../domain/authorization-request.ts'
import { isClientId, type ClientState } from '../../domain/client/client.ts'
import { OWN_CLIENT } from '../../domain/client/own.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

const limiters = new WeakMap<World, Limiter>()

/** Per client and network (rule 23). One for each broker, however many run in this process. */
const limiterOf = (world: World): Limiter => {
  const known = limiters.get(world)
  if (known !== undefined) return known
  const made = limiter(world.settings.requestsPerMinute)
  limiters.set(world, made)
  return made
}

/** A browser that looks ahead is not a person who signs in: nothing is recorded (rule 23). */
const isPrefetch = ({ headers }: Request): boolean =>
  /prefetch|prerender/i.test(`${headers['sec-purpose'] ?? ''} ${headers['purpose'] ?? ''} ${headers['x-moz'] ?? ''}`)

const parametersOf = (request: Request): ReadonlyMap<string, string> =>
  request.method === 'POST'
    ? new Map([...request.form].filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
    : request.query

const enter = (world: World, request: Request, transaction: string, secret: string): Reply =>
  withCookies(redirect(baseOf(transaction)), bindBrowser(request.cookies, transaction, secret, request.at, isSecure(world.settings.issuer)))

/** With a request URI only `client_id` is read besides (rule 23). */
const openPushed = async (world: World, request: Request, client: ClientState, clientId: string, uri: string): Promise<Reply> => {
  const ticket = readRequestUri(uri)
  if (ticket === undefined) return errorReply(world, request, 'transaction_unknown')
  const { transaction, secret } = ticket
  const browserSecret = readBinding(request.cookies, transaction, isSecure(world.settings.issuer)) ?? newSecret(world.chance)
  const act = { id: request.requestId, causation: request.requestId, at: request.at, transaction, client }
  const wish = { at: request.at, client: clientId, browser: sha256(browserSecret), requestUriDigest: sha256(secret) }
  const { refusal } = await command(world, act, { type: 'OpenAuthorization', ...wish })
  return refusal === undefined ? enter(world, request, transaction, browserSecret) : errorReply(world, request, refusal)
}

type Direct = {
  readonly configuration: ClientConfiguration
  readonly redirectUri: string
  readonly parameters: ReadonlyMap<string, string>
}

/** To the relying party where that is safe, else a page of our own (RFC 9700 §4.11.2). */
const refuse = (world: World, request: Request, refused: RefusedRequest, { configuration, redirectUri, parameters }: Direct): Reply => {
  const { refusal, error } = refused
  if (!ERRORS[refusal].redirectable) return errorReply(world, request, refusal)
  const language = languageOf(request, parameters.get('ui_locales'))
  const state = parameters.get('state')
  const responseMode = parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query'
  const target = { redirectUri, responseMode, issuer: world.settings.issuer, ...(state !== undefined && { state }) } as const
  const answer = error === undefined ? { refusal } : { error: { error, error_description: ERRORS[refusal].description } }
  return authorizationResponse(target, answer, frameOf(world, request, language, { party: partyOf(configuration, redirectUri, language) }))
}

const startDirect = async (world: World, request: Request, client: ClientState, direct: Direct): Promise<Reply> => {
  const { configuration, redirectUri, parameters } = direct
  const { factors, verifiedClaims: verifies } = world.idSystem.description
  const offered = factors.map(({ factor }) => factor)
  const read = readAuthorizationRequest(parameters, { policy: world.policy.value, client: configuration, offered, verifies, via: 'direct' })
  if ('refusal' in read) return refuse(world, request, read, direct)
  const hinted = await hintedSubject(world, configuration.client_id, read.raw['id_token_hint'])
  if (hinted === 'unreadable') return refuse(world, request, { refusal: 'request_invalid' }, direct)
  const secret = newSecret(world.chance)
  const from = { id: request.requestId, causation: request.requestId, at: request.at, client }
  const asked = { ...read, raw: { ...read.raw, ...hinted } }
  const started = await startAuthorization(world, from, asked, { via: 'direct', redirectUri, browser: sha256(secret) })
  return started.refusal === undefined
    ? enter(world, request, started.transaction, secret)
    : refuse(world, request, { refusal: started.refusal }, direct)
}

/** GET and POST `/authorize`: the one page load that records (rule 23). No redirect before client and redirect URI are known to be good. */
export const authorize = async (world: World, request: Request): Promise<Reply> => {
  if (isPrefetch(request)) return text('', 204)
  const parameters = parametersOf(request)
  const clientId = parameters.get('client_id') ?? ''
  const client = isClientId(clientId) ? await clientOf(world, clientId) : undefined
  // Names that nobody registered share one bucket: a flood of them must not push out those of clients.
  const taken = limiterOf(world).take(`${client?.registered === true ? clientId : ''} ${request.network}`, request.at)
  if (!taken.ok) return errorReply(world, request, 'too_many_requests', { 'retry-after': String(taken.retryAfterS) })
  // The broker's own page is no relying party to others: its logins begin at its own door.
  if (client === undefined || clientId === OWN_CLIENT) return errorReply(world, request, 'client_unknown')
  const { configuration, active } = client
  if (configuration === undefined) return errorReply(world, request, 'client_unknown')
  if (!active) return errorReply(world, request, 'client_inactive')
  const requestUri = parameters.get('request_uri')
  if (requestUri !== undefined && isRequestUri(requestUri)) return openPushed(world, request, client, clientId, requestUri)
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri === undefined || !configuration.redirect_uris.includes(redirectUri))
    return errorReply(world, request, 'redirect_uri_not_registered')
  // A login that was let in by the other door, where it was pushed, is finished.
  if (world.underWay.isFull()) return errorReply(world, request, 'overloaded', { 'retry-after': String(OVERLOAD_S) })
  return startDirect(forClient(world, configuration), request, client, { configuration, redirectUri, parameters })
}
