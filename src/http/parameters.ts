import type { RefusalCode } from '../../domain/refusals.ts'

/** More than any door reads. */
export const PARAMETERS_MAX = 100
export const NAME_CHARS_MAX = 100
export const VALUE_CHARS_MAX = 20_000

export type Form = ReadonlyMap<string, string | readonly string[]>

export type ParametersRead<Values> =
  | { readonly ok: true; readonly values: Values }
  | { readonly ok: false; readonly refusal: Extract<RefusalCode, 'body_unreadable' | 'parameter_repeated' | 'request_invalid'> }

const unreadable = { ok: false, refusal: 'body_unreadable' } as const
const repeated = { ok: false, refusal: 'parameter_repeated' } as const

const CONTROL = /[\u0000-\u001f\u007f]/

/** JSON text may be laid out in lines; it is parsed, and never echoed. */
const LAID_OUT = 'claims'

/** Percent-encoding and UTF-8, both strict: `%zz`, `%c0%af` and a lone surrogate are no text. */
const decode = (text: string): string | undefined => {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

const isClean = (name: string, value: string, charsMax: number): boolean =>
  name.length <= NAME_CHARS_MAX &&
  value.length <= charsMax &&
  !CONTROL.test(name) &&
  !CONTROL.test(name === LAID_OUT ? value.replace(/[\t\r\n]/g, ' ') : value)

/**
 * `application/x-www-form-urlencoded`, of a query or a body. A name comes once (RFC 6749 §3.1) unless it is `repeatable`, and
 * a value that is empty counts as absent.
 */
export const readForm = (text: string, repeatable: readonly string[] = [], charsMax = VALUE_CHARS_MAX): ParametersRead<Form> => {
  const values = new Map<string, string | readonly string[]>()
  if (text === '') return { ok: true, values }
  const pairs = text.split('&', PARAMETERS_MAX + 1)
  if (pairs.length > PARAMETERS_MAX) return unreadable
  const seen = new Set<string>()
  for (const pair of pairs) {
    if (pair === '') continue
    const cut = pair.indexOf('=')
    const name = decode(cut < 0 ? pair : pair.slice(0, cut))
    const value = decode(cut < 0 ? '' : pair.slice(cut + 1))
    if (name === undefined || value === undefined || !isClean(name, value, charsMax)) return unreadable
    const before = values.get(name)
    if (seen.has(name) && !repeatable.includes(name)) return repeated
    seen.add(name)
    if (value === '') continue
    values.set(name, before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value])
  }
  return { ok: true, values }
}

/** A query, in which nothing may be repeated. */
export const readQuery = (text: string): ParametersRead<ReadonlyMap<string, string>> => {
  const read = readForm(text)
  if (!read.ok) return read
  const values = [...read.values].filter((row): row is [string, string] => typeof row[1] === 'string')
  return { ok: true, values: new Map(values) }
}

/** Bytes as text: UTF-8 and nothing else. A byte order mark stays, so that it cannot hide in a name. */
export const utf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?$/i

/** A form in UTF-8, not compressed: another charset could make other parameters of the same bytes. */
export const isForm = (headers: Readonly<Record<string, string | undefined>>): boolean =>
  FORM_TYPE.test(headers['content-type'] ?? '') && (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity'
