import { FACTORS, ID_TYPES, problemsWith } from '../description.ts'
import type { Factor, IndividualId, Json } from '../plugin.ts'
import { list, object } from '../schema-parts.ts'

export type PersonFixture = {
  readonly id: IndividualId
  /** Other identifiers of the same person. */
  readonly aliases?: readonly IndividualId[]
  /** What the person would type, for each factor but `otp`. */
  readonly proofs: Readonly<Partial<Record<Factor, string>>>
  /** Claims that this person has. */
  readonly claims: readonly string[]
}

/** People of the ID system who exist for tests. */
export type Fixtures = {
  readonly valid: PersonFixture
  readonly second: PersonFixture
  readonly blocked?: PersonFixture
  /** Of the right form, and nobody's. */
  readonly unknown: IndividualId
  /** Of the right form, and wrong for everybody, for each factor. */
  readonly wrong: Readonly<Partial<Record<Factor, string>>>
  /** Factors that these fixtures cannot prove. Every other one that is described must work. */
  readonly untested?: readonly Factor[]
  /** False where the ID system cannot say whether a proof is wrong or a person unknown: then both are `challenge_failed`. */
  readonly tellsUnknown?: boolean
}

/** What only the author can do: read codes that were sent, make the ID system fail or slow, and let its time pass. */
export const ABILITIES = ['codes', 'outage', 'slow', 'time'] as const

export type Ability = (typeof ABILITIES)[number]

export type FixtureFile = Fixtures & {
  /** A program that is started with an ability, its argument, and the plugin's folder. */
  readonly helper?: { readonly program: readonly string[]; readonly can: readonly Ability[] }
}

/** Characters of a proof: what a reader takes is the longest. */
const PROOF_CHARS_MAX = 500_000

const text = (maxLength: number): Json => ({ type: 'string', minLength: 1, maxLength })
const id = object({ type: { enum: ID_TYPES }, value: text(320) })
const proofs: Json = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(FACTORS.map((factor) => [factor, text(PROOF_CHARS_MAX)])),
}
const claims = list({ type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' }, { maxItems: 64 })
const person = object({ id, proofs, claims }, { aliases: list(id, { maxItems: 10 }) })

const fixturesSchema = object(
  { valid: person, second: person, unknown: id, wrong: proofs },
  {
    description: text(2000),
    blocked: person,
    tellsUnknown: { type: 'boolean' },
    untested: list({ enum: FACTORS }, { maxItems: FACTORS.length }),
    helper: object({
      program: { type: 'array', items: text(4096), minItems: 1, maxItems: 20 },
      can: list({ enum: ABILITIES }, { maxItems: ABILITIES.length }),
    }),
  },
)

export type ReadFixtures =
  { readonly ok: true; readonly fixtures: FixtureFile } | { readonly ok: false; readonly problems: readonly string[] }

/** What stands in a fixture file, or what is wrong with it, without the values found there. */
export const readFixtures = (content: unknown): ReadFixtures => {
  const problems = problemsWith(fixturesSchema, content)
  // The schema above is this type, word for word.
  return problems.length === 0 ? { ok: true, fixtures: content as FixtureFile } : { ok: false, problems }
}
