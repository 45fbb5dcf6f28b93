import type { Clock, Instant } from '../../domain/ports.ts'
import { instantOf, millisecondsOf, plusSeconds } from '../../domain/time.ts'
import { UsageError } from './verb.ts'

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

const AGO = /^(\d{1,6})([smhd])$/
const WRITTEN = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?Z)?$/

const written = (text: string): Instant | undefined => {
  const [, day, time = '00:00', seconds = '00', fraction = ''] = WRITTEN.exec(text) ?? []
  if (day === undefined) return undefined
  const instant = `${day}T${time}:${seconds}.${fraction.padEnd(3, '0')}Z`
  // A day or an hour that does not exist does not come back as it went in.
  return instantOf(millisecondsOf(instant)) === instant ? instant : undefined
}

/** `2026-11-24`, `2026-11-24T12:00Z`, or how long ago: `90s`, `30m`, `2h`, `7d`. */
export const readInstant = (clock: Clock, option: string, text: string): Instant => {
  const [, count, unit = ''] = AGO.exec(text) ?? []
  const instant = count === undefined ? written(text) : plusSeconds(clock.now(), -Number(count) * (SECONDS[unit] ?? 0))
  if (instant === undefined) throw new UsageError(`--${option}: write 2026-11-24, 2026-11-24T12:00Z, or how long ago: 30m, 2h, 7d`)
  return instant
}

/** `90s`, `30m`, `2h`, `7d`: seconds. */
export const readDuration = (option: string, text: string): number => {
  const [, count, unit = ''] = AGO.exec(text) ?? []
  const seconds = Number(count) * (SECONDS[unit] ?? 0)
  if (!Number.isSafeInteger(seconds) || seconds < 1) throw new UsageError(`--${option}: write 90s, 30m, 2h, 7d`)
  return seconds
}
