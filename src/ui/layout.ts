import { inLanguage } from './brand.ts'
import { attribute, clip, type Html, html, initial, num, type Part, raw } from './html.ts'
import { emblem, icon } from './icons.ts'
import { LANGUAGE_NAMES } from './text.ts'
import type { Frame, Party } from './views.ts'
import { PARTY_MAX, type Words } from './words.ts'

/** Beyond this many letters the band with name and host does not stick: it would cover too much of a small screen. */
const STICKY_MAX = 40

/** One step from every page to what one agreed to (REG-05). */
export const OWN_PAGE = '/my'

const languageMenu = (frame: Frame, { say, line }: Words): Html =>
  html`<nav class="lang" aria-label="${line('language')}">
    <details id="language">
      <summary>${icon('globe')}<span class="sr">${say('language')}: </span>${LANGUAGE_NAMES[frame.language]}</summary>
      <ul>
        ${frame.languages.map(
          ({ tag, href, current }) =>
            html`<li>
              <a href="${href}" lang="${tag}" hreflang="${tag}" ${attribute('aria-current', current && 'true')}>${LANGUAGE_NAMES[tag]}</a>
            </li>`,
        )}
      </ul>
    </details>
  </nav>`

const cover = (frame: Frame, party: Party, { say }: Words): Html => {
  const isLong = party.name.length > STICKY_MAX || party.host.length > STICKY_MAX
  return html`<section class="${isLong ? 'cover long' : 'cover'}" aria-labelledby="who">
    <div class="page">
      <p class="label" id="who">${say('cover.label')}</p>
      <div class="party">
        <span class="logo" aria-hidden="true">${initial(party.name)}</span>
        <p>
          <b><bdi>${clip(party.name, PARTY_MAX)}</bdi></b> <bdi class="host" dir="ltr">${party.host}</bdi>
        </p>
      </div>
      <p class="vow">${icon('shield')}${say('cover.vow')}</p>
      <p class="here">${say('cover.here', { address: html`<bdi dir="ltr">${hostOf(frame.issuer)}</bdi>` })}</p>
    </div>
  </section>`
}

const hostOf = (origin: string): string => origin.replace(/^https?:\/\//, '')

/** Closes every leaf: people are told to look at the address bar, since a copy of a page can show any text. */
const genuine = (frame: Frame, { say }: Words): Html =>
  html`<details class="more" id="genuine">
    <summary>${say('genuine.heading')}</summary>
    <div class="in-more">
      <p>${say('genuine.address', { address: html`<bdi class="num" dir="ltr"><b>${frame.issuer}/</b></bdi>` })}</p>
      <p>${say('genuine.never')}</p>
    </div>
  </details>`

const foot = (frame: Frame, { say }: Words): Html => {
  const { links, hours } = frame.brand
  return html`<footer class="foot">
    <ul>
      <li><a href="${OWN_PAGE}">${say('my.title')}</a></li>
      <li><a href="${links.help}">${say('foot.help')}</a></li>
      <li><a href="${links.privacy}">${say('foot.privacy')}</a></li>
      <li><a href="${links.accessibility}">${say('foot.accessibility')}</a></li>
    </ul>
    <p>${say('foot.call', { from: num(hours.from), to: num(hours.to) })}</p>
  </footer>`
}

/** Spaces at the start of lines are for readers of the source; no text of a page depends on them. */
export const tightened = (page: Html): string => page.markup.replace(/\n\s+/g, '\n').replace(/>\n</g, '><').replace(/ \/>/g, '/>')

export type PageParts = {
  /** Of the window: what the page is about, without anything personal. */
  readonly title: Html
  readonly hasProblem?: boolean
  readonly head?: Part
  readonly main: Part
}

/** The whole document around a leaf. Without a party there is no cover. */
export const layout = (frame: Frame, words: Words, { title, hasProblem, head, main }: PageParts): string => {
  const { say, line } = words
  const { statics, brand, party } = frame
  return tightened(
    html`<!doctype html>
      <html lang="${frame.language}" dir="${frame.dir}">
        <head>
          <meta charset="utf-8" />
          <title>${line(hasProblem === true ? 'title.problem' : 'title', { page: title })}</title>
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          ${head}
          <link rel="icon" href="${statics.icon}" />
          <link rel="stylesheet" href="${statics.css}" />
          <script src="${statics.js}" defer></script>
        </head>
        <body${raw(party === undefined ? ' class="plain"' : '')}>
          <a class="skip" href="#main">${say('skip')}</a>
          <header class="top">
            <div class="mark">${emblem(brand)}<p><span>${inLanguage(brand.country, frame.language)}</span> <b>${brand.product}</b></p></div>
            ${languageMenu(frame, words)}
          </header>
          <div class="book">
            ${party && cover(frame, party, words)}
            <main class="leaf" id="main" tabindex="-1">${main}${genuine(frame, words)}</main>
          </div>
          ${foot(frame, words)}
        </body>
      </html> `,
  )
}
