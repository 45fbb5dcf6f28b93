import { html } from './html.ts'
import { secretPage } from './secret.ts'
import type { Page, PasswordView } from './views.ts'
import { wordsOf } from './words.ts'

export const passwordPage: Page<PasswordView> = (frame, view) => {
  const words = wordsOf(frame)
  const label = words.say('password.label')
  return secretPage(frame, words, view, { name: 'password', label, look: 'in', typing: html`autocapitalize="none"` })
}
