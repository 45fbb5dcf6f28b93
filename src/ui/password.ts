import { type Html, html, raw } from './html.ts'
import { layout } from './layout.ts'
import {
  also,
  backLink,
  continueButton,
  csrfField,
  describedBy,
  idLine,
  limitForm,
  showButton,
  summary,
  tell,
  to,
  type Told,
  wrong,
} from './parts.ts'
import type { Page, PasswordView } from './views.ts'
import { type Words, wordsOf } from './words.ts'

const FIELD = 'password'

const passwordField = (words: Words, told: Told | undefined): Html => {
  const { say } = words
  const isBad = told?.atField !== undefined
  return html`<div class="field${raw(isBad ? ' bad' : '')}">
    <label for="${FIELD}">${say('password.label')}</label>
    <p class="hint" id="${FIELD}-hint">${say('password.hint')}</p>
    <div class="reveal">
      <input
        class="in"
        id="${FIELD}"
        name="${FIELD}"
        type="password"
        autocomplete="current-password"
        autocapitalize="none"
        spellcheck="false"
        ${describedBy(FIELD, isBad)}
        required
      />
      ${showButton(FIELD, words)}
    </div>
    ${told?.atField && wrong(FIELD, told.atField)}
  </div>`
}

export const passwordPage: Page<PasswordView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const told =
    view.problem &&
    tell(view.problem, words, {
      empty: 'password.empty',
      malformed: 'password.malformed',
      again: 'password.again',
      wrong: 'password.wrong',
    })
  return layout(frame, words, {
    title: line('password.title'),
    hasProblem: told !== undefined,
    main: html`${backLink(frame, words)}${told && summary(told, FIELD)}
      <h1>${say('password.title')}</h1>
      ${idLine(frame, words, view.idEnding)}
      <form id="form-password" method="post" action="${to(frame, 'password')}" novalidate>
        ${csrfField(frame)}${passwordField(words, told)}${continueButton(words)}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.until')} ${also(frame, words, view.otherWays)}`,
  })
}
