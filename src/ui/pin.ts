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
import type { Page, PinView } from './views.ts'
import { type Words, wordsOf } from './words.ts'

const FIELD = 'pin'

/** Lengths for which the stylesheet paints places. */
const isPainted = (digits: number | undefined): digits is number => digits !== undefined && digits >= 4 && digits <= 8

const pinField = (view: PinView, words: Words, told: Told | undefined): Html => {
  const { say } = words
  const isBad = told?.atField !== undefined
  const { digits } = view
  return html`<div class="field${raw(isBad ? ' bad' : '')}">
    <label for="${FIELD}">${digits === undefined ? say('pin.label') : say('pin.label.digits', { count: digits })}</label>
    <p class="hint" id="${FIELD}-hint">${say('pin.hint')}</p>
    <div class="reveal">
      <input
        class="in${isPainted(digits) && ` code of${digits}`}"
        id="${FIELD}"
        name="${FIELD}"
        type="password"
        dir="ltr"
        inputmode="numeric"
        autocomplete="current-password"
        spellcheck="false"
        ${describedBy(FIELD, isBad)}
        required
      />
      ${showButton(FIELD, words)}
    </div>
    ${told?.atField && wrong(FIELD, told.atField)}
  </div>`
}

export const pinPage: Page<PinView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const told =
    view.problem && tell(view.problem, words, { empty: 'pin.empty', malformed: 'pin.malformed', again: 'pin.again', wrong: 'pin.wrong' })
  return layout(frame, words, {
    title: line('pin.title'),
    hasProblem: told !== undefined,
    main: html`${backLink(frame, words)}${told && summary(told, FIELD)}
      <h1>${say('pin.title')}</h1>
      ${idLine(frame, words, view.idEnding)}
      <form id="form-pin" method="post" action="${to(frame, 'pin')}" novalidate>
        ${csrfField(frame)}${pinField(view, words, told)}${continueButton(words)}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.until')} ${also(frame, words, view.otherWays)}`,
  })
}
