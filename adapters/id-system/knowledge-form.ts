import type { FactorOffer, Json } from './plugin.ts'
import { canTakeForEver, isPattern, languages, list, object } from './schema-parts.ts'

/** The name of a question, and of an answer of its list: both stand in a page and in the names of its fields. */
const QUESTION = '[A-Za-z][A-Za-z0-9_]{0,39}'

export const formSchema: Json = object(
  {
    schema: object(
      {
        type: { const: 'object' },
        properties: {
          type: 'object',
          minProperties: 1,
          maxProperties: 12,
          propertyNames: { pattern: `^${QUESTION}$` },
          additionalProperties: object(
            { type: { const: 'string' } },
            {
              minLength: { type: 'integer', minimum: 0, maximum: 200 },
              maxLength: { type: 'integer', minimum: 1, maximum: 200 },
              pattern: { type: 'string', minLength: 1, maxLength: 300 },
              format: { const: 'date' },
              enum: list({ type: 'string', pattern: '^[A-Za-z0-9_-]{1,40}$' }, { minItems: 1, maxItems: 60 }),
            },
          ),
        },
      },
      { required: list({ type: 'string' }, { maxItems: 12 }), additionalProperties: { const: false } },
    ),
  },
  {
    titles: {
      type: 'object',
      maxProperties: 100,
      propertyNames: { pattern: `^${QUESTION}(\\.[A-Za-z0-9_-]{1,40})?$` },
      additionalProperties: languages(100),
    },
  },
)

/** A form is for knowledge and only there; what it says of its questions fits them. */
export const formContradictions = ({ factor, form }: FactorOffer): readonly string[] => {
  if ((factor === 'knowledge') !== (form !== undefined))
    return [`/factors ${factor} ${form ? 'has a form, which is for' : 'needs a form as'} knowledge`]
  if (form === undefined) return []
  const { properties, required = [] } = form.schema
  const named = Object.entries(properties).flatMap(([name, field]) => [name, ...(field.enum ?? []).map((value) => `${name}.${value}`)])
  return [
    ...required.filter((name) => !Object.hasOwn(properties, name)).map((name) => `/factors the form requires ${name}, which it has not`),
    ...Object.keys(form.titles ?? {})
      .filter((name) => !named.includes(name))
      .map((name) => `/factors the form has a title for ${name}, which it has not`),
    ...Object.entries(properties).flatMap(([name, { pattern, minLength = 0, maxLength = 200 }]) => [
      ...(pattern !== undefined && !isPattern(pattern) ? [`/factors the pattern of ${name} is no regular expression`] : []),
      ...(pattern !== undefined && canTakeForEver(pattern)
        ? [`/factors the pattern of ${name} repeats what repeats, which can take for ever to match`]
        : []),
      ...(minLength > maxLength ? [`/factors the shortest ${name} is longer than the longest`] : []),
    ]),
  ]
}
