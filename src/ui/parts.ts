import { attribute, type Html, html, nothing, type Part } from './html.ts'
import { icon } from './icons.ts'
import { refusalWords } from './refusals.ts'
import { all, type TextKey, TEXTS } from './text.ts'
import type { Frame, Limit, Problem } from './views.ts'
import type { Words } from './words.ts'
import type { Factor } from '../../domain/ports.ts'

/** Where a form of this transaction posts. */
export const to = (frame: Frame, step: string): string => `${frame.base ?? ''}/${step}`

export const csrfField = ({ csrf }: Frame): Part => csrf !== undefined && html`<input type="hidden" name="csrf" value="${csrf}" />`

export const backLink = (frame: Frame, { say }: Words): Html =>
  html`<a class="back" id="back" href="${to(frame, 'choose')}">${icon('back', true)}${say('back')}</a>`

export const cancelForm = (frame: Frame, { say }: Words): Html =>
  html`<form id="form-cancel" method="post" action="${to(frame, 'cancel')}">
    ${csrfField(frame)}<button class="text" id="cancel" name="action" value="cancel">${say('cancel')}</button>
  </form>`

/** What else one can do, below the question. */
export const also = (frame: Frame, words: Words, otherWays: boolean): Html =>
  html`<div class="also">
    ${otherWays && html`<a class="inline" id="other-way" href="${to(frame, 'choose')}">${words.say('other_way')}</a>`}
    ${cancelForm(frame, words)}
  </div>`

/** Whom the page is about. Who proved something already cannot be changed any more. */
export const idLine = (frame: Frame, { say }: Words, ending: string, isFixed: boolean): Html =>
  html`<p class="as">
    <span>${say('id.ending', { ending: html`<bdi class="num" dir="ltr">${ending}</bdi>` })}</span>
    ${!isFixed && html`<a id="change-id" href="${to(frame, 'choose')}">${say('change')}</a>`}
  </p>`

/** Where somebody stands who has proven one thing of several. */
export const provenNote = ({ say, language }: Words, proven: readonly Factor[] | undefined): Part => {
  if (proven === undefined) return nothing
  const list = all(
    language,
    proven.map((factor) => TEXTS[language][`factor.${factor}`] ?? factor),
  )
  return html`<div class="note good" id="proven" role="status">
    ${icon('check')}
    <p>${say('next.proven', { list })}</p>
  </div>`
}

/** What a field says when it was left empty, cannot be one, or did not match. */
export type FieldTexts = { readonly empty: TextKey; readonly malformed: TextKey; readonly again: TextKey; readonly wrong?: TextKey }

export type Told = {
  /** Of the summary. */
  readonly title: Html
  readonly text: Part
  /** At the field, when the field is what is wrong. */
  readonly atField: Html | undefined
}

/** A problem in words. Wrong secret, unknown person, blocked person and closed path are one (rule 22). */
export const tell = ({ code, triesLeft, from }: Problem, { say, time }: Words, field: FieldTexts): Told => {
  if (code === 'empty') return { title: say('problem.empty'), text: nothing, atField: say(field.empty) }
  if (code === 'malformed') return { title: say('problem.malformed'), text: nothing, atField: say(field.malformed) }
  const { title, text } = refusalWords(code)
  const isMatch = text === 'refusal.factor_wrong.text'
  const sentences: readonly Part[] = [
    say(isMatch ? (field.wrong ?? text) : text),
    triesLeft !== undefined && [' ', say('tries', { count: triesLeft })],
    from !== undefined && [' ', say('otp.from', { time: time(from) })],
  ]
  return {
    title: say(title),
    text: html`<p>${sentences}</p>`,
    atField: isMatch || code === 'factor_expired' ? say(field.again) : undefined,
  }
}

/** What is wrong, with a way to each field that is. `autofocus` moves the focus here without script. */
export const problemSummary = (title: Html, text: Part, links: readonly { readonly field: string; readonly text: Html }[]): Html =>
  html`<div class="oops" id="problem" role="alert" tabindex="-1" autofocus>
    ${icon('alert')}
    <h2>${title}</h2>
    ${text}${
      links.length > 0 &&
      html`<ul>
        ${links.map((link) => html`<li><a href="#${link.field}">${link.text}</a></li>`)}
      </ul>`
    }
  </div>`

export const summary = ({ title, text, atField }: Told, fieldId: string): Html =>
  problemSummary(title, text, atField === undefined ? [] : [{ field: fieldId, text: atField }])

export const wrong = (fieldId: string, text: Html): Html =>
  html`<p class="wrong" id="${fieldId}-wrong">${icon('alert')}<span>${text}</span></p>`

/** Attributes that join a field to its hint and its error. */
export const describedBy = (fieldId: string, isBad: boolean): Html =>
  html`${isBad && attribute('aria-invalid', 'true')}${attribute('aria-describedby', `${fieldId}-hint${isBad ? ` ${fieldId}-wrong` : ''}`)}`

export const showButton = (fieldId: string, { say, line }: Words): Html =>
  html`<button
    class="alt"
    id="show-${fieldId}"
    type="button"
    aria-controls="${fieldId}"
    data-show="${line('show')}"
    data-hide="${line('hide')}"
    data-script
    hidden
  >
    ${say('show')}
  </button>`

export const continueButton = ({ say }: Words): Html =>
  html`<div class="actions"><button class="go" id="continue" name="action" value="continue">${say('continue')}</button></div>`

const clock = (text: Html): Html =>
  html`${icon('clock')}
    <p>${text} <b class="num" data-left aria-hidden="true" hidden></b></p>`

export const timer = (id: string, secondsLeft: number, text: Html, at60: Html, at0: Html): Html =>
  html`<div class="timer" id="${id}" data-seconds="${Math.max(0, Math.floor(secondsLeft))}" data-at60="${at60}" data-at0="${at0}">
    ${clock(text)}<span class="sr" role="status"></span>
  </div>`

/** The sign-in's own limit, with the way out of it (WCAG 2.2, 2.2.1). */
export const limitForm = (frame: Frame, words: Words, limit: Limit | undefined, key: 'limit.until' | 'limit.decide' | 'my.until'): Part => {
  if (limit === undefined) return nothing
  const { say, line, time } = words
  const text = say(key, { time: time(limit.until) })
  if (!limit.extensible) return timer('limit', limit.secondsLeft, text, line('limit.at60'), line('limit.at0'))
  const seconds = Math.max(0, Math.floor(limit.secondsLeft))
  return html`<form
    class="timer"
    id="form-extend"
    method="post"
    action="${to(frame, 'extend')}"
    data-seconds="${seconds}"
    data-at60="${line('limit.at60')}"
    data-at0="${line('limit.at0')}"
  >
    ${csrfField(frame)}${clock(text)}
    <button class="text" id="extend" name="action" value="extend">${say('limit.extend')}</button>
    <span class="sr" role="status"></span>
  </form>`
}
