import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { Channel, EvidenceType, Factor, IdType, Json, Modality, PluginDescription } from './plugin.ts'
import { formContradictions, formSchema } from './knowledge-form.ts'
import { canTakeForEver, isPattern, languages, list, object } from './schema-parts.ts'

/** Beyond this many a list of problems helps nobody. */
const PROBLEMS_MAX = 20

export const FACTORS: readonly Factor[] = ['otp', 'pin', 'password', 'biometrics', 'knowledge', 'wallet']
export const CHANNELS: readonly Channel[] = ['sms', 'email', 'app']
const MODALITIES: readonly Modality[] = ['Face', 'Finger', 'Iris']
const EVIDENCE: readonly EvidenceType[] = ['document', 'electronic_record', 'vouch', 'electronic_signature']
export const ID_TYPES: readonly IdType[] = ['uin', 'vid', 'phone', 'email', 'handle']

const word = (lengthMax: number): Json => ({ type: 'string', pattern: `^[\\x21-\\x7E]{1,${lengthMax}}$` })

const verifiedSchema = object({
  trustFrameworks: list(
    object({
      id: word(200),
      name: languages(100),
    }),
    { minItems: 1, maxItems: 20 },
  ),
  claims: list({ type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' }, { minItems: 1, maxItems: 64 }),
  evidence: list({ enum: EVIDENCE }, { maxItems: 4 }),
  documents: list(word(100), { maxItems: 50 }),
  documentCheckMethods: list(word(100), { maxItems: 50 }),
  electronicRecords: list(word(100), { maxItems: 50 }),
})

const demandsSchema = object(
  {},
  Object.fromEntries(
    MODALITIES.map((modality) => [
      modality,
      object({
        // A person has one face.
        count: { type: 'integer', minimum: 1, maximum: modality === 'Face' ? 1 : modality === 'Iris' ? 2 : 10 },
        scoreMin: { type: 'integer', minimum: 0, maximum: 100 },
      }),
    ]),
  ),
)

const describedMembers: Readonly<Record<string, Json>> = {
  id: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,39}$' },
  version: { type: 'string', pattern: '^[0-9A-Za-z.+-]{1,40}$' },
  api: { const: 1 },
  factors: list(
    object(
      {
        factor: { enum: FACTORS },
        format: object({
          kind: { enum: ['digits', 'text'] },
          lengthMin: { type: 'integer', minimum: 1, maximum: 500_000 },
          lengthMax: { type: 'integer', minimum: 1, maximum: 500_000 },
        }),
      },
      {
        validForS: { type: 'integer', minimum: 30, maximum: 600 },
        modalities: list({ enum: MODALITIES }, { minItems: 1, maxItems: 3 }),
        demands: demandsSchema,
        form: formSchema,
      },
    ),
    { minItems: 1, maxItems: 6 },
  ),
  channels: list({ enum: CHANNELS }, { maxItems: 3 }),
  idTypes: list(
    object({
      type: { enum: ID_TYPES },
      pattern: { type: 'string', minLength: 1, maxLength: 300 },
      lengthMax: { type: 'integer', minimum: 1, maximum: 320 },
    }),
    { minItems: 1, maxItems: 5 },
  ),
  claims: list({ type: 'string', pattern: '^[a-z][a-z0-9_]{0,63}$' }, { maxItems: 64 }),
  sessionSingleUse: { type: 'boolean' },
  sessionLifetimeS: { type: 'integer', minimum: 10, maximum: 86_400 },
}

/** What a plugin may say of itself, as JSON Schema. */
export const descriptionSchema = object(describedMembers, { verifiedClaims: verifiedSchema })

/** Where and why, never the value found there: settings hold secrets. */
export const wordsOf = ({ instancePath, message = 'is wrong', params }: ErrorObject): string => {
  const extra: unknown = (params as Readonly<Record<string, unknown>>)['additionalProperty']
  return `${instancePath === '' ? '/' : instancePath} ${message}${typeof extra === 'string' ? ` (${extra.slice(0, 64)})` : ''}`
}

const ajv = (): Ajv2020 => new Ajv2020({ allErrors: true, strict: false, validateFormats: false, useDefaults: true })

/** What is wrong with a value, all at once. Defaults of the schema are filled into `value`. */
export const problemsWith = (schema: Json, value: unknown): readonly string[] => {
  const validate = ajv().compile(schema as { readonly [key: string]: Json })
  if (validate(value)) return []
  return (validate.errors ?? []).slice(0, PROBLEMS_MAX).map(wordsOf)
}

const repeated = (words: readonly string[]): readonly string[] => words.filter((word, index) => words.indexOf(word) !== index)

/** Identity Assurance 1.0, OP metadata: the kinds of documents and records are named where these are evidence, and only there. */
const verifiedContradictions = ({ claims, verifiedClaims: verified }: PluginDescription): readonly string[] => {
  if (verified === undefined) return []
  const ids = verified.trustFrameworks.map(({ id }) => id)
  const named = (type: EvidenceType, kinds: readonly string[]): boolean => verified.evidence.includes(type) === kinds.length > 0
  return [
    ...repeated(ids).map((id) => `/verifiedClaims/trustFrameworks has ${id} twice`),
    ...verified.claims
      .filter((claim) => !claims.includes(claim))
      .map((claim) => `/verifiedClaims/claims has ${claim}, which /claims has not`),
    ...(named('document', verified.documents)
      ? []
      : ['/verifiedClaims/documents must be there for the evidence document, and only for it']),
    ...(named('electronic_record', verified.electronicRecords)
      ? []
      : ['/verifiedClaims/electronicRecords must be there for the evidence electronic_record, and only for it']),
    ...(verified.documentCheckMethods.length > 0 && !verified.evidence.includes('document')
      ? ['/verifiedClaims/documentCheckMethods is for the evidence document']
      : []),
  ]
}

/** What a schema cannot say about a description. */
const contradictions = (description: PluginDescription): readonly string[] => [
  ...verifiedContradictions(description),
  ...(description.claims.includes('verified_claims') ? ['/claims has verified_claims, which verifiedClaims describes'] : []),
  ...proofContradictions(description),
]

const proofContradictions = ({ factors, channels, idTypes }: PluginDescription): readonly string[] => [
  ...repeated(factors.map(({ factor }) => factor)).map((factor) => `/factors offers ${factor} twice`),
  ...factors.flatMap(formContradictions),
  ...factors
    .filter(({ format }) => format.lengthMin > format.lengthMax)
    .map(({ factor }) => `/factors the shortest ${factor} is longer than the longest`),
  ...factors
    .filter(({ factor, modalities }) => (factor === 'biometrics') !== (modalities !== undefined))
    .map(({ factor }) => `/factors ${factor} must have modalities if it is biometrics, and only then`),
  ...factors
    .filter(({ modalities = [], demands = {} }) => MODALITIES.some((name) => demands[name] !== undefined && !modalities.includes(name)))
    .map(({ factor }) => `/factors the demands of ${factor} name a modality that it does not have`),
  ...(factors.some(({ factor }) => factor === 'otp') && channels.length === 0 ? ['/channels is empty, so no otp can be sent'] : []),
  ...repeated(idTypes.map(({ type }) => type)).map((type) => `/idTypes has ${type} twice`),
  ...idTypes.filter(({ pattern }) => !isPattern(pattern)).map(({ type }) => `/idTypes the pattern of ${type} is no regular expression`),
  ...idTypes
    .filter(({ pattern }) => canTakeForEver(pattern))
    .map(({ type }) => `/idTypes the pattern of ${type} repeats what repeats, which can take for ever to match`),
]

export type Described =
  { readonly ok: true; readonly description: PluginDescription } | { readonly ok: false; readonly problems: readonly string[] }

/** Checks what `describe()` answered. */
export const readDescription = (described: unknown): Described => {
  const problems = problemsWith(descriptionSchema, described)
  if (problems.length > 0) return { ok: false, problems: problems.map((problem) => `describe() ${problem}`) }
  // The schema above is this type, word for word.
  const description = structuredClone(described) as PluginDescription
  const more = contradictions(description)
  return more.length === 0 ? { ok: true, description } : { ok: false, problems: more.map((problem) => `describe() ${problem}`) }
}

const isFunction = (value: unknown): boolean => typeof value === 'function'

/** What an open plugin lacks of what it described. */
export const capabilityProblems = (system: object, { factors, claims }: PluginDescription): readonly string[] => {
  const member = (name: string): unknown => Reflect.get(system, name)
  const needs = (name: string, when: boolean, why: string): readonly string[] =>
    when && !isFunction(member(name)) ? [`open() answers no ${name}(), but ${why}`] : []
  const on = member('on') ?? {}
  const handlers: readonly (readonly [string, unknown])[] = typeof on === 'object' ? Object.entries(on) : [['', undefined]]
  return [
    ...needs('verify', true, 'it describes factors'),
    ...needs(
      'send',
      factors.some(({ factor }) => factor === 'otp'),
      'it describes otp',
    ),
    ...needs('release', claims.length > 0, 'it describes claims'),
    ...needs('health', true, 'each plugin has one'),
    ...needs('close', true, 'each plugin has one'),
    ...needs('resolve', member('resolve') !== undefined, 'something else by that name'),
    ...needs('notify', member('notify') !== undefined, 'something else by that name'),
    ...(handlers.every(([type, handler]) => /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(type) && isFunction(handler))
      ? []
      : ['open() answers an `on` that is not event types and functions']),
  ]
}
