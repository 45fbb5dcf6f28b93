import { type EventFilter, Fault, type Position } from '../../domain/ports.ts'

// Inside a store a position is a number from 1; outside it is padded, so that positions compare as strings.

const DIGITS = 16
const PADDED = /^[0-9]{16}$/
const ZEROES = '0'.repeat(DIGITS)

export const positionOf = (number: number): Position => {
  const digits = String(number)
  return ZEROES.slice(digits.length) + digits
}

/** 0, the place before the first event, when there is none. */
export const numberOf = (position: Position | undefined): number => {
  if (position === undefined) return 0
  const number = PADDED.test(position) ? Number(position) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new Fault('invalid', 'a position is one that this store gave')
  return number
}

export const matches = (filter: EventFilter | undefined, type: string, stream: string): boolean => {
  if (filter === undefined) return true
  if ('types' in filter) return filter.types.includes(type)
  return filter.streamPrefixes.some((prefix) => stream.startsWith(prefix))
}
