import { readFileSync } from 'node:fs'

const BOOT_ID = /^[0-9a-f-]{36}$/

/** A random name that Linux takes at each start, or undefined where the operating system has none to read. */
export const bootId = (): string | undefined => {
  try {
    const text = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return BOOT_ID.test(text) ? text : undefined
  } catch {
    return undefined
  }
}
