import { fapiProblems, type Completed } from '../client-registration.ts'
import type { Jwk } from '../crypto/client-keys.ts'
import { thumbprint } from '../crypto/dpop.ts'
import { readKeySource, type KeySource } from './key-source.ts'
import { isObject } from '../../domain/json.ts'
import { checkClient } from '../../schemas/check.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

/** What an operator wants done with a relying party's keys. A document is one key (JWK) or a set (JWKS). */
export type KeyChange =
  | { readonly kind: 'add'; readonly document: unknown }
  | { readonly kind: 'set'; readonly document: unknown }
  | { readonly kind: 'publish'; readonly uri: string }
  | { readonly kind: 'remove'; readonly key: string }

/** How an operator names a key: by its `kid`, or by its thumbprint (RFC 7638). */
export const keyNames = (key: Jwk): readonly string[] => [...(key.kid === undefined ? [] : [key.kid]), thumbprint(key)]

const no = (problem: string): Completed => ({ ok: false, problems: [problem] })

/** The keys of a document; what is neither a key nor a set is left for the check to refuse. */
const keysIn = (document: unknown): readonly unknown[] =>
  isObject(document) && Array.isArray(document['keys']) ? document['keys'] : [document]

/**
 * A configuration with other keys. Only what concerns keys is checked: what else may be wrong with a registration by now must not
 * stand in the way of taking a stolen key out.
 */
const withSource = (current: ClientConfiguration, source: { readonly [member in keyof KeySource]?: unknown }): Completed => {
  const { jwks: _jwks, jwks_uri: _uri, ...others } = current
  const changed = { ...others, ...source }
  const read = readKeySource(changed)
  const problems = [...read.problems, ...(current.profile === 'fapi2' ? fapiProblems(changed) : [])]
  if (problems.length > 0) return { ok: false, problems }
  const checked = checkClient({ ...others, ...read.source })
  return checked.ok ? { ok: true, configuration: checked.value } : checked
}

const published = ({ client_id: client, jwks_uri: uri }: ClientConfiguration): Completed =>
  no(`the keys of ${client} are published at ${String(uri)}: change them there, or replace them with: esignet client keys set`)

export const changeKeys = (current: ClientConfiguration, change: KeyChange): Completed => {
  if (change.kind === 'publish') return withSource(current, { jwks_uri: change.uri })
  if (change.kind === 'set') return withSource(current, { jwks: { keys: keysIn(change.document) } })
  if (current.jwks === undefined) return published(current)
  const { keys } = current.jwks
  if (change.kind === 'add') return withSource(current, { jwks: { keys: [...keys, ...keysIn(change.document)] } })
  const rest = keys.filter((key) => !keyNames(key).includes(change.key))
  if (rest.length === keys.length)
    return no(`there is no key ${change.key.slice(0, 64)}; see: esignet client keys list ${current.client_id}`)
  if (rest.length === 0) return no('it is the only key: add its successor first, or deactivate the relying party')
  return withSource(current, { jwks: { keys: rest } })
}
