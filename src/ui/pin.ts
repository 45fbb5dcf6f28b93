import { html } from './html.ts'
import { secretPage } from './secret.ts'
import type { Page, PinView } from './views.ts'
import { wordsOf } from './words.ts'

/** Lengths for which the stylesheet paints places. */
const isPainted = (digits: number): boolean => digits >= 4 && digits <= 8

export const pinPage: Page<PinView> = (frame, view) => {
  const words = wordsOf(frame)
  const { digits } = view
  const label = digits === undefined ? words.say('pin.label') : words.say('pin.label.digits', { count: digits })
  const look = digits !== undefined && isPainted(digits) ? `in code of${String(digits)}` : 'in'
  return secretPage(frame, words, view, { name: 'pin', label, look, typing: html`dir="ltr" inputmode="numeric"` })
}
