import { type Html, html, type Part } from './html.ts'
import { icon } from './icons.ts'
import { layout } from './layout.ts'
import { csrfField, to } from './parts.ts'
import { refusalWords } from './refusals.ts'
import type { ErrorView, ExpiredView, Frame, Page, WayBack } from './views.ts'
import { type Words, wordsOf } from './words.ts'

/** The one primary button of a page comes first; what follows it is secondary. */
type Rank = 'go' | 'alt'

const post = (frame: Frame, id: string, step: string, text: Html, rank: Rank): Html =>
  html`<form id="form-${id}" method="post" action="${to(frame, step)}">
    ${csrfField(frame)}<button class="${rank}" id="${id}" name="action" value="${id}">${text}</button>
  </form>`

/** A registered redirect URI may have a scheme of an app's own; only schemes that run something here are kept out. */
const isSafeLink = (href: string): boolean => !/^\s*(javascript|data|vbscript|blob|file):/i.test(href)

const backTo = (frame: Frame, back: WayBack, { say }: Words, rank: Rank): Part => {
  if (back.kind === 'form') return post(frame, 'cancel', 'cancel', say('error.back'), rank)
  return isSafeLink(back.href) && html`<a class="${rank}" id="cancel" href="${back.href}">${say('error.back')}</a>`
}

const wayOn = (frame: Frame, way: ErrorView['way'], { say }: Words): Part => {
  switch (way) {
    case 'retry':
      return post(frame, 'retry', 'restart', say('error.retry'), 'go')
    case 'continue':
      return html`<a class="go" id="continue" href="${frame.base ?? '/'}">${say('error.continue')}</a>`
    case undefined:
      return undefined
  }
}

const advice = (frame: Frame, view: ErrorView, { say, time }: Words): readonly Html[] => [
  ...(view.way === 'retry' ? [say('error.do.retry')] : []),
  ...(view.keptUntil === undefined ? [] : [say('error.do.kept', { time: time(view.keptUntil) })]),
  ...(view.way === 'retry' && frame.party !== undefined && view.back !== undefined ? [say('error.do.back')] : []),
  ...(view.way === undefined && view.back === undefined ? [say('error.do.leave'), say('error.do.call')] : []),
]

const referenceNote = ({ reference, at }: ErrorView, { say, moment }: Words): Part =>
  reference !== undefined &&
  html`<div class="note">
    ${icon('info')}
    <p>${say('error.reference', { reference: html`<span class="ref num" dir="ltr">${reference}</span>` })}</p>
    <p>${say('error.reference.hint')} ${at !== undefined && moment(at)}</p>
  </div>`

const nothingShared = (frame: Frame, { say }: Words): Html => say(frame.party === undefined ? 'error.nothing.unnamed' : 'error.nothing')

/** What happened, whose side it is on, what to do: in that order, without a code in the sentence. */
export const errorPage: Page<ErrorView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const told = refusalWords(view.code)
  const todo = advice(frame, view, words)
  const actions: readonly Part[] = [
    wayOn(frame, view.way, words),
    view.back && backTo(frame, view.back, words, view.way === undefined ? 'go' : 'alt'),
  ].filter((action) => action !== undefined && action !== false)
  return layout(frame, words, {
    title: line(told.title),
    main: html`<h1>${say(told.title)}</h1>
      <p class="intro">${say(told.text)}${told.nothingShared && [' ', nothingShared(frame, words)]}</p>
      ${
        todo.length > 0 &&
        html`<h2 class="gap">${say('error.what')}</h2>
          <ul class="do">
            ${todo.map((sentence) => html`<li>${sentence}</li>`)}
          </ul>`
      }
      ${actions.length > 0 && html`<div class="actions">${actions}</div>`} ${referenceNote(view, words)}`,
  })
}

export const expiredPage: Page<ExpiredView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const action = view.back && backTo(frame, view.back, words, 'go')
  return layout(frame, words, {
    title: line('expired.heading'),
    main: html`<h1>${say('expired.heading')}</h1>
      <p class="intro">${say('expired.text', { count: view.minutes })} ${nothingShared(frame, words)}</p>
      ${action === undefined || action === false ? html`<p>${say('error.do.leave')}</p>` : html`<div class="actions">${action}</div>`}
      <div class="note">
        ${icon('clock')}
        <p><b>${say('expired.longer')}</b></p>
        <p>${say('expired.longer.text')}</p>
      </div>`,
  })
}
