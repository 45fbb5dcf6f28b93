import { scryptSync } from 'node:crypto'
import { isObject, type JsonObject } from '../../../domain/json.ts'
import { readPeople } from '../../../adapters/id-system/mock/people.ts'
import { CLAIM_OF, identityOf, identityProblems, type Identity } from './identity.ts'
import { passwordHash } from './rules.ts'
import { verifiedClaims, type Done, type VerifiedClaim } from './verified-claims.ts'

const IDENTITIES_MAX = 100_000
const PARTNERS_MAX = 1000

export type Mode = 'compat' | 'strict'

export type Store = {
  readonly find: (individualId: string) => Identity | undefined
  readonly create: (given: JsonObject) => Done
  readonly update: (given: JsonObject) => Done
  readonly addVerified: (given: JsonObject) => Done
  readonly verifiedOf: (individualId: string) => readonly VerifiedClaim[]
  readonly passwordIsRight: (identity: Identity, password: string) => boolean
  readonly addPartner: (given: JsonObject) => Done
  readonly partnerKey: (partner: string) => JsonObject | undefined
}

const partnerProblem = ({ partnerId, clientId, key }: JsonObject): string | undefined => {
  if (typeof partnerId !== 'string' || partnerId === '') return 'invalid_partner_id'
  if (typeof clientId !== 'string' || clientId === '') return 'invalid_client_id'
  return typeof key === 'string' ? undefined : 'invalid_request'
}

/** Everything that this system knows, in memory: it begins with the people of the file and forgets the rest when it ends. */
export const storeOf = (options: { readonly people: string; readonly mode: Mode; readonly now: () => string }): Store => {
  const { mode, now } = options
  const identities = new Map<string, Identity>()
  const verified = verifiedClaims((id) => identities.get(id), now)
  const partners = new Map<string, JsonObject>()

  const hashed = (password: string, individualId: string): string =>
    mode === 'compat' ? passwordHash(password) : scryptSync(password, individualId, 32).toString('base64url')
  const withHash = (identity: Identity): Identity => {
    const { password, individualId } = identity
    return typeof password === 'string' ? { ...identity, password: hashed(password, String(individualId)) } : identity
  }

  const create = (given: JsonObject): Done => {
    const [problem] = identityProblems(given, false)
    const id = String(given['individualId'])
    if (problem !== undefined) return { error: problem }
    if (identities.has(id)) return { error: 'duplicate_individual_id' }
    if (identities.size >= IDENTITIES_MAX) return { error: 'unknown_error' }
    identities.set(id, withHash(given))
    return { said: { status: 'mock identity data created successfully' } }
  }

  const update = (given: JsonObject): Done => {
    const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
    const [problem] = identityProblems(present, true)
    const id = String(present['individualId'])
    const known = identities.get(id)
    if (known === undefined) return { error: 'invalid_individual_id' }
    if (problem !== undefined) return { error: problem }
    identities.set(id, { ...known, ...withHash(present) })
    return { said: { status: 'mock Identity data updated successfully' } }
  }

  for (const person of readPeople(options.people).all) {
    // Upstream knows no blocked people: one who is blocked is not there.
    if (person.blocked === true) continue
    const { uin: id } = person.ids
    if (id === undefined) continue
    identities.set(id, withHash({ ...identityOf(person), password: person.password ?? null }))
    for (const { verification, claims } of person.verified ?? [])
      for (const [field, claim] of Object.entries(CLAIM_OF))
        if (claims.includes(claim.replace(/\..*/, ''))) verified.put(id, field, { trust_framework: verification['trust_framework'] }, true)
  }

  return {
    find: (individualId) => identities.get(individualId),
    create,
    update,
    addVerified: verified.add,
    verifiedOf: verified.of,
    passwordIsRight: (identity, password) => identity['password'] === hashed(password, String(identity['individualId'])),
    addPartner: (given) => {
      const problem = partnerProblem(given)
      if (problem !== undefined) return { error: problem }
      if (partners.size < PARTNERS_MAX) partners.set(String(given['partnerId']), given)
      return { said: 'Partner data created/updated successfully' }
    },
    partnerKey: (partner) => {
      try {
        const key: unknown = JSON.parse(String(partners.get(partner)?.['key']))
        return isObject(key) ? key : undefined
      } catch {
        return undefined
      }
    },
  }
}
