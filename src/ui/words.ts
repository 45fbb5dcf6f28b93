import type { Instant } from '../../domain/ports.ts'
import { inLanguage } from './brand.ts'
import { bdi, clip, type Html, num } from './html.ts'
import { calendarDate, clockTime, dateAndTime, lineIn, type Say, sayIn } from './text.ts'
import type { Frame, Language } from './views.ts'

/** Letters of a relying party's name that are shown. */
export const PARTY_MAX = 80

/** How a page speaks: sentences and times in its language, with the places that every sentence may name. */
export type Words = {
  readonly say: Say
  readonly line: Say
  /** Times of day with the place `zone` beside them. */
  readonly time: (at: Instant) => Html
  readonly date: (at: Instant) => Html
  readonly moment: (at: Instant) => Html
  readonly party: string
  readonly language: Language
}

export const wordsOf = (frame: Pick<Frame, 'brand' | 'language' | 'party'>): Words => {
  const { brand, language } = frame
  const unnamed = lineIn(language)('party.unnamed').markup
  const party = frame.party === undefined ? unnamed : clip(frame.party.name, PARTY_MAX)
  const country = inLanguage(brand.country, language)
  const zone = inLanguage(brand.timeZone.name, language)
  return {
    say: sayIn(language, { party: bdi(party), product: bdi(brand.product), country, zone, phone: num(brand.telephone) }),
    line: lineIn(language, { party, product: brand.product, country, zone, phone: brand.telephone }),
    time: (at) => clockTime(brand.timeZone.id, at),
    date: (at) => calendarDate(language, brand.timeZone.id, at),
    moment: (at) => dateAndTime(language, brand.timeZone.id, at),
    party,
    language,
  }
}
