import type { Instant } from '../../domain/ports.ts'
import { bdi, type Html, html, isolate, num, raw } from './html.ts'
import ar from './text/ar.json' with { type: 'json' }
import en from './text/en.json' with { type: 'json' }
import fr from './text/fr.json' with { type: 'json' }
import hi from './text/hi.json' with { type: 'json' }
import km from './text/km.json' with { type: 'json' }
import kn from './text/kn.json' with { type: 'json' }
import ta from './text/ta.json' with { type: 'json' }
import type { Direction, Language } from './views.ts'

/** One key per sentence; a sentence that counts has a form per plural category: `key#one`, `key#other`. */
export type TextKey = keyof typeof en extends infer Key ? (Key extends `${infer Base}#${string}` ? Base : Key) : never

export const TEXTS: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en, fr, ar, hi, km, kn, ta }

/** In the order of the menu. */
export const LANGUAGES: readonly Language[] = ['en', 'fr', 'ar', 'hi', 'km', 'kn', 'ta']

/** Each by its own name. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  fr: 'Français',
  ar: 'العربية',
  hi: 'हिन्दी',
  km: 'ភាសាខ្មែរ',
  kn: 'ಕನ್ನಡ',
  ta: 'தமிழ்',
}

/** `{name}` in a sentence. Strings are isolated, numbers too; Html goes in as it is. `count` chooses the plural form. */
export type Places = Readonly<Record<string, string | number | Html>>

export type Say = (key: TextKey, places?: Places) => Html

export const dir = (language: Language): Direction => (language === 'ar' ? 'rtl' : 'ltr')

const plurals = new Map(LANGUAGES.map((tag) => [tag, new Intl.PluralRules(tag)]))

const sentence = (language: Language, key: TextKey, places: Places): string => {
  const texts = TEXTS[language]
  const plain = texts[key]
  if (plain !== undefined) return plain
  const count = places['count']
  const form = plurals.get(language)?.select(typeof count === 'number' ? count : 0) ?? 'other'
  return texts[`${key}#${form}`] ?? texts[`${key}#other`] ?? key
}

const PLACE = /\{(\w+)\}/

type Wrap = (value: string | number | Html) => Html

const fill = (language: Language, key: TextKey, places: Places, wrap: Wrap): Html => {
  const pieces = sentence(language, key, places).split(PLACE)
  return html`${pieces.map((piece, index) => {
    if (index % 2 === 0) return piece
    const value = places[piece]
    return value === undefined ? piece : wrap(value)
  })}`
}

const inText: Wrap = (value) => (typeof value === 'object' ? value : typeof value === 'number' ? num(value) : bdi(value))
const inLine: Wrap = (value) => (typeof value === 'object' ? raw(value.markup.replace(/<[^>]*>/g, '')) : isolate(String(value)))

/** Sentences for the text of a page. */
export const sayIn =
  (language: Language, always: Places = {}): Say =>
  (key, places = {}) =>
    fill(language, key, { ...always, ...places }, inText)

/** Sentences for titles and attributes, where there can be no element. */
export const lineIn =
  (language: Language, always: Places = {}): Say =>
  (key, places = {}) =>
    fill(language, key, { ...always, ...places }, inLine)

/** What a person may send in a language header or parameter before the rest is not looked at. */
const TAGS_MAX = 32

const known = (tag: string): Language | undefined => {
  const base = tag.trim().toLowerCase().split(/[-_]/)[0]
  return LANGUAGES.find((language) => language === base)
}

const firstKnown = (tags: readonly string[]): Language | undefined => {
  for (const tag of tags.slice(0, TAGS_MAX)) {
    const language = known(tag)
    if (language !== undefined) return language
  }
  return undefined
}

/** RFC 9110 §12.5.4: by quality, then by order; quality 0 is "not this". */
const accepted = (header: string): readonly string[] =>
  header
    .split(',', TAGS_MAX)
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';')
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/i.exec(parameter)?.[1]).find((value) => value !== undefined)
      return { tag, quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag)

/**
 * The language of a page: what the person chose on a page wins over everything; then `ui_locales` of the request
 * (OpenID Connect Core §3.1.2.1: best first, none required), then the browser, then English.
 */
export const pickLanguage = (from: {
  readonly uiLocales?: string | undefined
  readonly accept?: string | undefined
  readonly chosen?: string | undefined
}): Language =>
  firstKnown(from.chosen === undefined ? [] : [from.chosen]) ??
  firstKnown((from.uiLocales ?? '').split(' ')) ??
  firstKnown(accepted(from.accept ?? '')) ??
  'en'

/** Digits that people compare are 0-9 in every language. */
const locale = (language: Language): string => `${language === 'en' ? 'en-GB' : language}-u-nu-latn`

const formats = new Map<string, Intl.DateTimeFormat>()
const FORMATS_MAX = 64

const format = (language: Language, zone: string, kind: 'time' | 'date' | 'both'): Intl.DateTimeFormat => {
  const key = `${language} ${zone} ${kind}`
  const made = formats.get(key)
  if (made !== undefined) return made
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const date = { day: 'numeric', month: 'long', year: 'numeric', calendar: 'gregory' } as const
  const options = kind === 'time' ? time : kind === 'date' ? date : { ...date, ...time }
  const fresh = new Intl.DateTimeFormat(locale(language), { ...options, timeZone: zone })
  if (formats.size < FORMATS_MAX) formats.set(key, fresh)
  return fresh
}

export const clockTime = (zone: string, at: Instant): Html =>
  html`<time class="num" datetime="${at}">${format('en', zone, 'time').format(Date.parse(at))}</time>`

export const calendarDate = (language: Language, zone: string, at: Instant): Html =>
  html`<time class="num" datetime="${at.slice(0, 10)}">${format(language, zone, 'date').format(Date.parse(at))}</time>`

export const dateAndTime = (language: Language, zone: string, at: Instant): Html =>
  html`<time class="num" datetime="${at}">${format(language, zone, 'both').format(Date.parse(at))}</time>`

export const either = (language: Language, things: readonly string[]): string =>
  new Intl.ListFormat(language, { type: 'disjunction' }).format(things)

export const all = (language: Language, things: readonly string[]): string =>
  new Intl.ListFormat(language, { type: 'conjunction' }).format(things)
