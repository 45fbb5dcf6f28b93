import { Fault, type Instant } from '../../domain/ports.ts'

const VALUE_BYTES_MAX = 1280 * 1024
const PREFIX_CHARACTERS_MIN = 8
/** Rows that one sweep deletes at most, so that it never holds the file for long. */
export const SWEEP_ROWS_MAX = 1000

/** Printable ASCII without spaces, so that a prefix is a range and the name is the same bytes everywhere. */
const NAME = /^[\x21-\x7e]{1,200}$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

export const checkName = (name: string): void => {
  if (!NAME.test(name)) throw new Fault('invalid', 'a name is 1 to 200 printable ASCII characters without spaces')
}

export const checkPrefix = (prefix: string): void => {
  checkName(prefix)
  if (prefix.length < PREFIX_CHARACTERS_MIN) throw new Fault('invalid', `a prefix has at least ${PREFIX_CHARACTERS_MIN} characters`)
}

export const checkUntil = (until: Instant): void => {
  if (!INSTANT.test(until)) throw new Fault('invalid', 'a limit is an instant in UTC with milliseconds')
}

export const checkValue = (value: Uint8Array): void => {
  if (value.byteLength > VALUE_BYTES_MAX) throw new Fault('invalid', `a value has at most ${VALUE_BYTES_MAX} bytes`)
}
