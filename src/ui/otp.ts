import { type Html, html, num, type Part, raw } from './html.ts'
import { icon } from './icons.ts'
import { layout } from './layout.ts'
import { channelField } from './channel.ts'
import {
  also,
  backLink,
  continueButton,
  csrfField,
  describedBy,
  limitForm,
  provenNote,
  summary,
  tell,
  timer,
  to,
  type Told,
  wrong,
} from './parts.ts'
import type { Frame, OtpView, Page } from './views.ts'
import type { TextKey } from './text.ts'
import { type Words, wordsOf } from './words.ts'

const FIELD = 'otp'

/** What the page says about the message: in every state the same for known and unknown ids (rule 22). */
const delivery = (view: OtpView, { say, party }: Words): Part => [
  view.resent === true &&
    view.state !== 'failed' &&
    html`<div class="note good" role="status">
      ${icon('check')}
      <p>${say('otp.resent')}</p>
    </div>`,
  view.state === 'failed' &&
    html`<div class="note warn" id="not-sent" role="status">
      ${icon('alert')}
      <p><b>${say('otp.failed')}</b></p>
      <p>${say('otp.failed.text')}</p>
    </div>`,
  view.state !== 'failed' &&
    html`<div class="note" id="reference">
      ${icon('shield')}
      <p>
        ${say('otp.message', { party: html`<b><bdi>${party}</bdi></b>`, reference: html`<b class="ref num" dir="ltr">${view.reference}</b>` })}
      </p>
    </div>`,
]

/** By the way that was asked for, not by what the person has (rule 22). */
const introOf = ({ channel }: OtpView): TextKey =>
  channel === undefined || channel.chosen === 'all' ? 'otp.intro' : `otp.intro.${channel.chosen}`

const codeField = (view: OtpView, words: Words, told: Told | undefined): Html => {
  const { say, line, time } = words
  const isBad = told?.atField !== undefined
  const { code } = view
  return html`<div class="field${raw(isBad ? ' bad' : '')}">
    <label for="${FIELD}">${say('otp.label', { count: view.digits })}</label>
    <p class="hint" id="${FIELD}-hint">${say('otp.hint')}${view.state === 'sending' && [' ', say('otp.sending')]}</p>
    <input
      class="in code of${view.digits}"
      id="${FIELD}"
      name="${FIELD}"
      type="text"
      dir="ltr"
      inputmode="numeric"
      autocomplete="one-time-code"
      spellcheck="false"
      ${describedBy(FIELD, isBad)}
      required
    />
    ${told?.atField && wrong(FIELD, told.atField)}
    ${code && timer('otp-timer', code.secondsLeft, say('otp.until', { time: time(code.until) }), line('otp.at60'), line('otp.at0'))}
  </div>`
}

/** Always pressable: too early or too often is answered in words after the press. */
const resendForm = (frame: Frame, { resend, channel }: OtpView, words: Words): Html => {
  const { say, time } = words
  return html`<form class="field" id="form-resend" method="post" action="${to(frame, 'resend')}">
    ${csrfField(frame)}
    <h2>${say('otp.more')}</h2>
    <p class="hint" id="resend-hint">
      ${resend.left > 0 ? say('otp.left', { count: resend.left }) : say('otp.left.none')}
      ${resend.left > 0 && resend.from !== undefined && [' ', say('otp.from', { time: time(resend.from) })]}
    </p>
    ${
      resend.left > 0 &&
      html`${channel && channelField(channel, words)}
        <div class="actions after-hint">
          <button class="alt" id="resend" name="action" value="resend" aria-describedby="resend-hint">${say('otp.resend')}</button>
        </div>`
    }
  </form>`
}

export const otpPage: Page<OtpView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const told =
    view.problem && tell(view.problem, words, { empty: 'otp.empty', malformed: 'otp.malformed', again: 'otp.again', wrong: 'otp.wrong' })
  return layout(frame, words, {
    title: line('otp.title'),
    hasProblem: told !== undefined,
    main: html`${backLink(frame, words)}${told && summary(told, FIELD)}
      <h1>${say('otp.title')}</h1>
      ${view.state !== 'failed' && html`<p class="intro">${say(introOf(view), { ending: num(view.idEnding) })}</p>`}
      ${provenNote(words, view.proven)} ${delivery(view, words)}
      <form id="form-otp" method="post" action="${to(frame, 'otp')}" novalidate>
        ${csrfField(frame)}${codeField(view, words, told)}${continueButton(words)}
      </form>
      ${resendForm(frame, view, words)} ${limitForm(frame, words, view.limit, 'limit.until')} ${also(frame, words, view.otherWays)}`,
  })
}
