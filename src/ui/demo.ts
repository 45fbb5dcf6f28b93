import { labelOf } from './claims.ts'
import { clip, type Html, html, type Part, raw } from './html.ts'
import { emblem, icon } from './icons.ts'
import { tightened } from './layout.ts'
import { dateAndTime, sayIn } from './text.ts'
import type { DemoFrame, DemoHomeView, DemoResultView, OutboxView } from './views.ts'
import { isObject } from '../../domain/json.ts'

/** The relying party of the demo: another house, so another look, and in English only. */
const NAME = 'Harbour Savings Bank'

/** Letters of one value, and members of one list, that the page shows. */
const VALUE_MAX = 400
const ROWS_MAX = 100

const demoLayout = (frame: DemoFrame, title: string, main: Part): string =>
  tightened(
    html`<!doctype html>
      <html lang="en" dir="ltr">
        <head>
          <meta charset="utf-8" />
          <title>${title} - ${NAME} (demonstration)</title>
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          <link rel="icon" href="${frame.statics.icon}" />
          <link rel="stylesheet" href="${frame.statics.css}" />
          <script src="${frame.statics.js}" defer></script>
        </head>
        <body class="rp">
          <a class="skip" href="#main">Skip to the content</a>
          <aside class="demo" aria-label="Demonstration">
            Demonstration. No bank, no money, fictional people. <a id="outbox" href="${frame.outbox}">See the codes that were sent</a>
          </aside>
          <header class="top">
            <div class="wrap">
              <div class="mark">
                <img class="logo" src="${frame.statics.logo}" alt="" width="44" height="44" />
                <p><b>${NAME}</b></p>
              </div>
              <nav aria-label="Main">
                <ul>
                  <li><a href="/">Home</a></li>
                  <li><a href="/#ask">What we see</a></li>
                </ul>
              </nav>
            </div>
          </header>
          <main id="main" tabindex="-1">${main}</main>
          <footer class="foot">
            <p class="wrap">
              ${NAME} is made up. This page shows what a service looks like that signs people in with ${frame.brand.product}.
            </p>
          </footer>
        </body>
      </html> `,
  )

const message = (kind: 'good' | 'bad', name: 'leave' | 'alert', text: Part): Html =>
  html`<div class="out ${kind}" role="status">
    <div class="wrap">
      ${icon(name)}
      <p>${text}</p>
    </div>
  </div>`

const sea = raw(
  '<svg class="sea" width="400" height="260" viewBox="0 0 400 260" aria-hidden="true"><path fill="#f4b29f" d="M214 20v160h112z"/><path fill="#d4573b" d="M200 46v134h-84z"/><path fill="#fff" d="M96 192h228l-34 34H130z"/><path fill="none" stroke="#7f9be0" stroke-width="8" stroke-linecap="round" d="M6 238c32-22 64-22 97 0s64 22 97 0 64-22 97 0 64 22 97 0"/></svg>',
)

export const demoHomePage = (frame: DemoFrame, view: DemoHomeView): string => {
  const { product } = frame.brand
  return demoLayout(
    frame,
    'A savings account in ten minutes',
    html`${
        view.signedOut === true &&
        message(
          'good',
          'leave',
          html`<b>You have signed out.</b> ${product} keeps no session, so nobody can go on in your name on this device.`,
        )
      }
      ${
        view.problem &&
        message(
          'bad',
          'alert',
          html`<b>You are not signed in.</b> ${product} answered
            <bdi class="mono">${clip(view.problem.error, 80)}</bdi
            >${view.problem.description !== undefined && [': ', clip(view.problem.description, 200)]}`,
        )
      }
      <section class="hero">
        <div class="wrap">
          <div class="words">
            <h1>A savings account in ten minutes</h1>
            <p>No visit, no paper. Prove who you are with your digital ID and choose what you share with us.</p>
            <div class="actions">
              ${view.buttons.map(
                ({ id, text, href }, index) =>
                  html`<a class="${index === 0 ? 'go signin' : 'alt quiet'}" id="${id}" href="${href}"
                    >${index === 0 && emblem(frame.brand)}${text}</a
                  >`,
              )}
            </div>
          </div>
          ${sea}
        </div>
      </section>
      <div class="wrap cols">
        <section aria-labelledby="need">
          <h2 id="need">What you need</h2>
          <ul>
            <li>Your ID number</li>
            <li>A phone for the code, or your password or PIN</li>
          </ul>
        </section>
        <section aria-labelledby="get">
          <h2 id="get">What we ask for</h2>
          <ul>
            <li>Your name and date of birth, because the law says so</li>
            <li>More only if you like: you tick it or you do not</li>
          </ul>
        </section>
        <section aria-labelledby="ask">
          <h2 id="ask">What we never see</h2>
          <ul>
            <li>Your password, PIN, code or fingerprint</li>
            <li>Where else you sign in</li>
          </ul>
        </section>
      </div>`,
  )
}

