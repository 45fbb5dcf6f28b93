import { html } from './html.ts'
import { layout } from './layout.ts'
import type { FormPostView, Page, WaitView } from './views.ts'
import { wordsOf } from './words.ts'

/**
 * Looks again by itself. The script does it where there is one; the meta element stands in `noscript` for everybody else.
 * The server bounds how often this page is the answer.
 */
export const waitPage: Page<WaitView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const seconds = Math.max(1, Math.floor(view.refreshS))
  return layout(frame, words, {
    title: line('wait.heading'),
    head: html`<noscript><meta http-equiv="refresh" content="${seconds};url=${view.href}" /></noscript>`,
    main: html`<h1>${say('wait.heading')}</h1>
      <p class="intro" role="status">${say('wait.text')}</p>
      <div class="actions"><a class="go" id="look" href="${view.href}" data-look="${seconds}">${say('wait.look')}</a></div>`,
  })
}

/** OAuth 2.0 Form Post Response Mode 1.0: the parameters travel in a form of the browser. Without script its button sends it. */
export const formPostPage: Page<FormPostView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  return layout(frame, words, {
    title: line('form.heading'),
    main: html`<h1>${say('form.heading')}</h1>
      <p class="intro">${say('form.text')}</p>
      <form id="form-post" method="post" action="${view.action}" data-send>
        ${view.fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="actions"><button class="go" id="go-on">${say('form.go')}</button></div>
      </form>`,
  })
}
