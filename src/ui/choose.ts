import type { Factor } from '../../domain/ports.ts'
import { channelField } from './channel.ts'
import { attribute, type Html, html, type Part } from './html.ts'
import { icon } from './icons.ts'
import { ID_FIELD, idField } from './id-field.ts'
import { layout } from './layout.ts'
import { cancelForm, continueButton, csrfField, idLine, limitForm, provenNote, summary, tell, to } from './parts.ts'
import type { ChooseView, Page } from './views.ts'
import { type Words, wordsOf } from './words.ts'

/** More than this many ways: the rest stands behind "More ways". */
const SHOWN_MAX = 3

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
  if (view.factors.length <= 1)
    return html`<input type="hidden" name="factor" value="${chosen}" />
      ${view.proven && chosen && html`<p>${say('next.by', { factor: say(`factor.${chosen}`) })}</p>`}`
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
  return html`<details class="more" id="own-device">
    <summary>${say('choose.device.ask')}</summary>
    <div class="choices choice">
      <input type="checkbox" id="own_device" name="own_device" value="yes" aria-describedby="own_device-hint" />
      <label for="own_device">${say('choose.device')}${icon('device')}</label>
      <p class="hint" id="own_device-hint">${say('choose.device.hint')}</p>
    </div>
  </details>`
}

/** Which ID, and how to prove it: the two questions that belong together. Who proved something already is asked the second only. */
export const choosePage: Page<ChooseView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const isNext = view.proven !== undefined
  const told =
    view.problem && tell(view.problem, words, { empty: 'choose.id.empty', malformed: 'choose.id.malformed', again: 'choose.id.malformed' })
  return layout(frame, words, {
    title: line(isNext ? 'next.title' : 'choose.title'),
    hasProblem: told !== undefined,
    main: html`${told && summary(told, ID_FIELD)}
      <h1>${say(isNext ? 'next.title' : 'choose.heading')}</h1>
      ${isNext ? [idLine(frame, words, view.idEnding ?? '', true), provenNote(words, view.proven)] : html`<p class="intro">${say('choose.intro')}</p>`}
      <form id="form-choose" method="post" action="${to(frame, 'choose')}" novalidate>
        ${csrfField(frame)}${!isNext && idField(frame, view, words, told)}${factorField(view, words)}${
          view.channel && channelField(view.channel, words)
        }${!isNext && deviceField(view, words)}${continueButton(words)}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.until')}
      <div class="also">${cancelForm(frame, words)}</div>`,
  })
}
