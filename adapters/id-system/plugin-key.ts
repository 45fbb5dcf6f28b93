import { createHmac, timingSafeEqual } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../domain/ports.ts'
import type { Chance } from './plugin.ts'

const KEY_BYTES = 32

/** HMAC-SHA-256 over parts, each with its length before it, so that no two lists of parts are the same bytes. */
export const keyed = (key: Uint8Array, ...parts: readonly string[]): Buffer => {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest()
}

/** Takes as long for equal as for different digests. */
export const same = (left: Uint8Array, right: Uint8Array): boolean => left.length === right.length && timingSafeEqual(left, right)

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

/** A plugin's own key: made once, the same for every process on this folder. */
export const keyOf = (dataDirectory: string, chance: Chance): Uint8Array => {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const file = join(dataDirectory, 'key')
  if (!existsSync(file)) makeKey(file, chance)
  const key = readFileSync(file)
  if (key.length !== KEY_BYTES) throw new Fault('invalid', `the plugin's key file does not hold ${KEY_BYTES} bytes`)
  return key
}

/** The key of a file that the nodes of a deployment share, base64url; where none is named, the one of this folder. Throws Fault `invalid`. */
export const sharedKeyOf = (file: string | undefined, dataDirectory: string, chance: Chance): Uint8Array => {
  if (file === undefined) return keyOf(dataDirectory, chance)
  const key = Buffer.from(secretOf(file, 'sessionKeyFile'), 'base64url')
  if (key.length !== KEY_BYTES) throw new Fault('invalid', `sessionKeyFile does not hold ${KEY_BYTES} bytes as base64url`)
  return key
}

const FILE_BYTES_MAX = 262_144

/** What stands in a file that a setting names, without the white space around it. Throws Fault `invalid`, with the setting's name alone. */
export const secretOf = (file: string, setting: string): string => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new Fault('invalid', `the file of ${setting} cannot be read`)
  }
  if (text.trim() === '' || text.length > FILE_BYTES_MAX) throw new Fault('invalid', `the file of ${setting} is empty or too long`)
  return text.trim()
}
