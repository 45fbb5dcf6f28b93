import { isObject } from '../../domain/json.ts'
import { Fault, type LanguageText } from '../../domain/ports.ts'
import type { Language } from './language.ts'

/** The five colours that a country sets; everything else follows or stays. CSS hex colours, `#rrggbb`. */
export type Colours = {
  readonly brand: string
  readonly onBrand: string
  readonly cover: string
  readonly seal: string
  readonly link: string
}

/** What makes the pages a country's own. */
export type Brand = {
  readonly country: LanguageText
  readonly product: string
  readonly telephone: string
  /** Where people can write to who runs the broker; stands in receipts. */
  readonly address: string
  /** Clock times between which somebody answers. */
  readonly hours: { readonly from: string; readonly to: string }
  readonly timeZone: { readonly id: string; readonly name: LanguageText }
  /** Where people complain about how their details are used; without a URL it is not named. */
  readonly authority: { readonly name: LanguageText; readonly url: string; readonly address: string }
  readonly links: { readonly help: string; readonly privacy: string; readonly accessibility: string }
  readonly light: Colours
  readonly dark: Colours
  /** SVG path data on a 48 x 48 field: lines in `--brand`, the sun filled in `--seal`. */
  readonly emblem: { readonly lines: readonly string[]; readonly sun: string }
}

/** A country that does not exist, so that nobody mistakes the demo for one that does. */
export const ALMARIA: Brand = {
  country: {
    en: 'Republic of Almaria',
    fr: 'République d’Almarie',
    ar: 'جمهورية ألماريا',
    hi: 'आल्मारिया गणराज्य',
    km: 'សាធារណរដ្ឋអាល់ម៉ារីយ៉ា',
    kn: 'ಅಲ್ಮಾರಿಯಾ ಗಣರಾಜ್ಯ',
    ta: 'அல்மாரியா குடியரசு',
  },
  product: 'eSignet',
  telephone: '1414',
  address: '',
  hours: { from: '7:00', to: '22:00' },
  timeZone: {
    id: 'UTC',
    name: {
      en: 'Almaria time',
      fr: 'heure d’Almarie',
      ar: 'بتوقيت ألماريا',
      hi: 'आल्मारिया का समय',
      km: 'ម៉ោងអាល់ម៉ារីយ៉ា',
      kn: 'ಅಲ್ಮಾರಿಯಾ ಸಮಯ',
      ta: 'அல்மாரியா நேரம்',
    },
  },
  authority: { name: { en: 'Data protection authority' }, url: '', address: '' },
  links: { help: '/help', privacy: '/privacy', accessibility: '/accessibility' },
  light: { brand: '#0e4f54', onBrand: '#ffffff', cover: '#0f4347', seal: '#a8741a', link: '#0b5459' },
  dark: { brand: '#86d3cd', onBrand: '#06262a', cover: '#103b3f', seal: '#dcae5c', link: '#93d9d3' },
  emblem: {
    lines: [
      'M2 24a22 22 0 1 0 44 0a22 22 0 1 0-44 0',
      'M9 29c3.5-2.5 6.5-2.5 10 0s6.5 2.5 10 0 6.5-2.5 10 0M12.5 35c3-2 5.5-2 8 0s5 2 7.5 0 5-2 7.5 0',
    ],
    sun: 'M14 25a10 10 0 0 1 20 0z',
  },
}

const COLOUR = /^#[0-9a-f]{6}$/i
const PATH_DATA = /^[MmLlHhVvCcSsQqTtAaZz0-9 ,.\-]{1,2000}$/
/** A path of ours or an https address: what a footer link may be. */
const LINK = /^(\/(?!\/)|https:\/\/)[^\s"'<>\\]{0,500}$/
const WORDS = /^[^<>{}\p{Cc}]{1,120}$/u
const ADDRESS = /^[^<>{}\p{Cc}]{1,300}$/u
const LINES_MAX = 8

const patternOf = (path: string): RegExp =>
  /^(light|dark)\./.test(path)
    ? COLOUR
    : path.startsWith('links.') || path === 'authority.url'
      ? LINK
      : path.startsWith('emblem.')
        ? PATH_DATA
        : path.endsWith('address')
          ? ADDRESS
          : WORDS

const bad = (path: string, want: string): Fault => new Fault('invalid', `brand.${path}: ${want}`)

/** Lays what a deployment says over the default. Language texts and lists replace; other members are looked at one by one. */
const merged = (path: string, base: unknown, over: unknown): unknown => {
  if (over === undefined) return base
  if (typeof base === 'string') {
    if (typeof over !== 'string' || !patternOf(path).test(over)) throw bad(path, `must be text like ${base}`)
    return over
  }
  if (Array.isArray(base)) {
    if (!Array.isArray(over) || over.length > LINES_MAX) throw bad(path, `must be a list of at most ${LINES_MAX}`)
    return over.map((entry) => merged(path, '', entry))
  }
  if (!isObject(base) || !isObject(over)) throw bad(path, 'must be an object')
  const isLanguageText = path === 'country' || path === 'timeZone.name' || path === 'authority.name'
  const unknownMember = Object.keys(over).find((member) => !isLanguageText && !(member in base))
  if (unknownMember !== undefined) throw bad(path === '' ? unknownMember : `${path}.${unknownMember}`, 'is not known')
  if (isLanguageText) return Object.fromEntries(Object.entries(over).map(([tag, text]) => [tag, merged(path, 'text', text)]))
  return Object.fromEntries(
    Object.entries(base).map(([member, value]) => [member, merged(path === '' ? member : `${path}.${member}`, value, over[member])]),
  )
}

const knownZone = (id: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: id }).resolvedOptions().timeZone === '' ? '' : id
  } catch {
    throw new Fault('invalid', 'timeZone: must be an IANA name such as Africa/Nairobi')
  }
}

/**
 * The brand of a deployment: `settings.brand` over the fictional default, with the time zone of `settings.timeZone`, which goes
 * by its IANA name unless the brand names it. What is not understood is a `Fault`, so that a mistake shows at the start.
 */
export const brandOf = (over: unknown, timeZone: string = ALMARIA.timeZone.id): Brand => {
  // The shape is that of ALMARIA: `merged` keeps every member and the type of every leaf.
  const brand = merged('', ALMARIA, over ?? {}) as Brand
  const isNamed = brand.timeZone.name !== ALMARIA.timeZone.name || timeZone === ALMARIA.timeZone.id
  return { ...brand, timeZone: { id: knownZone(timeZone), name: isNamed ? brand.timeZone.name : { en: timeZone } } }
}

/** A text in the page's language, else in English, else in any. */
export const inLanguage = (text: LanguageText, language: Language): string => text[language] ?? text['en'] ?? Object.values(text)[0] ?? ''
