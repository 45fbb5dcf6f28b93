import { isObject, parseObject } from '../../domain/json.ts'
import type { Json } from '../../domain/ports.ts'
import { standIn, type Said, type StandIn } from './stand-in.ts'

export type Policy = Readonly<Record<string, Json>> & { readonly osid: string }

/** People of an insurance register, as a Sunbird RC keeps them. */
export const ASHA: Policy = {
  osid: '1-b4907dc2-d3a8-49dc-a933-2b473bdd2ddb',
  policyNumber: 'P4711',
  fullName: 'Asha Nakamura-Oyelaran',
  dob: '09/04/1979',
  email: 'asha.nakamura@post.almaria.example',
  mobile: '+999205558801',
  gender: 'Female',
  home: { town: 'Kestrel Bay', address: { locality: 'Kestrel Bay', postal_code: '20077', osid: '1-home' } },
}
export const BRUNO: Policy = {
  osid: '1-0f1c7a55-2a0b-4a35-9f0d-8d0f4b8f3a10',
  policyNumber: 'P4712',
  fullName: 'Bruno Ekström',
  dob: '30/12/1990',
  email: 'bruno.ekstrom@post.almaria.example',
}

export type Registry = Pick<StandIn, 'url' | 'setFaults' | 'calls' | 'close'> & {
  /** What a plugin needs to be set to. */
  readonly settings: { readonly [key: string]: Json }
  /** What was asked, newest last. */
  readonly searches: () => readonly unknown[]
  readonly remove: (osid: string) => void
}

export type RegistryOptions = {
  /** Filters that it does not know, and leaves out. */
  readonly unknownFilters?: readonly string[]
  /** Members that it does not show to whoever searches. */
  readonly hidden?: readonly string[]
  /** Lists come wrapped, with their length. */
  readonly wrapped?: boolean
}

const BASE = '/api/v1/Insurance'

/** A stand-in for a Sunbird RC registry: it finds what equals every filter that it knows, and tells one record by its id. */
export const standInRegistry = async (people: readonly Policy[] = [ASHA, BRUNO], options: RegistryOptions = {}): Promise<Registry> => {
  const { unknownFilters = [], hidden = [], wrapped = false } = options
  let records = people
  const searches: unknown[] = []

  const equals = (record: Policy, field: string, filter: unknown): boolean =>
    unknownFilters.includes(field) || (isObject(filter) && typeof filter['eq'] === 'string' && record[field] === filter['eq'])

  const search = (body: Buffer): Said => {
    const asked = parseObject(body.toString()) ?? {}
    const { offset, limit, filters } = asked
    searches.push(asked)
    if (!isObject(filters) || typeof offset !== 'number' || typeof limit !== 'number') return { status: 400, body: '' }
    const found = records.filter((record) => Object.entries(filters).every(([field, filter]) => equals(record, field, filter)))
    const shown = found
      .slice(offset, offset + limit)
      .map((record) => Object.fromEntries(Object.entries(record).filter(([member]) => !hidden.includes(member))))
    return { body: wrapped ? { totalCount: found.length, data: shown } : shown }
  }

  const system = await standIn(({ method, path, body }) => {
    if (method === 'POST' && path === `${BASE}/search`) return search(body)
    const record = records.find(({ osid }) => path === `${BASE}/${osid}`)
    return method === 'GET' && record !== undefined ? { body: record } : { status: 404, body: '' }
  })
  return {
    ...system,
    settings: {
      searchUrl: `${system.url}${BASE}/search`,
      entityUrl: `${system.url}${BASE}/`,
      allowLoopbackHttp: true,
      questions: [
        { id: 'fullName', titles: { en: 'Full name', fr: 'Nom complet' } },
        { id: 'dob', type: 'date', format: 'dd/mm/yyyy', titles: { en: 'Date of birth' } },
      ],
    },
    searches: () => searches,
    remove: (osid) => {
      records = records.filter((record) => record.osid !== osid)
    },
  }
}
