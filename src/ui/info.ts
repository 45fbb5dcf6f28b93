import { type Html, html, num, type Part } from './html.ts'
import { icon } from './icons.ts'
import { layout } from './layout.ts'
import type { TextKey } from './text.ts'
import type { Frame, InfoTopic, InfoView, Page } from './views.ts'
import { type Words, wordsOf } from './words.ts'

type Section = { readonly heading: TextKey; readonly texts: readonly TextKey[] }

const SECTIONS: Readonly<Record<InfoTopic, readonly Section[]>> = {
  help: [
    { heading: 'help.signin', texts: ['help.signin.text'] },
    { heading: 'help.code', texts: ['help.code.text'] },
    { heading: 'choose.lost', texts: ['choose.lost.text'] },
    { heading: 'help.lost', texts: ['help.lost.text'] },
    { heading: 'expired.longer', texts: ['expired.longer.text'] },
  ],
  privacy: [
    { heading: 'privacy.service', texts: ['privacy.service.text'] },
    { heading: 'privacy.keeps', texts: ['privacy.keeps.text', 'privacy.sealed', 'privacy.erase'] },
    { heading: 'privacy.cookies', texts: ['privacy.cookies.text'] },
  ],
  accessibility: [
    { heading: 'accessibility.built', texts: ['accessibility.built.text'] },
    { heading: 'accessibility.time', texts: ['accessibility.time.text'] },
    { heading: 'accessibility.tell', texts: ['accessibility.tell.text'] },
  ],
}

const HEADINGS: Readonly<Record<InfoTopic, TextKey>> = { help: 'foot.help', privacy: 'foot.privacy', accessibility: 'foot.accessibility' }

const section = ({ heading, texts }: Section, { say }: Words): Html =>
  html`<h2 class="gap">${say(heading)}</h2>
    ${texts.map((text) => html`<p class="told">${say(text)}</p>`)}`

const callSection = ({ brand }: Frame, { say }: Words): Html =>
  html`<h2 class="gap">${say('help.call')}</h2>
    <p class="told">${say('foot.call', { from: num(brand.hours.from), to: num(brand.hours.to) })}</p>`

const backLink = (back: string | undefined, { say }: Words): Part =>
  back?.startsWith('/') === true &&
  !back.startsWith('//') &&
  html`<a class="back" id="back" href="${back}">${icon('back', true)}${say('back')}</a>`

/** Short, and true of the build. */
export const infoPage: Page<InfoView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  return layout(frame, words, {
    title: line(HEADINGS[view.topic]),
    main: html`${backLink(view.back, words)}
      <h1>${say(HEADINGS[view.topic])}</h1>
      ${SECTIONS[view.topic].map((one) => section(one, words))} ${view.topic === 'help' && callSection(frame, words)}`,
  })
}
