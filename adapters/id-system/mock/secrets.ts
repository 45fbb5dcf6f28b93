import { createHmac, timingSafeEqual } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../../domain/ports.ts'
import type { Chance } from '../plugin.ts'

const KEY_BYTES = 32

/** HMAC-SHA-256 over parts, each with its length before it, so that no two lists of parts are the same bytes. */
export const keyed = (key: Uint8Array, ...parts: readonly string[]): Buffer => {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest()
}

/** Takes as long for equal as for different digests. */
export const same = (left: Uint8Array, right: Uint8Array): boolean => left.length === right.length && timingSafeEqual(left, right)

/** A uniform number of six digits: what would favour small numbers is thrown again. */
export const sixDigits = (chance: Chance): string => {
  const THROWS_MAX = 64
  const FAIR_BELOW = 4_294_000_000
  for (let thrown = 0; thrown < THROWS_MAX; thrown += 1) {
    const number = Buffer.from(chance.bytes(4)).readUInt32BE(0)
    if (number < FAIR_BELOW) return String(number % 1_000_000).padStart(6, '0')
  }
  throw new Fault('unavailable', 'chance gives no fair number')
}

const makeKey = (file: string, chance: Chance): void => {
  const made = `${file}.${chance.uuid()}`
  const handle = openSync(made, 'wx', 0o600)
  try {
    writeSync(handle, chance.bytes(KEY_BYTES))
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  try {
    // Whole or not at all, and only the first of several processes.
    linkSync(made, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(made)
  }
}

/** The mock's own key: made once, the same for every process on this folder. */
export const keyOf = (dataDirectory: string, chance: Chance): Uint8Array => {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const file = join(dataDirectory, 'key')
  if (!existsSync(file)) makeKey(file, chance)
  const key = readFileSync(file)
  if (key.length !== KEY_BYTES) throw new Fault('invalid', `the mock's key file does not hold ${KEY_BYTES} bytes`)
  return key
}
