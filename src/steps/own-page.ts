import { clientOf } from '../clients.ts'
import { sha256 } from '../crypto/hash.ts'
import { newSecret } from '../crypto/ids.ts'
import { erasures } from '../deciders.ts'
import { load } from '../handle.ts'
import { unseal } from '../sealed.ts'
import type { SignedIn } from '../people.ts'
import type { World } from '../world.ts'
import { command, type Act, type Outcome } from './act.ts'
import { keepClient } from './register-client.ts'
import { startAuthorization, type Started } from './start.ts'
import { readAuthorizationRequest } from '../../domain/authorization-request.ts'
import { canonical } from '../../domain/canonical.ts'
import type { ClientState } from '../../domain/client/client.ts'
import { OWN_CLIENT } from '../../domain/client/own.ts'
import { isObject, parseObject } from '../../domain/json.ts'
import type { Digest, Instant, Json, Person, Uuid } from '../../domain/ports.ts'
import { erasureStream } from '../../domain/streams.ts'
import { plusSeconds } from '../../domain/time.ts'
import { initialState, type TransactionState } from '../../domain/transaction/state.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'
import { OWN_PAGE } from '../ui/layout.ts'
import { LANGUAGES, TEXTS } from '../ui/text.ts'

/** How long the page stays open without a word of the person. */
export const PAGE_S = 600

/** And how long with every extension: nobody's page stays open for a day. */
const PAGE_S_MAX = 7200

/** Who reads the page, kept sealed under the digest of the secret in the browser's cookie. */
export type OwnSession = {
  readonly person: string
  /** What the ID system calls the person: what is shown is theirs, also where an identifier changed hands. */
  readonly subjectKey: string
  /** The ID system that does. */
  readonly idSystem: string
  readonly transaction: string
  readonly openedAt: Instant
  readonly until: Instant
}

const nameOf = (digest: Digest): string => `own-page/${digest}`

/** The broker as a relying party: no keys, so nobody can push a request or redeem a code in its name. */
const configurationOf = ({ settings }: Pick<World, 'settings'>): ClientConfiguration => {
  const { origin, host } = new URL(settings.issuer)
  const names = Object.fromEntries(LANGUAGES.map((tag) => [`client_name#${tag}`, TEXTS[tag]['my.title'] ?? '']))
  return {
    client_id: OWN_CLIENT,
    client_name: TEXTS.en['my.title'] ?? OWN_CLIENT,
    ...names,
    redirect_uris: [`${origin}${OWN_PAGE}`],
    grant_types: [],
    response_types: [],
    subject_type: 'pairwise',
    sector_identifier: host,
    token_endpoint_auth_method: 'private_key_jwt',
    id_token_signed_response_alg: 'ES256',
    userinfo_signed_response_alg: 'ES256',
    require_pushed_authorization_requests: false,
    require_pkce: false,
    scope: 'openid',
    claims: [],
    default_acr_values: [],
    profile: 'compatible',
    assertion_audience: 'issuer',
    userinfo_format: 'jwt',
    consent_days: 0,
  }
}

/** Registered when somebody first wants the page, so that its logins are decided and recorded like all others. */
const ownClient = async (world: World, id: Uuid, at: Instant): Promise<ClientState> => {
  const configuration = configurationOf(world)
  const known = await clientOf(world, OWN_CLIENT)
  if (
    known.configuration !== undefined &&
    canonical(known.configuration as unknown as Json) === canonical(configuration as unknown as Json)
  )
    return known
  // Of two who come first at once one registers it; the other reads what there is.
  await keepClient(world, { id, at }, known.registered ? 'UpdateClient' : 'RegisterClient', configuration)
  return clientOf(world, OWN_CLIENT)
}

/** Begins a login that ends with the person's own page, with the world's ID system. */
export const startOwnLogin = async (
  world: World,
  id: Uuid,
  at: Instant,
  locale: string,
): Promise<Started & { readonly secret: string }> => {
  const client = await ownClient(world, id, at)
  const configuration = client.configuration ?? configurationOf(world)
  const [redirectUri = ''] = configuration.redirect_uris
  const parameters = new Map([
    ['response_type', 'code'],
    ['scope', 'openid'],
    ['redirect_uri', redirectUri],
    ['ui_locales', locale],
  ])
  const offered = world.idSystem.description.factors.map(({ factor }) => factor)
  const read = readAuthorizationRequest(parameters, { policy: world.policy.value, client: configuration, offered, via: 'direct' })
  const secret = newSecret(world.chance)
  if ('refusal' in read) return { transaction: '', state: initialState, refusal: read.refusal, secret }
  const from = { id, causation: id, at, client }
  return { ...(await startAuthorization(world, from, read, { via: 'direct', redirectUri, browser: sha256(secret) })), secret }
}

/** The login is over and the page is open: sealed first, then recorded (rule 10). `secret` goes into the browser's cookie and nowhere else; `signedIn`: who proved it by this request. */
export const openOwnPage = async (
  world: World,
  act: Act,
  state: TransactionState,
  signedIn?: SignedIn,
): Promise<Outcome & { readonly secret?: string }> => {
  const person = state.authenticated?.person
  const proof = signedIn?.proof ?? (person === undefined ? undefined : await unseal(world, act.transaction, `proof.${person}`))
  if (person === undefined || proof === undefined) return { state, refusal: 'transaction_expired' }
  const secret = newSecret(world.chance)
  const until = plusSeconds(act.at, PAGE_S)
  await keep(world, sha256(secret), {
    person,
    subjectKey: proof.subjectKey,
    idSystem: state.request?.plugin.id ?? '',
    transaction: act.transaction,
    openedAt: act.at,
    until,
  })
  const opened = await command(world, act, { type: 'OpenPage', at: act.at, until })
  if (opened.refusal === undefined) return { state: opened.state, secret }
  await closeOwnPage(world, secret)
  return { state: opened.state, refusal: opened.refusal }
}

const keep = (world: Pick<World, 'vault'>, digest: Digest, session: OwnSession): Promise<void> =>
  world.vault.put(nameOf(digest), new TextEncoder().encode(JSON.stringify(session)), session.until)

const isSession = (value: unknown): value is OwnSession => isObject(value) && typeof value['person'] === 'string'

/** The page's reader, while it is open and nobody asked for the person to be erased. */
export const ownSession = async (
  world: Pick<World, 'vault' | 'personKeys' | 'journal' | 'states'>,
  secret: string,
  at: Instant,
): Promise<{ readonly session: OwnSession; readonly person: Person } | undefined> => {
  const bytes = await world.vault.get(nameOf(sha256(secret)))
  const session = bytes && parseObject(new TextDecoder().decode(bytes))
  if (!isSession(session) || at >= session.until) return undefined
  const [person, erasure] = await Promise.all([
    world.personKeys.byRef(session.person),
    load(world, erasures, erasureStream(session.person)),
  ])
  return person && erasure.state.status === 'none' ? { session, person } : undefined
}

/** WCAG 2.2.1: more time, up to two hours in all; undefined when no more can be added. */
export const extendOwnPage = async (
  world: Pick<World, 'vault'>,
  secret: string,
  session: OwnSession,
  at: Instant,
): Promise<Instant | undefined> => {
  const [until, last] = [plusSeconds(at, PAGE_S), plusSeconds(session.openedAt, PAGE_S_MAX)]
  if (until > last) return undefined
  await keep(world, sha256(secret), { ...session, until })
  return until
}

export const closeOwnPage = (world: Pick<World, 'vault'>, secret: string): Promise<void> => world.vault.remove(nameOf(sha256(secret)))
