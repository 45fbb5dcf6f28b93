import { readFileSync, statSync } from 'node:fs'
import type { ReadAnchorFile } from './trust.ts'

/** A hundred certificates are a quarter of it. */
const BYTES_MAX = 1_048_576

/** A file of certificates on this machine. One that is too large, or vanishes meanwhile, throws when its text is asked for. */
export const readAnchorFile: ReadAnchorFile = (path) => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  return {
    mark: `${String(stat.mtimeMs)} ${String(stat.size)} ${String(stat.ino)}`,
    text: () => {
      if (stat.size > BYTES_MAX) throw new RangeError('too large')
      return readFileSync(path, 'utf8')
    },
  }
}
