import { field, type Request } from './reply.ts'
import { foldDigits } from '../people.ts'
import { ANSWER_CHARS_MAX, isNeeded, type AnswerProblem, type Answers } from '../../domain/knowledge.ts'
import type { KnowledgeField, KnowledgeForm, LanguageText } from '../../domain/ports.ts'
import type { Question } from '../ui/views.ts'

/** What was typed into a form that is shown again, and what is wrong with it. */
export type Shown = {
  readonly fields: Readonly<Record<string, string>>
  readonly problems: Readonly<Record<string, AnswerProblem>>
}

const PARTS = ['year', 'month', 'day'] as const

const number = (text: string, digits: number): string => foldDigits(text).trim().padStart(digits, '0')

/** `1987`, `3`, `7` as a date; whatever is missing or wrong in it stays for the form's own check to see. */
const dateFrom = (fields: Readonly<Record<string, string>>, name: string): string => {
  const [year = '', month = '', day = ''] = PARTS.map((part) => fields[`answer.${name}.${part}`] ?? '')
  return `${year}${month}${day}` === '' ? '' : `${number(year, 4)}-${number(month, 2)}-${number(day, 2)}`
}

/** The fields of the form as they were posted, and the answers that they make. */
export const typedAnswers = (
  { schema }: KnowledgeForm,
  request: Pick<Request, 'form'>,
): { readonly fields: Readonly<Record<string, string>>; readonly answers: Answers } => {
  const questions = Object.entries(schema.properties)
  const names = questions.flatMap(([name, { format }]) =>
    format === 'date' ? PARTS.map((part) => `answer.${name}.${part}`) : [`answer.${name}`],
  )
  const fields = Object.fromEntries(names.map((name) => [name, field(request, name) ?? '']))
  const answers = questions.map(([name, { format }]) => [
    name,
    format === 'date' ? dateFrom(fields, name) : (fields[`answer.${name}`] ?? ''),
  ])
  return { fields, answers: Object.fromEntries(answers) as Answers }
}

const kindOf = ({ format, enum: values }: KnowledgeField): Question['kind'] =>
  values !== undefined ? 'list' : format === 'date' ? 'date' : 'text'

/** The questions in the language of the page, else in English, else by their names. */
export const questionsOf = (form: KnowledgeForm, language: string, shown: Shown | undefined): readonly Question[] => {
  const textOf = (titles: LanguageText | undefined, name: string): string => titles?.[language] ?? titles?.['en'] ?? name
  return Object.entries(form.schema.properties).map(([name, property]) => {
    const problem = shown?.problems[name]
    const options = property.enum?.map((value) => ({ value, title: textOf(form.titles?.[`${name}.${value}`], value) }))
    return {
      name,
      title: textOf(form.titles?.[name], name),
      kind: kindOf(property),
      ...(options !== undefined && { options }),
      needed: isNeeded(form, name),
      lengthMax: property.maxLength ?? ANSWER_CHARS_MAX,
      ...(problem !== undefined && { problem }),
    }
  })
}
