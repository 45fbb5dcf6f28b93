import type { IdType } from '../../domain/ports.ts'
import { attribute, type Html, html, num, type Part, raw } from './html.ts'
import { describedBy, type Told, wrong } from './parts.ts'
import { either, TEXTS } from './text.ts'
import type { ChooseView, Frame, LoginIdView } from './views.ts'
import type { Words } from './words.ts'

export const ID_FIELD = 'individual_id'

const isNumber = (types: readonly IdType[]): boolean => types.every((type) => type === 'uin' || type === 'vid')

const keyboardOf = (types: readonly IdType[]): string => {
  if (isNumber(types)) return 'numeric'
  if (types.every((type) => type === 'phone')) return 'tel'
  return types.every((type) => type === 'email') ? 'email' : 'text'
}

/** The longest address of RFC 5321 where an address may be typed. */
const lengthMaxOf = ({ idTypes, loginIds = [] }: ChooseView): number =>
  loginIds.length > 0 ? Math.max(64, ...loginIds.map(({ lengthMax }) => lengthMax)) : idTypes.includes('email') ? 254 : 64

const typesOf = ({ idTypes, loginIds = [] }: ChooseView): readonly IdType[] =>
  loginIds.length > 0 ? loginIds.map(({ type }) => type) : idTypes

const hintOf = (view: ChooseView, frame: Frame, { say }: Words): Part => {
  const { idEnding, hintedEnding, loginIds = [] } = view
  const kept =
    idEnding === undefined
      ? hintedEnding !== undefined && [' ', say('choose.id.hinted', { ending: num(hintedEnding) })]
      : [' ', say('choose.id.keep', { ending: num(idEnding) })]
  if (loginIds.length > 0) return kept
  if (isNumber(view.idTypes)) return [say(view.idTypes.includes('vid') ? 'choose.id.number.hint.vid' : 'choose.id.number.hint'), kept]
  const names = view.idTypes.map((type) => TEXTS[frame.language][`idtype.${type}`] ?? type)
  return [say('choose.id.any.hint', { list: either(frame.language, names) }), kept]
}

/** The country of a telephone number, or whatever else stands before what is typed. */
const prefixField = ({ id, prefix, prefixes }: LoginIdView, { say }: Words): Part => {
  if (prefixes === undefined)
    return prefix !== undefined && html`<p class="hint prefix">${say('login.prefix.fixed', { prefix: num(prefix) })}</p>`
  return html`<div class="prefix">
    <label for="prefix-${id}">${say('login.prefix')}</label>
    <select class="in" id="prefix-${id}" name="prefix.${id}" dir="ltr">
      ${prefixes.map(({ value, name }) => html`<option value="${value}">${name}</option>`)}
    </select>
  </div>`
}

/** What the person wants to type. One kind only is no question; each brings its own prefix along. */
const loginIdField = (view: ChooseView, words: Words): Part => {
  const { loginIds = [], chosenLoginId } = view
  const [only, ...others] = loginIds
  if (only === undefined) return false
  if (others.length === 0) return html`<input type="hidden" name="login_id" value="${only.id}" />${prefixField(only, words)}`
  const chosen = loginIds.find(({ id }) => id === chosenLoginId) ?? only
  return html`<fieldset class="field" id="login-ids">
    <legend>${words.say('login.which')}</legend>
    <div class="choices">
      ${loginIds.map(
        (login) =>
          html`<div class="login">
            <div class="choice">
              <input type="radio" id="login-${login.id}" name="login_id" value="${login.id}" ${attribute('checked', login === chosen)} />
              <label for="login-${login.id}">${login.name}</label>
            </div>
            ${prefixField(login, words)}
          </div>`,
      )}
    </div>
  </fieldset>`
}

const labelOf = (view: ChooseView, { say }: Words): Part => {
  const [only, ...others] = view.loginIds ?? []
  if (only !== undefined && others.length === 0) return only.name
  return say(only === undefined && isNumber(view.idTypes) ? 'choose.id.number' : 'choose.id.any')
}

export const idField = (frame: Frame, view: ChooseView, words: Words, told: Told | undefined): Html => {
  const { say } = words
  const isBad = told?.atField !== undefined
  return html`${loginIdField(view, words)}
    <div class="field${raw(isBad ? ' bad' : '')}">
      <label for="${ID_FIELD}">${labelOf(view, words)}</label>
      <p class="hint" id="${ID_FIELD}-hint">${hintOf(view, frame, words)}</p>
      <input
        class="in"
        id="${ID_FIELD}"
        name="${ID_FIELD}"
        type="text"
        dir="ltr"
        inputmode="${keyboardOf(typesOf(view))}"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        maxlength="${lengthMaxOf(view)}"
        ${describedBy(ID_FIELD, isBad)}${attribute('required', view.idEnding === undefined && view.hintedEnding === undefined)}
      />
      ${told?.atField && wrong(ID_FIELD, told.atField)}
      <details class="more" id="lost">
        <summary>${say('choose.lost')}</summary>
        <p class="in-more">${say('choose.lost.text')}</p>
      </details>
    </div>`
}
