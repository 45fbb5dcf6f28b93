import type { Row } from '../../../domain/ports.ts'

/**
 * Redis orders members of one score by their bytes. So a member is a value, written so that its bytes order as the value does, and the
 * row's field behind it: numbers before text, text by its UTF-8, as the other adapters order.
 */
const NUMBER = 1
const TEXT = 2
const ZERO = 0
const ESCAPED = 0xff

/** Behind every member that begins with the same bytes: a field is UTF-8, which has no such byte. */
const BEHIND = Buffer.of(0xff)

const numberBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(9)
  bytes[0] = NUMBER
  // -0 is 0.
  bytes.writeDoubleBE(value + 0, 1)
  const isNegative = ((bytes[1] ?? 0) & 0x80) !== 0
  for (let at = 1; at < 9; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (isNegative ? 0xff : at === 1 ? 0x80 : 0)
  return bytes
}

const textBytes = (value: string): Buffer => {
  const bytes = [TEXT]
  for (const byte of Buffer.from(value)) bytes.push(...(byte === ZERO ? [ZERO, ESCAPED] : [byte]))
  return Buffer.from([...bytes, ZERO, ZERO])
}

export type Value = string | number | boolean

const valueBytes = (value: Value): Buffer => (typeof value === 'string' ? textBytes(value) : numberBytes(Number(value)))

/** The row's member in the order by one of its values; undefined where it has none to order by. */
export const memberOf = (row: Row, name: string, field: string): Buffer | undefined => {
  const value = row[name]
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  return Buffer.concat([valueBytes(value), Buffer.from(field)])
}

/** From where to where, in the words of ZRANGE BYLEX, ascending. */
export type Range = { readonly min: Buffer; readonly max: Buffer }

const inclusive = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from('['), bytes])
const exclusive = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from('('), bytes])
const ALL: Range = { min: Buffer.from('-'), max: Buffer.from('+') }

/** Strictly behind a value, or before it; everything without one. */
export const rangeFrom = (after: Value | undefined, descending: boolean): Range => {
  if (after === undefined) return ALL
  const bytes = valueBytes(after)
  return descending ? { min: ALL.min, max: exclusive(bytes) } : { min: exclusive(Buffer.concat([bytes, BEHIND])), max: ALL.max }
}

/** Members of one value, strictly behind a field or before it. */
export const rangeOf = (value: Value, afterField: string | undefined, descending: boolean): Range => {
  const bytes = valueBytes(value)
  const [first, last] = [inclusive(bytes), exclusive(Buffer.concat([bytes, BEHIND]))]
  if (afterField === undefined) return { min: first, max: last }
  const at = exclusive(Buffer.concat([bytes, Buffer.from(afterField)]))
  return descending ? { min: first, max: at } : { min: at, max: last }
}

/** Fields themselves, strictly behind one or before it. */
export const rangeOfFields = (afterField: string | undefined, descending: boolean): Range => {
  if (afterField === undefined) return ALL
  const at = exclusive(Buffer.from(afterField))
  return descending ? { min: ALL.min, max: at } : { min: at, max: ALL.max }
}

/** Strictly behind a member that was seen, or before it. */
export const rangeAfter = ({ min, max }: Range, seen: Buffer, descending: boolean): Range =>
  descending ? { min, max: exclusive(seen) } : { min: exclusive(seen), max }
