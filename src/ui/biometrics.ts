import { CAPTURE_FAMILIES, type CaptureFamily } from '../biometrics/faults.ts'
import { type Html, html, type Part, raw } from './html.ts'
import { icon, type IconName } from './icons.ts'
import { layout } from './layout.ts'
import { also, backLink, csrfField, idLine, limitForm, provenNote, summary, tell, to, type Told } from './parts.ts'
import type { BiometricsView, Frame, Page, Problem } from './views.ts'
import { type Words, wordsOf } from './words.ts'

/** What the script may say while it looks for readers and waits for a capture. */
const STATES = ['ask', 'looking', 'ready', 'unready', 'live.Face', 'live.Finger', 'live.Iris', 'done', 'stopped'] as const
type State = (typeof STATES)[number]

const ICONS: Readonly<Record<State, IconName>> = {
  ask: 'shield',
  looking: 'search',
  ready: 'biometrics',
  unready: 'info',
  'live.Face': 'face',
  'live.Finger': 'biometrics',
  'live.Iris': 'eye',
  done: 'check',
  stopped: 'info',
}

/** Of a saying: how it looks. */
const looks = (state: State | CaptureFamily): string => {
  if (state.startsWith('live')) return 'is-live'
  if (state === 'done') return 'is-good'
  return (STATES as readonly string[]).includes(state) ? '' : 'is-bad'
}

const saying = (state: State | CaptureFamily, sign: IconName, { say, line }: Words): Html =>
  html`<template data-say="${state}">
    <div class="${looks(state)}">
      ${icon(sign)}
      <div>
        <h2>${say(`bio.${state}.title`)}</h2>
        <p class="small">${say(`bio.${state}.text`)}</p>
        ${state.startsWith('live') && html`<progress aria-label="${line('bio.progress')}"></progress>`}
      </div>
    </div>
  </template>`

const STATUSES = ['ready', 'busy', 'not_ready', 'unregistered', 'unfit'] as const
type Status = (typeof STATUSES)[number]

const TAGS: Readonly<Record<Status, readonly [look: string, sign: IconName]>> = {
  ready: ['good', 'check'],
  busy: ['warn', 'alert'],
  not_ready: ['warn', 'clock'],
  unregistered: ['idle', 'barred'],
  unfit: ['idle', 'barred'],
}

/** How a reader is: a sign and a word, and what can be done about it. */
const statusOf = (status: Status, { say }: Words): Html => {
  const [look, sign] = TAGS[status]
  return html`<template data-status="${status}"
    >${status !== 'ready' && html`<span class="hint">${say(`bio.status.${status}.hint`)}</span>`}<span class="state"
      ><span class="tag ${raw(look)}">${icon(sign)}${say(`bio.status.${status}`)}</span></span
    ></template
  >`
}

/** One reader in the list; the script fills in which one it is. */
const readerTemplate = ({ say }: Words): Html =>
  html`<template data-reader>
    <div class="choice">
      <input type="radio" name="reader" />
      <label
        ><span><bdi data-name></bdi></span>
        <span class="hint">${say('bio.serial', { ending: html`<bdi class="num" dir="ltr" data-ending></bdi>` })}</span></label
      >
    </div>
  </template>`

const scanner = (view: BiometricsView, words: Words): Html => {
  const { say } = words
  return html`<div id="scanner" data-script hidden data-settings="${JSON.stringify(view.reader)}">
    <fieldset class="field" id="readers" hidden>
      <legend>${say('bio.readers')}</legend>
      <div class="choices" id="found"></div>
    </fieldset>
    <div class="scan" id="scan" role="status"></div>
    <div class="actions">
      <button class="go" id="start-scan" type="button" hidden>${say('bio.start')}</button>
      <button class="alt" id="stop-scan" type="button" hidden>${say('bio.stop')}</button>
      <button class="alt" id="look" type="button" hidden data-again="${words.line('bio.look.again')}">${say('bio.look')}</button>
    </div>
    <p class="hint seal-hint">${say('bio.seal')}</p>
    ${STATES.map((state) => saying(state, ICONS[state], words))} ${CAPTURE_FAMILIES.map((family) => saying(family, 'alert', words))}
    ${STATUSES.map((status) => statusOf(status, words))} ${readerTemplate(words)}
  </div>`
}

const TEXTS = { empty: 'bio.again', malformed: 'bio.again', again: 'bio.again', wrong: 'bio.wrong' } as const

const toldOf = (problem: Problem, words: Words): Told => {
  const { capture } = problem
  if (capture === undefined) return tell(problem, words, TEXTS)
  return { title: words.say(`bio.${capture}.title`), text: html`<p>${words.say(`bio.${capture}.text`)}</p>`, atField: undefined }
}

const noScript = (frame: Frame, view: BiometricsView, { say }: Words): Html =>
  html`<noscript>
    <div class="note warn" id="no-script">
      ${icon('info')}
      <p><b>${say('bio.noscript')}</b></p>
      <p>${say('bio.noscript.text')}</p>
      ${view.otherWays && html`<p><a class="inline" href="${to(frame, 'choose')}">${say('other_way')}</a></p>`}
    </div>
  </noscript>`

/** The ports of the readers and no other: the policy of the header says which machine, this one narrows it (CSP 3, §8.1). */
const policy = ({ reader }: BiometricsView): Part =>
  html`<meta
    http-equiv="content-security-policy"
    content="connect-src ${reader.ports.map((port) => `http://127.0.0.1:${String(port)}`).join(' ')}"
  />`

export const biometricsPage: Page<BiometricsView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const told = view.problem && toldOf(view.problem, words)
  return layout(frame, words, {
    title: line('bio.title'),
    hasProblem: told !== undefined,
    head: html`${policy(view)}<link rel="stylesheet" href="${view.statics.css}" />
      <script src="${view.statics.js}" defer></script>`,
    main: html`${backLink(frame, words)}${told && summary(told, 'start-scan')}
      <h1>${say('bio.title')}</h1>
      ${idLine(frame, words, view.idEnding, view.proven !== undefined)}${provenNote(words, view.proven)}${noScript(frame, view, words)}
      <form id="form-biometrics" method="post" action="${to(frame, 'biometrics')}" novalidate>
        ${csrfField(frame)}<input type="hidden" id="biometrics" name="biometrics" value="" />
        ${scanner(view, words)}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.until')} ${also(frame, words, view.otherWays)}`,
  })
}
