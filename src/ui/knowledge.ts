import { attribute, bdi, type Html, html, type Part, raw } from './html.ts'
import { layout } from './layout.ts'
import { also, backLink, continueButton, csrfField, idLine, limitForm, problemSummary, provenNote, tell, to, wrong } from './parts.ts'
import type { Frame, KnowledgeView, Page, Question } from './views.ts'
import { type Words, wordsOf } from './words.ts'

const PARTS = ['day', 'month', 'year'] as const

const fieldOf = ({ name }: Question): string => `answer.${name}`

/** The first field of a question: where a link to it leads. */
const firstOf = (question: Question): string => (question.kind === 'date' ? `${fieldOf(question)}.day` : fieldOf(question))

/** Purposes of WCAG 2.2 1.3.5, for questions whose names say them. */
const PURPOSES: Readonly<Record<string, string>> = {
  name: 'name',
  full_name: 'name',
  fullName: 'name',
  email: 'email',
  phone: 'tel',
  mobile: 'tel',
}

const problemOf = ({ problem, title, kind }: Question, { say }: Words): Html | undefined => {
  if (problem === undefined) return undefined
  if (problem === 'empty') return say('knowledge.empty', { question: title })
  return say(kind === 'date' ? 'knowledge.date' : 'knowledge.malformed', { question: title })
}

type Asked = { readonly question: Question; readonly view: KnowledgeView; readonly words: Words }

const described = (question: Question, hint: boolean): Html => {
  const ids = [hint && `${fieldOf(question)}-hint`, question.problem !== undefined && `${fieldOf(question)}-wrong`].filter(Boolean)
  return html`${question.problem && attribute('aria-invalid', 'true')}${ids.length > 0 && attribute('aria-describedby', ids.join(' '))}`
}

/** Day, month and year as three plain fields: no picker, no script, and any old telephone can do it. */
const dateField = ({ question, view, words }: Asked): Html => {
  const field = fieldOf(question)
  const { say } = words
  return html`<fieldset class="date">
    <legend>${bdi(question.title)}${!question.needed && [' ', say('knowledge.optional')]}</legend>
    <p class="hint" id="${field}-hint">${say('knowledge.date.hint')}</p>
    <div class="date-parts">
      ${PARTS.map(
        (part) =>
          html`<div>
            <label for="${field}.${part}">${say(`knowledge.${part}`)}</label>
            <input
              class="in"
              id="${field}.${part}"
              name="${field}.${part}"
              type="text"
              dir="ltr"
              inputmode="numeric"
              autocomplete="off"
              maxlength="${part === 'year' ? 4 : 2}"
              size="${part === 'year' ? 4 : 2}"
              value="${view.typed[`${field}.${part}`] ?? ''}"
              ${described(question, true)}${attribute('required', question.needed)}
            />
          </div>`,
      )}
    </div>
  </fieldset>`
}

const label = ({ question, words }: Asked): Html =>
  html`<label for="${fieldOf(question)}">${bdi(question.title)}${!question.needed && [' ', words.say('knowledge.optional')]}</label>`

const listField = (asked: Asked): Html => {
  const { question, view, words } = asked
  const field = fieldOf(question)
  return html`${label(asked)}
    <select class="in" id="${field}" name="${field}" ${described(question, false)}${attribute('required', question.needed)}>
      <option value="">${words.say('knowledge.choose')}</option>
      ${question.options?.map(
        ({ value, title }) => html`<option value="${value}" ${attribute('selected', view.typed[field] === value)}>${title}</option>`,
      )}
    </select>`
}

const textField = (asked: Asked): Html => {
  const { question, view } = asked
  const field = fieldOf(question)
  return html`${label(asked)}
    <input
      class="in wide"
      id="${field}"
      name="${field}"
      type="text"
      dir="auto"
      autocomplete="${PURPOSES[question.name] ?? 'off'}"
      spellcheck="false"
      maxlength="${question.lengthMax}"
      value="${view.typed[field] ?? ''}"
      ${described(question, false)}${attribute('required', question.needed)}
    />`
}

const FIELDS = { text: textField, date: dateField, list: listField } as const

const questionField = (asked: Asked): Part => {
  const { question, words } = asked
  const problem = problemOf(question, words)
  return html`<div class="field${raw(problem === undefined ? '' : ' bad')}">
    ${FIELDS[question.kind](asked)}${problem && wrong(fieldOf(question), problem)}
  </div>`
}

const summaryOf = (view: KnowledgeView, words: Words): Part => {
  if (view.problem === undefined) return false
  const texts = { empty: 'problem.empty', malformed: 'problem.malformed', again: 'knowledge.again', wrong: 'knowledge.wrong' } as const
  const told = tell(view.problem, words, texts)
  const bad = view.questions.flatMap((question) => {
    const text = problemOf(question, words)
    return text === undefined ? [] : [{ field: firstOf(question), text }]
  })
  const [first] = view.questions
  const again = told.atField !== undefined && first !== undefined ? [{ field: firstOf(first), text: told.atField }] : []
  return problemSummary(told.title, told.text, bad.length > 0 ? bad : again)
}

/** Questions that the ID system asks, in its words; how they look and what is wrong with an answer is ours. */
export const knowledgePage: Page<KnowledgeView> = (frame: Frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  return layout(frame, words, {
    title: line('knowledge.title'),
    hasProblem: view.problem !== undefined,
    main: html`${backLink(frame, words)}${summaryOf(view, words)}
      <h1>${say('knowledge.title')}</h1>
      ${idLine(frame, words, view.idEnding, view.proven !== undefined)} ${provenNote(words, view.proven)}
      <p class="intro">${say('knowledge.intro')}</p>
      <form id="form-knowledge" method="post" action="${to(frame, 'knowledge')}" novalidate>
        ${csrfField(frame)}${view.questions.map((question) => questionField({ question, view, words }))}${continueButton(words)}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.until')} ${also(frame, words, view.otherWays)}`,
  })
}
