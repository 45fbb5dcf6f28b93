import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { CHANNELS, FACTORS, wordsOf } from './description.ts'
import { ANSWER_BYTES_MAX } from './messages.ts'
import { verifiedFits, verifiedSchema } from './verified.ts'
import type {
  Json,
  NotifyAnswer,
  PluginAnswer,
  PluginDescription,
  ReleaseAnswer,
  ReleaseRequest,
  SendAnswer,
  VerifyAnswer,
  VerifyRequest,
} from './plugin.ts'

const instant: Json = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' }
const text = (maxLength: number): Json => ({ type: 'string', minLength: 1, maxLength })

const object = (required: Readonly<Record<string, Json>>, optional: Readonly<Record<string, Json>> = {}): Json => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(required),
  properties: { ...required, ...optional },
})

const answer = (value: Json): Json => ({
  oneOf: [
    object({ ok: { const: true }, value }),
    object(
      {
        ok: { const: false },
        error: {
          enum: [
            'invalid_input',
            'challenge_failed',
            'subject_denied',
            'rate_limited',
            'session_expired',
            'unsupported',
            'unavailable',
            'misconfigured',
          ],
        },
      },
      { code: { type: 'string', pattern: '^[\\x21-\\x7E]{1,64}$' } },
    ),
  ],
})

const list = (words: readonly string[]): Json => ({ type: 'array', items: { enum: words }, minItems: 1, uniqueItems: true })

/** What each call may answer, as JSON Schema. */
export const answerSchemas = {
  verify: answer(
    object(
      { subjectKey: text(256), session: text(8192), sessionExpiresAt: instant, factorsProven: list(FACTORS) },
      { pairwiseSubject: { type: 'string', pattern: '^[\\x21-\\x7E]{1,255}$' } },
    ),
  ),
  send: answer(object({ channels: list(CHANNELS), validForS: { type: 'integer', minimum: 1, maximum: 86_400 } })),
  notify: answer(object({ channels: list(CHANNELS) })),
  release: answer(object({ claims: { type: 'object', maxProperties: 64 } }, { verified: verifiedSchema })),
  resolve: answer(object({ subjectKey: text(256) })),
} as const

export type Question = keyof typeof answerSchemas

const compiled = new Map<Question, ValidateFunction>()

const validatorOf = (question: Question): ValidateFunction => {
  const known = compiled.get(question)
  if (known !== undefined) return known
  const made = new Ajv2020({ validateFormats: false }).compile(answerSchemas[question] as { readonly [key: string]: Json })
  compiled.set(question, made)
  return made
}

/** A plain copy of what the plugin answered, cut from the plugin's own objects; undefined when it is no data or too long. */
const plain = (answered: unknown): unknown => {
  try {
    const json = JSON.stringify(answered) as string | undefined
    if (json === undefined || Buffer.byteLength(json) > ANSWER_BYTES_MAX) return undefined
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** An answer that keeps to the contract's shape and size, or undefined. */
export const readAnswer = <T>(question: Question, answered: unknown): PluginAnswer<T> | undefined => {
  const copy = plain(answered)
  // The schemas are the answers' types, word for word.
  return copy !== undefined && validatorOf(question)(copy) ? (copy as PluginAnswer<T>) : undefined
}

/** Where an answer does not keep to the contract, without the values found there: for whoever writes the plugin. */
export const answerProblems = (question: Question, answered: unknown): string => {
  const copy = plain(answered)
  if (copy === undefined) return `no plain data, or more than ${ANSWER_BYTES_MAX} bytes`
  const validate = validatorOf(question)
  if (validate(copy)) return ''
  // Of the two forms of an answer, the one that it means to have.
  const { ok }: { readonly ok?: unknown } = Object(copy) as object
  const form = `#/oneOf/${ok === true ? '0' : '1'}/`
  return (validate.errors ?? [])
    .filter(({ schemaPath }) => schemaPath.startsWith(form))
    .map(wordsOf)
    .join('; ')
}

/** The factor that was asked for is proven, and none that the plugin does not have. */
export const verifyFits = ({ factorsProven }: VerifyAnswer, { factor }: VerifyRequest, { factors }: PluginDescription): boolean =>
  factorsProven.includes(factor) && factorsProven.every((proven) => factors.some((offer) => offer.factor === proven))

/** Of `send` and `notify`: only ways that are described. */
export const sendFits = ({ channels }: SendAnswer | NotifyAnswer, { channels: described }: PluginDescription): boolean =>
  channels.every((channel) => described.includes(channel))

/** Nothing but what was asked for, and as it was described. */
export const releaseFits = (
  { claims, verified }: ReleaseAnswer,
  asked: Pick<ReleaseRequest, 'claims' | 'verified'>,
  description: Pick<PluginDescription, 'verifiedClaims'>,
): boolean =>
  Object.keys(claims).every((claim) => asked.claims.includes(claim)) &&
  (verified === undefined || verifiedFits(verified, asked.verified ?? [], description))
