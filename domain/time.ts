import type { Instant } from './ports.ts'

// The proleptic Gregorian calendar in plain arithmetic, since domain code has no clock and no Date (rule 3).
// Days are counted from 0000-03-01, so that a leap day ends its year.

const DAYS_BEFORE_EPOCH = 719_468
const DAY_MS = 86_400_000

const two = (n: number): string => String(n).padStart(2, '0')

/** Milliseconds since 1970-01-01T00:00:00.000Z. */
export const millisecondsOf = (instant: Instant): number => {
  const part = (from: number, to: number): number => Number(instant.slice(from, to))
  const month = part(5, 7)
  const year = part(0, 4) - (month <= 2 ? 1 : 0)
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + part(8, 10) - 1
  const days = year * 365 + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) + dayOfYear - DAYS_BEFORE_EPOCH
  return days * DAY_MS + part(11, 13) * 3_600_000 + part(14, 16) * 60_000 + part(17, 19) * 1000 + part(20, 23)
}

export const instantOf = (milliseconds: number): Instant => {
  const days = Math.floor(milliseconds / DAY_MS) + DAYS_BEFORE_EPOCH
  const rest = milliseconds - (days - DAYS_BEFORE_EPOCH) * DAY_MS
  const era = Math.floor(days / 146_097)
  const dayOfEra = days - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const time = `${two(Math.floor(rest / 3_600_000))}:${two(Math.floor(rest / 60_000) % 60)}:${two(Math.floor(rest / 1000) % 60)}`
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}.${String(rest % 1000).padStart(3, '0')}Z`
}

export const plusSeconds = (instant: Instant, seconds: number): Instant => instantOf(millisecondsOf(instant) + seconds * 1000)

export const plusDays = (instant: Instant, days: number): Instant => plusSeconds(instant, days * 86_400)

/** Whole seconds from one instant to a later one; never negative. */
export const secondsUntil = (from: Instant, to: Instant): number =>
  Math.max(0, Math.ceil((millisecondsOf(to) - millisecondsOf(from)) / 1000))

/** NumericDate of RFC 7519. */
export const epochSeconds = (instant: Instant): number => Math.floor(millisecondsOf(instant) / 1000)
