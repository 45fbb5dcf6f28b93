import { html, num } from './html.ts'
import { layout } from './layout.ts'
import { isOnlySignIn, noticePieces } from './notice.ts'
import { csrfField, limitForm, summary, tell, to } from './parts.ts'
import type { ConsentView, Page } from './views.ts'
import { wordsOf } from './words.ts'

export const consentPage: Page<ConsentView> = (frame, view) => {
  const words = wordsOf(frame)
  const { say, line } = words
  const { question, why, asked, answers } = noticePieces(frame, view)
  const told =
    view.problem && tell(view.problem, words, { empty: 'problem.empty', malformed: 'problem.malformed', again: 'problem.malformed' })
  return layout(frame, words, {
    title: line(isOnlySignIn(view) ? 'choose.title' : 'consent.title'),
    hasProblem: told !== undefined,
    main: html`${told && summary({ ...told, atField: undefined }, 'form-consent')} ${question}
      <p class="as"><span>${say('consent.as', { ending: num(view.idEnding) })}</span></p>
      ${why}
      <form id="form-consent" method="post" action="${to(frame, 'consent')}">
        ${csrfField(frame)}<input type="hidden" name="notice" value="${view.notice.digest}" />${asked}${answers}
      </form>
      ${limitForm(frame, words, view.limit, 'limit.decide')}`,
  })
}
