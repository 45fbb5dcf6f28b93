import { UsageError } from './verb.ts'

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const WRITTEN = /^(\d{1,6})([smhd])$/

/** `90s`, `30m`, `2h`, `7d`: seconds. */
export const readDuration = (option: string, text: string): number => {
  const [, count, unit = ''] = WRITTEN.exec(text) ?? []
  const seconds = Number(count) * (SECONDS[unit] ?? 0)
  if (!Number.isSafeInteger(seconds) || seconds < 1) throw new UsageError(`--${option}: write 90s, 30m, 2h, 7d`)
  return seconds
}

/** Two digits are enough: `48 s`, `12 min`, `5 h`, `3 d`. */
export const lengthWords = (seconds: number): string => {
  if (seconds < 120) return `${String(seconds)} s`
  if (seconds < 7200) return `${String(Math.floor(seconds / 60))} min`
  if (seconds < 172_800) return `${String(Math.floor(seconds / 3600))} h`
  return `${String(Math.floor(seconds / 86_400))} d`
}
