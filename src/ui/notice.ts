import { hintOf, idOf, labelOf } from './claims.ts'
import { attribute, clip, type Html, html, num, type Part } from './html.ts'
import { icon } from './icons.ts'
import { tightened } from './layout.ts'
import type { Frame, NoticeView } from './views.ts'
import { type Words, wordsOf } from './words.ts'

/** Letters of what a relying party says of its purpose. */
const PURPOSE_MAX = 300

/** Letters of what an ID system calls a trust framework. */
const FRAMEWORK_MAX = 100

const neededRow = (claim: string, index: number, { say, language }: Words): Html => {
  const hint = hintOf('claim', claim, say)
  return html`<li id="${idOf('claim', claim, index)}">
    ${icon('check')}<b>${labelOf('claim', claim, say, language)}</b>${hint && html`<p class="hint">${hint}</p>`}
  </li>`
}

/** Never ticked beforehand. */
const boxRow = (asked: string, index: number, name: 'claims' | 'scopes', { say, language }: Words): Html => {
  const kind = name === 'claims' ? 'claim' : 'scope'
  const id = idOf(name, asked, index)
  const hint = hintOf(kind, asked, say)
  return html`<li>
    <input type="checkbox" id="${id}" name="${name}" value="${asked}" ${attribute('aria-describedby', hint && `${id}-why`)} />
    <label for="${id}">${labelOf(kind, asked, say, language)}</label>
    ${hint && html`<p class="hint" id="${id}-why">${hint}</p>`}
  </li>`
}

/** Claims with how they were checked: by which rules, and what else of the check is told. */
const verifiedAsks = ({ essential, voluntary, frameworks, told }: NonNullable<NoticeView['verified']>, words: Words): Html => {
  const { say } = words
  const names = frameworks.map((name) => html`<b dir="auto">${clip(name, FRAMEWORK_MAX)}</b>`)
  return html`<fieldset class="group" id="verified" aria-describedby="verified-hint">
    <legend>${say('consent.verified')}</legend>
    <div id="verified-hint">
      <p class="hint">${say('consent.verified.hint')}</p>
      <ul class="do">
        ${names.map((name) => html`<li>${say('consent.verified.framework', { framework: name })}</li>`)}
        ${told.map((kind) => html`<li>${say(`consent.verified.${kind}`)}</li>`)}
      </ul>
    </div>
    ${
      essential.length > 0 &&
      html`<p class="hint">${say('consent.needs.hint')}</p>
        <ul class="rows">
          ${essential.map((asked, index) => neededRow(asked, index, words))}
        </ul>`
    }
    ${
      voluntary.length > 0 &&
      html`<p class="hint">${say('consent.choose.hint')}</p>
        <ul class="rows">
          ${voluntary.map((asked, index) => boxRow(asked, index, 'claims', words))}
        </ul>`
    }
  </fieldset>`
}

const asks = (view: NoticeView, words: Words): Part => {
  const { say } = words
  const { essential, voluntary, scopes, verified } = view
  return [
    essential.length > 0 &&
      html`<section class="group" aria-labelledby="needed">
        <h2 id="needed">${say('consent.needs')}</h2>
        <p class="hint">${say('consent.needs.hint')}</p>
        <ul class="rows">
          ${essential.map((asked, index) => neededRow(asked, index, words))}
        </ul>
      </section>`,
    voluntary.length > 0 &&
      html`<fieldset class="group" aria-describedby="voluntary-hint">
        <legend>${say('consent.choose')}</legend>
        <p class="hint" id="voluntary-hint">${say('consent.choose.hint')}</p>
        <ul class="rows">
          ${voluntary.map((asked, index) => boxRow(asked, index, 'claims', words))}
        </ul>
      </fieldset>`,
    verified && verifiedAsks(verified, words),
    scopes.length > 0 &&
      html`<fieldset class="group">
        <legend>${say('consent.allow')}</legend>
        <ul class="rows">
          ${scopes.map((asked, index) => boxRow(asked, index, 'scopes', words))}
        </ul>
      </fieldset>`,
  ]
}

