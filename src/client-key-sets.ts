import { imported, inlineKeys, type ClientKey, type Jwk } from './crypto/client-keys.ts'
import { keepNewest } from './keep-newest.ts'
import { readPublishedKeys } from './registration/keys.ts'
import type { ClientState } from '../domain/client/client.ts'
import { parseObject } from '../domain/json.ts'
import type { Clock, Digest, DocumentFault, Log, RemoteDocuments } from '../domain/ports.ts'
import { millisecondsOf } from '../domain/time.ts'

/** A relying party's public keys: as it registered or published them, and those that may verify its signatures. */
export type KeySet = { readonly jwks: readonly Jwk[]; readonly verifying: readonly ClientKey[] }

export type ClientKeySets = {
  /**
   * The keys of a client. Where it publishes them, a kept copy serves; it is fetched again when it is old, or does not hold what is
   * wanted, though never more often than the cool-down allows, whoever asks.
   */
  readonly of: (client: Pick<ClientState, 'configuration' | 'artefact'>, holds: (set: KeySet) => boolean) => Promise<KeySet>
}

/** How long a copy is used without a look at the original: also how long a key that was taken out may still be accepted. */
const FRESH_MS = 600_000
/** How long a copy serves while the original cannot be had. */
const KEPT_MS = 86_400_000
/** Between two fetches for one client: a stranger who makes up key ids causes no more than one in this time. */
const COOL_DOWN_MS = 60_000
/** Clients whose copies are held, about 10 kB each at most. */
const CLIENTS_MAX = 10_000
/** Fetches under way for all clients together. */
const AT_ONCE_MAX = 16

const NOTHING: KeySet = { jwks: [], verifying: [] }

type Copy = {
  readonly artefact: Digest
  readonly uri: string
  readonly set: KeySet
  /** When it was fetched, and when somebody last tried; milliseconds. */
  readonly fetchedAt: number
  readonly triedAt: number
  readonly underWay?: Promise<void>
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

const readSet = (body: Uint8Array): KeySet | undefined => {
  try {
    const jwks = readPublishedKeys(parseObject(utf8.decode(body)))
    return jwks === undefined ? undefined : { jwks, verifying: jwks.flatMap(imported) }
  } catch {
    return undefined
  }
}

type Tools = { readonly documents: RemoteDocuments; readonly clock: Clock; readonly log: Log }

/** Keys of clients, those that are published elsewhere included. One for each broker. */
export const clientKeySets = ({ documents, clock, log }: Tools): ClientKeySets => {
  const copies = new Map<string, Copy>()
  let atOnce = 0

  const keep = (client: string, copy: Copy): void => keepNewest(copies, client, copy, CLIENTS_MAX)

  const fetchSet = async (uri: string): Promise<KeySet | DocumentFault | 'keys'> => {
    const got = await documents.get(uri)
    return got.ok ? (readSet(got.body) ?? 'keys') : got.fault
  }

  const fetchFor = async (client: string, begun: Omit<Copy, 'underWay'>): Promise<void> => {
    atOnce += 1
    const found = await fetchSet(begun.uri).finally(() => {
      atOnce -= 1
    })
    if (typeof found === 'string') log.warn('client_keys_not_fetched', { client, reason: found })
    else log.info('client_keys_fetched', { client, keys: found.jwks.length })
    // The registration may have changed meanwhile: then this is nobody's copy any more.
    if (copies.get(client)?.artefact !== begun.artefact) return
    keep(client, typeof found === 'string' ? begun : { ...begun, set: found, fetchedAt: millisecondsOf(clock.now()) })
  }

  const published = async (client: string, artefact: Digest, uri: string, holds: (set: KeySet) => boolean): Promise<KeySet> => {
    const never = Number.NEGATIVE_INFINITY
    const known = copies.get(client)
    const copy = known?.artefact === artefact ? known : { artefact, uri, set: NOTHING, fetchedAt: never, triedAt: never }
    const now = millisecondsOf(clock.now())
    if (now - copy.fetchedAt < FRESH_MS && holds(copy.set)) return copy.set
    if (copy.underWay !== undefined) await copy.underWay
    else if (now - copy.triedAt >= COOL_DOWN_MS && atOnce < AT_ONCE_MAX) {
      const begun = { ...copy, triedAt: now }
      const underWay = fetchFor(client, begun)
      keep(client, { ...begun, underWay })
      await underWay
    }
    const after = copies.get(client)
    const { set, fetchedAt } = after?.artefact === artefact ? after : copy
    return now - fetchedAt < KEPT_MS ? set : NOTHING
  }

  return {
    of: async ({ configuration, artefact }, holds) => {
      if (configuration === undefined || artefact === undefined) return NOTHING
      const { client_id: client, jwks, jwks_uri: uri } = configuration
      if (uri !== undefined) return published(client, artefact, uri, holds)
      copies.delete(client)
      return jwks === undefined ? NOTHING : { jwks: jwks.keys, verifying: inlineKeys(jwks.keys, artefact) }
    },
  }
}
