import type { Factor, IdType } from '../../domain/ports.ts'
import { attribute, type Html, html, num, type Part, raw } from './html.ts'
import { icon } from './icons.ts'
import { layout } from './layout.ts'
import { cancelForm, continueButton, csrfField, describedBy, limitForm, summary, tell, to, type Told, wrong } from './parts.ts'
import { either, TEXTS } from './text.ts'
import type { ChooseView, Frame, Page } from './views.ts'
import { type Words, wordsOf } from './words.ts'

/** More than this many ways: the rest stands behind "More ways". */
const SHOWN_MAX = 4

const FIELD = 'individual_id'

const isNumber = (types: readonly IdType[]): boolean => types.every((type) => type === 'uin' || type === 'vid')

const keyboardOf = (types: readonly IdType[]): string => {
  if (isNumber(types)) return 'numeric'
  if (types.every((type) => type === 'phone')) return 'tel'
  return types.every((type) => type === 'email') ? 'email' : 'text'
}

/** The longest address of RFC 5321 where an address may be typed. */
const lengthMaxOf = (types: readonly IdType[]): number => (types.includes('email') ? 254 : 64)

const hintOf = ({ idTypes, idEnding, hintedEnding }: ChooseView, frame: Frame, { say }: Words): Part => {
  const kept =
    idEnding === undefined
      ? hintedEnding !== undefined && [' ', say('choose.id.hinted', { ending: num(hintedEnding) })]
      : [' ', say('choose.id.keep', { ending: num(idEnding) })]
  if (isNumber(idTypes)) return [say(idTypes.includes('vid') ? 'choose.id.number.hint.vid' : 'choose.id.number.hint'), kept]
  const names = idTypes.map((type) => TEXTS[frame.language][`idtype.${type}`] ?? type)
  return [say('choose.id.any.hint', { list: either(frame.language, names) }), kept]
}

const idField = (frame: Frame, view: ChooseView, words: Words, told: Told | undefined): Html => {
  const { say } = words
  const isBad = told?.atField !== undefined
  return html`<div class="field${raw(isBad ? ' bad' : '')}">
    <label for="${FIELD}">${say(isNumber(view.idTypes) ? 'choose.id.number' : 'choose.id.any')}</label>
    <p class="hint" id="${FIELD}-hint">${hintOf(view, frame, words)}</p>
    <input
      class="in"
      id="${FIELD}"
      name="${FIELD}"
      type="text"
      dir="ltr"
      inputmode="${keyboardOf(view.idTypes)}"
      autocomplete="username"
      autocapitalize="none"
      spellcheck="false"
      maxlength="${lengthMaxOf(view.idTypes)}"
      ${describedBy(FIELD, isBad)}${attribute('required', view.idEnding === undefined && view.hintedEnding === undefined)}
    />
    ${told?.atField && wrong(FIELD, told.atField)}
    <details class="more" id="lost">
      <summary>${say('choose.lost')}</summary>
      <p class="in-more">${say('choose.lost.text')}</p>
    </details>
  </div>`
}

const choice = (factor: Factor, chosen: Factor | undefined, { say }: Words): Html =>
  html`<div class="choice">
    <input type="radio" id="factor-${factor}" name="factor" value="${factor}" ${attribute('checked', factor === chosen)} />
    <label for="factor-${factor}"
      >${say(`factor.${factor}`)} <span class="hint">${say(`factor.${factor}.hint`)}</span>${icon(factor)}</label
    >
  </div>`

const factorField = (view: ChooseView, words: Words): Html => {
  const { say } = words
  const chosen = view.chosen !== undefined && view.factors.includes(view.chosen) ? view.chosen : view.factors[0]
  if (view.factors.length <= 1) return html`<input type="hidden" name="factor" value="${chosen}" />`
  const shown = view.factors.slice(0, SHOWN_MAX)
  const rest = view.factors.slice(SHOWN_MAX)
  const isChosenInRest = chosen !== undefined && rest.includes(chosen)
  return html`<fieldset class="field" id="factors">
    <legend>${say('choose.how')}</legend>
    <div class="choices">${shown.map((factor) => choice(factor, chosen, words))}</div>
    ${
      rest.length > 0 &&
      html`<details class="more" id="more-ways" ${attribute('open', isChosenInRest)}>
        <summary>${say('choose.more')}</summary>
        <div class="choices">${rest.map((factor) => choice(factor, chosen, words))}</div>
      </details>`
    }
  </fieldset>`
}

const deviceField = ({ ownDevice }: ChooseView, { say }: Words): Part => {
  if (ownDevice === 'known') return html`<p class="hint field" id="own-device-known">${say('choose.device.known')}</p>`
  return html`<div class="field choice">
    <input type="checkbox" id="own_device" name="own_device" value="yes" aria-describedby="own_device-hint" />
    <label for="own_device">${say('choose.device')}${icon('device')}</label>
    <p class="hint" id="own_device-hint">${say('choose.device.hint')}</p>
  </div>`
}

/** Which ID, and how to prove it: the two questions that belong together. */
export const choosePage: Page<ChooseView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const told =
    view.problem && tell(view.problem, words, { empty: 'choose.id.empty', malformed: 'choose.id.malformed', again: 'choose.id.malformed' })
  return layout(frame, words, {
    title: line('choose.title'),
    hasProblem: told !== undefined,
    main: html`${told && summary(told, FIELD)}
      <h1>${say('choose.heading')}</h1>
      <p class="intro">${say('choose.intro')}</p>
      <form id="form-choose" method="post" action="${to(frame, 'choose')}" novalidate>
        ${csrfField(frame)}${idField(frame, view, words, told)}${factorField(view, words)}${deviceField(view, words)}${continueButton(words)}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.until')}
      <div class="also">${cancelForm(frame, words)}</div>`,
  })
}