const PICTURE = /^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]{1,400000}={0,2}$/

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  return value === undefined ? '' : JSON.stringify(value)
}

const shown = (name: string, value: unknown): Html => {
  if (typeof value === 'string' && PICTURE.test(value))
    return html`<img class="photo" src="${value}" alt="The photo that was shared" width="120" height="150" />`
  if (name === 'address' && isObject(value)) {
    const lines = typeof value['formatted'] === 'string' ? value['formatted'].split('\n') : Object.values(value).map(textOf)
    return html`${lines.slice(0, 10).map((line, index) => [index > 0 && html`<br />`, html`<bdi>${clip(line, VALUE_MAX)}</bdi>`])}`
  }
  if (isObject(value) || Array.isArray(value)) return html`<code class="mono">${clip(JSON.stringify(value), VALUE_MAX)}</code>`
  return html`<bdi>${clip(textOf(value), VALUE_MAX)}</bdi>`
}

/** Claims of the protocol, not of the person. */
const PROTOCOL = new Set(['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'sub'])

const rows = (record: Readonly<Record<string, unknown>>, label: (name: string) => Part): readonly Html[] =>
  Object.entries(record)
    .slice(0, ROWS_MAX)
    .map(([name, value]) => {
      const tag = name.split('#', 2)[1]
      const lang = tag !== undefined && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(tag) ? html` lang="${tag}"` : undefined
      return html`<tr>
        <th scope="row">${label(name)}</th>
        <td${lang} dir="auto">${shown(name, value)}</td>
      </tr>`
    })

/** What the bank received, after it checked everything. */
export const demoResultPage = (frame: DemoFrame, view: DemoResultView): string => {
  const say = sayIn('en')
  const details = Object.fromEntries(Object.entries(view.claims).filter(([name]) => !PROTOCOL.has(name)))
  const name = [view.claims['name'], view.claims['name#en'], view.claims['given_name']].find((value) => typeof value === 'string')
  const technical = (claim: string): Html => html`<span class="mono">${clip(claim, 80)}</span>`
  return demoLayout(
    frame,
    'You are signed in',
    html`<div class="wrap result">
      <h1>${name === undefined ? 'Welcome' : ['Welcome, ', html`<bdi>${clip(name, 80)}</bdi>`]}</h1>
      <p class="intro">You are signed in with ${frame.brand.product}. This is everything that we received.</p>
      <section class="pane" aria-labelledby="details">
        <h2 id="details">Your details</h2>
        ${
          Object.keys(details).length === 0
            ? html`<p class="empty">None. You shared nothing but that it is you.</p>`
            : html`<table>
                <tbody>
                  ${rows(details, (claim) => labelOf('claim', claim, say, 'en'))}
                </tbody>
              </table>`
        }
      </section>
      <section class="pane" aria-labelledby="checks">
        <h2 id="checks">What we checked</h2>
        <ul class="checks">
          ${view.checks.map((check) => html`<li>${icon('check')}<span>${check}</span></li>`)}
        </ul>
      </section>
      <details class="more" id="technical">
        <summary>The ID token, for developers</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="ID token">
          <table>
            <tbody>
              ${rows({ ...view.idToken }, technical)}
            </tbody>
          </table>
        </div>
      </details>
      <div class="actions"><a class="go" id="home" href="${view.home}">Sign out</a></div>
    </div>`,
  )
}

/** Codes that the mock ID system "sent". Exists in the demo only. */
export const outboxPage = (frame: DemoFrame, view: OutboxView): string => {
  const zone = frame.brand.timeZone.id
  return demoLayout(
    frame,
    'Outbox',
    html`<div class="wrap result">
      <h1>Outbox</h1>
      <p class="intro">In the demonstration no message leaves this machine. What would have been sent stands here, newest first.</p>
      <div class="actions"><a class="go" id="refresh" href="${view.refresh}">Look again</a></div>
      <section class="pane" aria-labelledby="messages">
        <h2 id="messages">Messages</h2>
        ${
          view.messages.length === 0
            ? html`<p class="empty">Nothing yet. Ask for a code, then look again.</p>`
            : html`<ol class="mails">
                ${view.messages.slice(0, ROWS_MAX).map(
                  ({ at, channel, to, text }) =>
                    html`<li>
                      <p class="sms">${clip(text, VALUE_MAX)}</p>
                      <p class="hint">
                        <span class="tag idle">${channel}</span> <bdi class="num" dir="ltr">${clip(to, 80)}</bdi>,
                        ${dateAndTime('en', zone, at)}
                      </p>
                    </li>`,
                )}
              </ol>`
        }
      </section>
    </div>`,
  )
}
