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
  provenNote,
  showButton,
  summary,
  tell,
  to,
  type Told,
  wrong,
} from './parts.ts'
import type { Frame, PasswordView } from './views.ts'
import type { Words } from './words.ts'

/** What a secret that the person knows has of its own; its sentences, its field and its form go by its name. */
type Secret = {
  readonly name: 'password' | 'pin'
  readonly label: Html
  /** Classes of the field. */
  readonly look: string
  /** Attributes that say how it is typed. */
  readonly typing: Html
}

const secretField = ({ name, label, look, typing }: Secret, words: Words, told: Told | undefined): Html => {
  const isBad = told?.atField !== undefined
  return html`<div class="field${raw(isBad ? ' bad' : '')}">
    <label for="${name}">${label}</label>
    <p class="hint" id="${name}-hint">${words.say(`${name}.hint`)}</p>
    <div class="reveal">
      <input
        class="${look}"
        id="${name}"
        name="${name}"
        type="password"
        autocomplete="current-password"
        ${typing}
        spellcheck="false"
        ${describedBy(name, isBad)}
        required
      />
      ${showButton(name, words)}
    </div>
    ${told?.atField && wrong(name, told.atField)}
  </div>`
}

/** The page that asks for it. */
export const secretPage = (frame: Frame, words: Words, view: PasswordView, secret: Secret): string => {
  const { say, line } = words
  const { name } = secret
  const texts = { empty: `${name}.empty`, malformed: `${name}.malformed`, again: `${name}.again`, wrong: `${name}.wrong` } as const
  const told = view.problem && tell(view.problem, words, texts)
  return layout(frame, words, {
    title: line(`${name}.title`),
    hasProblem: told !== undefined,
    main: html`${backLink(frame, words)}${told && summary(told, name)}
      <h1>${say(`${name}.title`)}</h1>
      ${idLine(frame, words, view.idEnding, view.proven !== undefined)} ${provenNote(words, view.proven)}
      <form id="form-${name}" method="post" action="${to(frame, name)}" novalidate>
        ${csrfField(frame)}${secretField(secret, words, told)}${continueButton(words)}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.until')} ${also(frame, words, view.otherWays)}`,
  })
}
