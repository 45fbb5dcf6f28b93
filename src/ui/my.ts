import { isVerifiedName } from '../../domain/verified/names.ts'
import { labelOf } from './claims.ts'
import { clip, type Html, html, nothing, type Part } from './html.ts'
import { icon } from './icons.ts'
import { layout, OWN_PAGE } from './layout.ts'
import { csrfField, limitForm } from './parts.ts'
import type { Frame, MyAgreement, MyLogin, MyView, Page } from './views.ts'
import { PARTY_MAX, type Words, wordsOf } from './words.ts'

/** Letters of what a relying party says of its purpose. */
const PURPOSE_MAX = 300

const to = (step: string): string => `${OWN_PAGE}/${step}`

/** Claims and scopes by their names for people, in one line that breaks where it must. */
const listOf = (claims: readonly string[], scopes: readonly string[], { say, language }: Words): Html => {
  const labels = [
    ...claims.map((name) => labelOf('claim', name, say, language)),
    ...scopes.map((name) => labelOf('scope', name, say, language)),
  ]
  return labels.length === 0
    ? say('my.nothing')
    : html`<ul class="names">
        ${labels.map((label) => html`<li>${label}</li>`)}
      </ul>`
}

const row = (name: Html, value: Html): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`

const statusLine = ({ status, at, until }: MyAgreement, { say, date }: Words): Html => {
  switch (status) {
    case 'given':
      return until === undefined ? say('my.each') : say('my.stands', { date: date(until) })
    case 'withdrawn':
      return say('my.withdrawn', { date: date(at) })
    case 'revoked':
      return say('my.revoked', { date: date(at) })
    case 'expired':
      return say('my.expired', { date: date(at) })
    case 'refused':
      return say('my.refused', { date: date(at) })
  }
}

const withdrawForm = (frame: Frame, { consent, party }: MyAgreement, { say, line }: Words): Html =>
  html`<form id="form-withdraw-${consent}" method="post" action="${to('withdraw')}">
    ${csrfField(frame)}<input type="hidden" name="consent" value="${consent}" />
    <button class="alt" name="action" value="withdraw" aria-label="${line('my.withdraw.from', { party })}">${say('my.withdraw')}</button>
  </form>`

const receipts = ({ consent, receipts: all }: MyAgreement, { say, moment }: Words): Part =>
  all.length > 0 &&
  html`<ul class="names">
    ${all.map(
      ({ revision, at }) =>
        html`<li><a href="${to(`receipts/${consent}/${String(revision)}`)}">${say('my.receipt.of', { date: moment(at) })}</a></li>`,
    )}
  </ul>`

const agreement = (frame: Frame, one: MyAgreement, words: Words): Html => {
  const { say, date } = words
  const isNothing = one.claims.length + one.scopes.length === 0
  const plain = one.claims.filter((name) => !isVerifiedName(name))
  const verified = one.claims.filter(isVerifiedName)
  const party = html`<bdi>${clip(one.party, PARTY_MAX)}</bdi>`
  return html`<li class="card" id="agreement-${one.consent}">
    <h3>${party}</h3>
    <p class="state ${one.status === 'given' ? 'good' : 'over'}">
      ${one.status === 'given' ? icon('check') : nothing}<span>${statusLine(one, words)}</span>
    </p>
    <dl>
      ${
        one.status !== 'refused' &&
        row(say(one.status === 'given' ? 'my.gets' : 'my.agreements'), isNothing ? say('my.only') : listOf(plain, one.scopes, words))
      }
      ${verified.length > 0 && row(say('consent.verified'), listOf(verified, [], words))}
      ${one.refused.length > 0 && row(say('my.left_out'), listOf(one.refused, [], words))}
      ${one.purpose !== undefined && row(say('consent.why', { party }), html`<q dir="auto">${clip(one.purpose, PURPOSE_MAX)}</q>`)}
    </dl>
    ${one.givenAt !== undefined && html`<p class="hint">${say('my.given', { date: date(one.givenAt) })}</p>`}
    ${
      one.receipts.length > 0 &&
      html`<details class="more">
        <summary>${say('my.receipt')}</summary>
        <div class="in-more">${receipts(one, words)}</div>
      </details>`
    }
    ${
      one.status !== 'given' &&
      one.status !== 'refused' &&
      one.privacy !== undefined &&
      html`<p class="hint">
        ${say('my.erase', { party })}
        <a href="${one.privacy}" rel="noopener noreferrer">${say('consent.privacy', { party })}</a>
      </p>`
    }
    ${one.status === 'given' && withdrawForm(frame, one, words)}
  </li>`
}

const login = (one: MyLogin, words: Words): Html => {
  const { say, language, moment } = words
  const proofs = one.factors.map((factor) => html`<li>${say(`factor.${factor}`)}</li>`)
  return html`<li class="card">
    <details class="more">
      <summary>
        <span class="what"
          ><b class="whom"><bdi>${clip(one.party, PARTY_MAX)}</bdi></b> ${moment(one.at)}
          <b class="state ${one.end === 'done' ? 'good' : 'over'}">${say(`my.end.${one.end}`)}</b></span
        >
      </summary>
      <dl class="in-more">
        ${row(say('my.asked'), listOf(one.asked, one.scopes, { ...words, language }))} ${row(say('my.got'), listOf(one.got, [], words))}
        ${
          proofs.length > 0 &&
          row(
            say('my.proof'),
            html`<ul class="names">
              ${proofs}
            </ul>`,
          )
        }
        ${row(say('my.number'), html`<span class="ref num" dir="ltr">${one.reference}</span>`)}
      </dl>
    </details>
  </li>`
}

const pager = ({ older, newer }: MyView, { say }: Words): Part =>
  (older !== undefined || newer !== undefined) &&
  html`<p class="also">
    ${newer !== undefined && html`<a class="inline" id="newer" href="${newer}">${say('my.newer')}</a>`}
    ${older !== undefined && html`<a class="inline" id="older" href="${older}">${say('my.older')}</a>`}
  </p>`

const tools = (frame: Frame, view: MyView, words: Words): Html => {
  const { say } = words
  return html`<div class="bar">
      <a class="inline" id="download" href="${to('download')}" download aria-describedby="download-hint">${say('my.download')}</a>
      <form id="form-logout" method="post" action="${to('logout')}">
        ${csrfField(frame)}<button class="text" id="logout" name="action" value="logout">${say('my.logout')}</button>
      </form>
    </div>
    <p class="hint" id="download-hint">${say('my.download.hint')}</p>
    ${view.limit && limitForm(frame, words, view.limit, 'my.until')}`
}

/** What a person agreed to, and every sign-in with their ID. One press takes an agreement back. */
export const myPage: Page<MyView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const { authority } = frame.brand
  return layout(frame, words, {
    title: line('my.title'),
    main: html`<h1>${say('my.title')}</h1>
      ${
        view.withdrawn !== undefined &&
        html`<div class="note good" role="status" id="done">
          ${icon('check')}
          <p>${say('my.done', { party: html`<bdi>${clip(view.withdrawn, PARTY_MAX)}</bdi>` })}</p>
        </div>`
      }
      ${tools(frame, view, words)}
      <section aria-labelledby="agreements">
        <h2 id="agreements">${say('my.agreements')}</h2>
        ${view.agreements.length === 0 && html`<p class="told">${say('my.agreements.none')}</p>`}
        <ul class="cards">
          ${view.agreements.map((one) => agreement(frame, one, words))}
        </ul>
      </section>
      <section aria-labelledby="logins">
        <h2 id="logins">${say('my.logins')}</h2>
        <p class="hint">${say('my.logins.hint')}</p>
        ${view.logins.length === 0 && html`<p class="told">${say('my.logins.none')}</p>`}
        <ul class="cards">
          ${view.logins.map((one) => login(one, words))}
        </ul>
        ${pager(view, words)}
      </section>
      ${
        authority.url !== '' &&
        html`<p class="told">
          ${say('consent.what.complain', {
            authority: html`<a href="${authority.url}" rel="noopener noreferrer">${clip(view.authority, 100)}</a>`,
          })}
        </p>`
      } `,
  })
}

/** Where several know people, each has a way in of its own. */
type Door = { readonly isSignedOut: boolean; readonly systems?: readonly { readonly id: string; readonly name: string }[] }

const waysIn = ({ say }: Words, systems: Door['systems']): Html =>
  systems === undefined
    ? html`<button class="go" id="sign-in" name="action" value="sign-in">${say('my.signin')}</button>`
    : html`${systems.map(
        ({ id, name }) => html`<button class="go" id="sign-in-${id}" name="id_system" value="${id}">${say('my.signin')}: ${name}</button>`,
      )}`

/** Before: nothing of anybody is shown. */
export const myDoorPage: Page<Door> = (frame, { isSignedOut, systems }) => {
  const words = wordsOf(frame)
  const { say, line } = words
  return layout(frame, words, {
    title: line('my.title'),
    main: html`<h1>${say('my.title')}</h1>
      ${
        isSignedOut &&
        html`<div class="note good" role="status" id="out">
          ${icon('check')}
          <p>${say('my.out')}</p>
        </div>`
      }
      <p class="intro">${say('my.intro')}</p>
      <p class="told">${say('my.signin.text')}</p>
      <form id="form-sign-in" method="post" action="${to('sign-in')}">
        <div class="actions">${waysIn(words, systems)}</div>
      </form>`,
  })
}
