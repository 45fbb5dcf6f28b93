import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Chance, Fault } from '../../../domain/ports.ts'

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
const OTHERS = 0o077
const FILE_BYTES_MAX = 64 * 1024

export type PrivateFiles = {
  readonly exists: (name: string) => boolean
  readonly read: (name: string) => string | undefined
  /**
   * Puts the whole file there, flushed, unless it is there already, and answers what is there: of two processes
   * that start at once, both go on with the same content.
   */
  readonly createOnce: (name: string, text: string) => string
  readonly names: () => readonly string[]
  /** Safe to do twice. */
  readonly remove: (name: string) => void
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code

/** Windows tells no modes: there the directory's own protection counts. */
const checkMode = (name: string, mode: number): void => {
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new Fault('invalid', `${name} is open to other users: take their rights away (mode ${(mode & 0o777).toString(8)})`)
  }
}

/** A file is safe from a power cut only when its directory is flushed too. Windows cannot and need not. */
const flushDirectory = (directory: string): void => {
  if (process.platform === 'win32') return
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const writeFlushed = (path: string, text: string): void => {
  const descriptor = openSync(path, 'wx', FILE_MODE)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Small files in a directory that only the owner may enter. */
export const privateFiles = (directory: string, chance: Chance): PrivateFiles => {
  if (mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE }) !== undefined) chmodSync(directory, DIRECTORY_MODE)
  checkMode('the directory of keys', statSync(directory).mode)

  const read = (name: string): string | undefined => {
    let descriptor: number
    try {
      descriptor = openSync(join(directory, name), 'r')
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    }
    try {
      const { mode, size } = fstatSync(descriptor)
      checkMode(name, mode)
      if (size > FILE_BYTES_MAX) throw new Fault('corrupt', `${name} is too large to be what it should be`)
      return readFileSync(descriptor, 'utf8')
    } finally {
      closeSync(descriptor)
    }
  }
  return {
    read,
    exists: (name) => existsSync(join(directory, name)),
    names: () => readdirSync(directory),
    remove: (name) => {
      try {
        unlinkSync(join(directory, name))
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error
      }
      flushDirectory(directory)
    },
    createOnce: (name, text) => {
      const draft = join(directory, `.${name}.${chance.uuid()}`)
      writeFlushed(draft, text)
      try {
        // A rename would replace what another process has put there; a second link refuses to.
        linkSync(draft, join(directory, name))
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error
      } finally {
        unlinkSync(draft)
      }
      flushDirectory(directory)
      return read(name) ?? text
    },
  }
}