const pageLink = (page: string, { say }: Words): Html => html`<a href="${page}" rel="noopener">${say('my.title')}</a>`

const named = ({ name, url }: NonNullable<NonNullable<NoticeView['links']>['authority']>): Html =>
  html`<a href="${url}" rel="noopener noreferrer">${clip(name, FRAMEWORK_MAX)}</a>`

const isWeb = (link: string | undefined): link is string => link !== undefined && /^https?:\/\//.test(link)

/** Each sentence is true of the build: the ID system releases after consent (rule 29), events hold no value (rule 1), `sub` is pairwise (rule 19). */
const whatHappens = (view: NoticeView, words: Words, isOnly: boolean): Html => {
  const { say } = words
  const { notice, days, links } = view
  const items: readonly Part[] = [
    !isOnly && say('consent.what.gives'),
    !isOnly && say('consent.what.keeps'),
    !isOnly && say('consent.what.number'),
    days > 0 ? say('consent.what.days', { count: days }) : say('consent.what.each'),
    say('consent.what.back', { page: pageLink(view.page, words) }),
    isWeb(links?.authority?.url) && say('consent.what.complain', { authority: named(links.authority) }),
    say('consent.what.notice', { version: num(notice.version) }),
    isWeb(links?.privacy) && html`<a href="${links.privacy}" rel="noopener noreferrer">${say('consent.privacy')}</a>`,
    isWeb(links?.terms) && html`<a href="${links.terms}" rel="noopener noreferrer">${say('consent.terms')}</a>`,
  ]
  return html`<details class="more" id="what-happens">
    <summary>${say('consent.what')}</summary>
    <div class="in-more">
      <ul>
        ${items.filter((item) => item !== false && item !== undefined).map((item) => html`<li>${item}</li>`)}
      </ul>
    </div>
  </details>`
}

const why = ({ purpose }: NoticeView, { say }: Words): Part =>
  purpose !== undefined &&
  html`<figure class="said">
    <figcaption>${say('consent.why')}</figcaption>
    <blockquote dir="auto">${clip(purpose, PURPOSE_MAX)}</blockquote>
  </figure>`

const buttons = ({ say }: Words, isOnly: boolean): Html =>
  html`<div class="actions pair">
      <button class="go" id="accept" name="action" value="accept">${say(isOnly ? 'consent.accept.only' : 'consent.accept')}</button>
      <button class="alt" id="cancel" name="action" value="cancel" aria-describedby="cancel-hint">
        ${say(isOnly ? 'consent.refuse.only' : 'consent.refuse')}
      </button>
    </div>
    <p class="hint after" id="cancel-hint">${say('consent.refuse.hint')}</p>`

/** Nothing but who one is, by a number made for the relying party, is asked for. */
export const isOnlySignIn = (view: NoticeView): boolean =>
  view.verified === undefined && view.essential.length + view.voluntary.length + view.scopes.length === 0

/**
 * What a person is told before agreeing, in the order of the page: the question, why it is asked, what is asked and what happens with it,
 * the two answers. The page is made of these pieces and the record keeps them, so what was recorded is what was seen (REG-07). They name
 * no person and no day: everybody who is asked the same reads the same, and one copy is kept for all of them.
 */
export const noticePieces = (frame: Pick<Frame, 'language' | 'brand' | 'party'>, view: NoticeView) => {
  const words = wordsOf(frame)
  const { say } = words
  const isOnly = isOnlySignIn(view)
  return {
    question: html`<h1>${say(isOnly ? 'consent.heading.only' : 'consent.heading')}</h1>`,
    why: html`${isOnly && html`<p class="intro">${say('consent.only')}</p>`} ${why(view, words)}`,
    asked: html`${asks(view, words)}${whatHappens(view, words, isOnly)}`,
    answers: buttons(words, isOnly),
  }
}

/** The pieces as they reach a browser. */
export const noticeMarkup = (frame: Pick<Frame, 'language' | 'brand' | 'party'>, view: NoticeView): readonly string[] =>
  Object.values(noticePieces(frame, view)).map((piece) => tightened(piece).trim())
