import { readFileSync, statSync } from 'node:fs'
import { Fault } from '../../../domain/ports.ts'
import { problemsWith } from '../description.ts'
import type { ClaimValue, IdType, IndividualId, Json, VerifiedFacts } from '../plugin.ts'

const PEOPLE_MAX = 100_000
const FILE_BYTES_MAX = 64 * 1024 * 1024

export const ID_TYPES = [
  { type: 'uin', pattern: '^[1-9][0-9]{9}$', lengthMax: 10 },
  { type: 'vid', pattern: '^[1-9][0-9]{15}$', lengthMax: 16 },
  { type: 'phone', pattern: '^\\+[1-9][0-9]{7,14}$', lengthMax: 16 },
  { type: 'email', pattern: '^[^\\s@]{1,64}@[^\\s@]{1,255}$', lengthMax: 320 },
] as const satisfies readonly { readonly type: IdType; readonly pattern: string; readonly lengthMax: number }[]

export type MockPerson = {
  /** The ID system's own number of the person, in no way made of an identifier: their subject key. */
  readonly record: string
  readonly ids: Readonly<Partial<Record<IdType, string>>>
  readonly pin?: string
  readonly password?: string
  /** What the simulated templates of this person are made of (`template.ts`). */
  readonly biometrics?: string
  readonly blocked?: boolean
  readonly claims: Readonly<Record<string, ClaimValue>>
  /** How this person was verified, best first, and which of the claims that covers. */
  readonly verified?: readonly { readonly verification: VerifiedFacts['verification']; readonly claims: readonly string[] }[]
}

export type People = {
  readonly all: readonly MockPerson[]
  readonly byId: (id: IndividualId) => MockPerson | undefined
  readonly byRecord: (record: string) => MockPerson | undefined
}

const text = (pattern: string): Json => ({ type: 'string', pattern })

const peopleSchema: Json = {
  type: 'object',
  additionalProperties: false,
  required: ['people'],
  properties: {
    description: { type: 'string' },
    people: {
      type: 'array',
      maxItems: PEOPLE_MAX,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['record', 'ids', 'claims'],
        properties: {
          record: text('^[a-z0-9]{16,64}$'),
          ids: {
            type: 'object',
            additionalProperties: false,
            required: ['uin'],
            properties: Object.fromEntries(ID_TYPES.map(({ type, pattern }) => [type, text(pattern)])),
          },
          pin: text('^[0-9]{6}$'),
          password: text('^.{8,30}$'),
          biometrics: text('^[a-z0-9]{16,64}$'),
          blocked: { type: 'boolean' },
          claims: { type: 'object', maxProperties: 64 },
          verified: {
            type: 'array',
            maxItems: 8,
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['verification', 'claims'],
              properties: {
                verification: { type: 'object' },
                claims: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 64, uniqueItems: true },
              },
            },
          },
        },
      },
    },
  },
}

const read = (path: string): { readonly people: readonly MockPerson[] } => {
  const refuse = (problem: string): Fault => new Fault('invalid', `the people file ${path} ${problem}`)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw refuse('is not there')
  if (stat.size > FILE_BYTES_MAX) throw refuse(`is over ${FILE_BYTES_MAX} bytes`)
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw refuse('is not JSON')
  }
  const problems = problemsWith(peopleSchema, parsed)
  if (problems.length > 0) throw refuse(`does not fit: ${problems.join('; ')}`)
  // The schema above is this type, word for word.
  return parsed as { readonly people: readonly MockPerson[] }
}

const nameOf = ({ type, value }: IndividualId): string => `${type}:${value}`

/** The people whom the mock knows. Throws Fault `invalid` with what is wrong with the file. */
export const readPeople = (path: string): People => {
  const byName = new Map<string, MockPerson>()
  const byRecord = new Map<string, MockPerson>()
  const { people } = read(path)
  for (const person of people) {
    const names = ID_TYPES.flatMap(({ type }) => (person.ids[type] === undefined ? [] : [nameOf({ type, value: person.ids[type] })]))
    if (byRecord.has(person.record) || names.some((name) => byName.has(name)))
      throw new Fault('invalid', `the people file ${path} has a record or an identifier twice`)
    byRecord.set(person.record, person)
    for (const name of names) byName.set(name, person)
  }
  return { all: people, byId: (id) => byName.get(nameOf(id)), byRecord: (record) => byRecord.get(record) }
}
