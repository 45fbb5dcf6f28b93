import { html, type Part } from './html.ts'
import { layout } from './layout.ts'
import { cancelForm, continueButton, csrfField, limitForm, to } from './parts.ts'
import type { CheckView, Frame, Page } from './views.ts'
import { type Words, wordsOf } from './words.ts'

/** The captcha service's own widget finds its place by class and fills in its field. */
const widget = ({ captcha }: CheckView, { say }: Words): Part =>
  captcha !== undefined &&
  html`<p class="intro">${say('check.captcha')}</p>
    <div class="field ${captcha.widgetClass}" data-sitekey="${captcha.siteKey}"></div>`

const hidden = (name: string, value: string): Part => html`<input type="hidden" name="${name}" value="${value}" />`

const attributes = ({ work }: CheckView): Part =>
  work !== undefined &&
  html`data-challenge="${work.challenge}" data-parts="${work.parts}" data-rounds="${work.rounds}" data-bits="${work.bits}"`

const form = (frame: Frame, view: CheckView, words: Words): Part =>
  html`<form id="form-check" method="post" action="${to(frame, 'choose')}" data-wait="${view.waitS}" ${attributes(view)}>
    ${csrfField(frame)}${view.fields.map(([name, value]) => hidden(name, value))}
    ${hidden('challenge', view.challenge)}${hidden('solution', '')}${widget(view, words)}
    <p class="hint" id="check-wait">${words.say('check.wait', { count: view.waitS })}</p>
    ${continueButton(words)}
  </form>`

/**
 * While somebody guesses: a device that is not known computes for some seconds, by itself and without a puzzle, or waits. What was
 * typed stands in the form, so that nobody types it again (WCAG 2.2, 3.3.7).
 */
export const checkPage: Page<CheckView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  return layout(frame, words, {
    title: line('check.heading'),
    head: html`${view.captcha && html`<script src="${view.captcha.scriptUrl}" async defer></script>`}${
      view.work && html`<script src="${frame.statics.check}" defer></script>`
    }`,
    main: html`<h1>${say('check.heading')}</h1>
      <p class="intro">${say('check.text')}</p>
      ${view.work && html`<p role="status" data-script hidden>${say('check.work')}</p>`}${form(frame, view, words)}
      ${limitForm(frame, words, view.limit, 'limit.until')}
      <div class="also">${cancelForm(frame, words)}</div>`,
  })
}
