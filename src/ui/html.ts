/** Markup that is safe to show. Made by `html` and `raw` only. */
export type Html = { readonly markup: string }

export type Part = Html | string | number | false | null | undefined | readonly Part[]

/** Line breaks and tabs too, so that tidying the markup's own white space never touches a text. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  '\n': '&#10;',
  '\t': '&#9;',
}

/**
 * What no text may carry into a page: control characters, and the characters that turn the direction of what follows
 * (embeddings, overrides, isolates: a stranger's name must not rearrange the sentence around it).
 */
const UNSEEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uFEFF]/g
const SEPARATORS = /[\u2028\u2029]/g

/** Safe in text and between the quotes of an attribute. Lone surrogates become U+FFFD, so that the page is always valid UTF-8. */
export const escapeHtml = (text: string): string =>
  text
    .toWellFormed()
    .replace(UNSEEN, '')
    .replace(SEPARATORS, ' ')
    .replace(/[&<>"'`\n\t]/g, (character) => ENTITIES[character] ?? '')

const isHtml = (part: Part): part is Html => typeof part === 'object' && part !== null && 'markup' in part

const markupOf = (part: Part): string => {
  if (part === undefined || part === null || part === false) return ''
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return escapeHtml(part)
  return isHtml(part) ? part.markup : part.map(markupOf).join('')
}

/** Everything put into it is escaped; arrays are joined; undefined, null and false are nothing. Attribute values must be quoted. */
export const html = (constants: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: constants.reduce((whole, constant, index) => whole + constant + (index < parts.length ? markupOf(parts[index]) : ''), ''),
})

/** Only for constants of this code base. Nothing that came over a wire, from a file or from a person may be passed. */
export const raw = (constant: string): Html => ({ markup: constant })

export const nothing: Html = { markup: '' }

/** An attribute that is there or not. `name` is a constant. */
export const attribute = (name: string, value: string | number | boolean | undefined): Html => {
  if (value === undefined || value === false) return nothing
  return value === true ? raw(` ${name}`) : html`${raw(` ${name}="`)}${String(value)}${raw('"')}`
}

/** U+2068 ... U+2069: what `bdi` is, where there can be no element (titles, attributes). */
export const isolate = (text: string): Html => html`${raw('\u2068')}${text}${raw('\u2069')}`

export const bdi = (text: string): Html => html`<bdi>${text}</bdi>`
/** Numbers, codes and addresses: left to right and tabular in every script. */
export const num = (text: string | number): Html => html`<bdi class="num" dir="ltr">${text}</bdi>`

/** No grapheme is looked at beyond this many code units a grapheme allowed: stacked marks cannot make the work, or the line, endless. */
const UNITS_PER_GRAPHEME = 8
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** At most `max` letters as a person counts them, in one line, with an ellipsis where something was cut. */
export const clip = (text: string, max: number): string => {
  const line = text
    .slice(0, (max + 1) * UNITS_PER_GRAPHEME)
    .toWellFormed()
    .replace(UNSEEN, '')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = Array.from(graphemes.segment(line), ({ segment }) => segment.slice(0, UNITS_PER_GRAPHEME))
  const cut = letters.length > max || text.length > (max + 1) * UNITS_PER_GRAPHEME
  return cut ? `${letters.slice(0, max - 1).join('')}…` : letters.join('')
}

/** The first letter as a person sees it, in the place of a logo. */
export const initial = (text: string): string => {
  const [first] = graphemes.segment(text.slice(0, UNITS_PER_GRAPHEME * 2))
  return (first?.segment ?? '').slice(0, UNITS_PER_GRAPHEME).toLocaleUpperCase('en')
}
