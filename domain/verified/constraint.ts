import { canonical } from '../canonical.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { Instant, Json } from '../ports.ts'
import { millisecondsOf } from '../time.ts'

const PURPOSE_CHARS_MAX = 300

const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value)

const isSeconds = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** `null`, or an object whose known members are what OpenID Connect Core §5.5.1 and Identity Assurance 1.0 say. What is not known is left alone. */
export const isEntry = (entry: unknown): boolean => {
  if (entry === null) return true
  if (!isObject(entry)) return false
  const { essential, values, purpose, max_age } = entry
  return (
    isOptional(essential, (value) => typeof value === 'boolean') &&
    isOptional(values, Array.isArray) &&
    isOptional(purpose, (value) => typeof value === 'string' && value.length <= PURPOSE_CHARS_MAX) &&
    isOptional(max_age, isSeconds)
  )
}

export const isEssential = (entry: unknown): boolean => isObject(entry) && entry['essential'] === true

const CONSTRAINTS = ['value', 'values', 'max_age'] as const

const constraintsOf = (entry: unknown): JsonObject =>
  isObject(entry) ? Object.fromEntries(CONSTRAINTS.flatMap((name) => (entry[name] === undefined ? [] : [[name, entry[name]]]))) : {}

/** True where not every value will do. `essential` is a wish and no constraint. */
export const isConstrained = (entry: unknown): boolean => Object.keys(constraintsOf(entry)).length > 0

const DATE = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?Z$/

/** Identity Assurance 1.0, `max_age`: what is said to the day or the minute holds until that day's or minute's last second. */
const lastSecondOf = (value: Json): number | undefined => {
  if (typeof value !== 'string') return undefined
  if (DATE.test(value)) return millisecondsOf(`${value}T23:59:59.000Z`)
  const [, minute, second = '59'] = MOMENT.exec(value) ?? []
  return minute === undefined ? undefined : millisecondsOf(`${minute}:${second}.000Z`)
}

const isYoung = (value: Json, maxAgeS: number, at: Instant): boolean => {
  const last = lastSecondOf(value)
  return last !== undefined && millisecondsOf(at) - last <= maxAgeS * 1000
}

/** Whether a value is one that was asked for. Each constraint must be met; `max_age` on what is no date is met by nothing. */
export const meets = (entry: unknown, value: Json, at: Instant): boolean => {
  const { value: only, values, max_age: maxAgeS } = constraintsOf(entry)
  const isSame = (other: unknown): boolean => canonical(other as Json) === canonical(value)
  return (
    (only === undefined || isSame(only)) &&
    (!Array.isArray(values) || values.some(isSame)) &&
    (typeof maxAgeS !== 'number' || isYoung(value, maxAgeS, at))
  )
}
