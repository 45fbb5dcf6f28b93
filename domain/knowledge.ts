import { canonical } from './canonical.ts'
import type { KnowledgeField, KnowledgeForm } from './ports.ts'

/** What was typed, by question; a date as `YYYY-MM-DD`. */
export type Answers = Readonly<Record<string, string>>

export type AnswerProblem = 'empty' | 'malformed'

export type ReadAnswers =
  { readonly ok: true; readonly proof: string } | { readonly ok: false; readonly problems: Readonly<Record<string, AnswerProblem>> }

/** Characters of an answer where the form sets no limit. */
export const ANSWER_CHARS_MAX = 200

/** Marks of direction and width that a keyboard or a copied text leaves. Joiners stay: some scripts need them. */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu

const clean = (text: string): string => text.normalize('NFC').replace(INVISIBLE, '').replace(/\s+/gu, ' ').trim()

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const daysIn = (year: number, month: number): number => {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0)
}

const isDate = (text: string): boolean => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (parts === null) return false
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number)
  return year >= 1000 && day >= 1 && day <= daysIn(year, month)
}

const fits = (text: string, { minLength = 0, maxLength = ANSWER_CHARS_MAX, pattern, format, enum: values }: KnowledgeField): boolean => {
  const length = Array.from(text).length
  if (length < minLength || length > maxLength) return false
  if (values !== undefined && !values.includes(text)) return false
  if (format === 'date' && !isDate(text)) return false
  // The whole value, as the contract says; a form whose pattern is none is refused when it is loaded.
  return pattern === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(text)
}

export const isNeeded = ({ schema }: KnowledgeForm, name: string): boolean => schema.required?.includes(name) ?? true

/** The answers as the proof that the ID system is handed, or what is wrong with each. What the form does not ask is left out. */
export const readAnswers = (form: KnowledgeForm, given: Answers): ReadAnswers => {
  const problems: Record<string, AnswerProblem> = {}
  const answers: Record<string, string> = {}
  for (const [name, field] of Object.entries(form.schema.properties)) {
    const text = clean(given[name] ?? '')
    if (text === '') {
      if (isNeeded(form, name)) problems[name] = 'empty'
    } else if (fits(text, field)) answers[name] = text
    else problems[name] = 'malformed'
  }
  return Object.keys(problems).length > 0 ? { ok: false, problems } : { ok: true, proof: canonical(answers) }
}
