import type { FactorOffer, Json, KnowledgeField, KnowledgeForm, LanguageText } from './plugin.ts'
import { languages } from './schema-parts.ts'
import { membersOf, textOf } from './wire.ts'

/** How an ID system writes a date; people's answers come as `yyyy-mm-dd`. */
export type DateFormat = 'yyyy-mm-dd' | 'yyyy/mm/dd' | 'dd/mm/yyyy' | 'dd-mm-yyyy' | 'mm/dd/yyyy'

const DATE_FORMATS: readonly DateFormat[] = ['yyyy-mm-dd', 'yyyy/mm/dd', 'dd/mm/yyyy', 'dd-mm-yyyy', 'mm/dd/yyyy']

/** One of the things that an ID system compares, as eSignet's `field-details` has it. */
export type AskedField = {
  readonly id: string
  readonly type: 'text' | 'date'
  /** Of a date. */
  readonly format?: DateFormat
  readonly titles: LanguageText
  readonly lengthMax?: number
  readonly pattern?: string
}

/** What the answers to a form may be together. */
export const KNOWLEDGE_FORMAT: FactorOffer['format'] = { kind: 'text', lengthMin: 2, lengthMax: 3000 }

const LENGTH_MAX = 100

/** A setting: what a person is asked, in the order in which the page asks. */
export const fieldsSetting = (description: string, initial?: readonly AskedField[]): Json => ({
  type: 'array',
  minItems: 1,
  maxItems: 12,
  description,
  ...(initial !== undefined && { default: initial as unknown as Json }),
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'titles'],
    properties: {
      id: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_]{0,39}$', description: 'The name that the ID system has for it.' },
      type: { enum: ['text', 'date'], default: 'text' },
      format: { enum: DATE_FORMATS, description: 'Of a date: how the ID system writes it. Absent: yyyy-mm-dd.' },
      titles: languages(100),
      lengthMax: { type: 'integer', minimum: 1, maximum: 200, default: LENGTH_MAX },
      pattern: { type: 'string', minLength: 1, maxLength: 300, description: 'What a text looks like, as a regular expression.' },
    },
  },
})

const fieldOf = ({ type, lengthMax = LENGTH_MAX, pattern }: AskedField): KnowledgeField =>
  type === 'date'
    ? { type: 'string', format: 'date' }
    : { type: 'string', minLength: 1, maxLength: lengthMax, ...(pattern !== undefined && { pattern }) }

export const formOf = (fields: readonly AskedField[]): KnowledgeForm => ({
  schema: {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.id, fieldOf(field)])),
    required: fields.map(({ id }) => id),
    additionalProperties: false,
  },
  titles: Object.fromEntries(fields.map(({ id, titles }) => [id, titles])),
})

const PARTS = ['yyyy', 'mm', 'dd'] as const

/** A date as the ID system writes it. */
export const writtenDate = (date: string, format: DateFormat = 'yyyy-mm-dd'): string => {
  const parts = date.split('-')
  return PARTS.reduce((text: string, part, index) => text.replace(part, parts[index] ?? ''), format)
}

/** A date of the ID system as `yyyy-mm-dd`, or undefined where it is none. */
export const readDate = (text: string, format: DateFormat = 'yyyy-mm-dd'): string | undefined => {
  if (text.length !== format.length || !/^\d+$/.test(text.replace(/[-/]/g, ''))) return undefined
  return PARTS.map((part) => text.slice(format.indexOf(part), format.indexOf(part) + part.length)).join('-')
}

/** The answers of a proof as the ID system writes them; undefined where one is missing or is no text. */
export const answersTo = (fields: readonly AskedField[], proof: string): Readonly<Record<string, string>> | undefined => {
  const given = membersOf(proof)
  const answers = fields.map(({ id, type, format }) => {
    const answer = given !== undefined && Object.hasOwn(given, id) ? textOf(given[id]) : undefined
    return [id, type === 'date' && answer !== undefined ? writtenDate(answer, format) : answer] as const
  })
  const told = answers.filter((entry): entry is readonly [string, string] => entry[1] !== undefined)
  return told.length === fields.length ? Object.fromEntries(told) : undefined
}
