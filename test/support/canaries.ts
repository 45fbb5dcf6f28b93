import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Every form in which a value could hide. */
const formsOf = (value: string): readonly (readonly [form: string, bytes: Buffer])[] => {
  const bytes = Buffer.from(value)
  const digest = createHash('sha256').update(bytes).digest()
  const isSecretOfManyBits = value.length >= 40
  return [
    ['as it is', bytes],
    ['in a URL', Buffer.from(encodeURIComponent(value))],
    ['in JSON', Buffer.from(JSON.stringify(value).slice(1, -1))],
    ['in hexadecimal', Buffer.from(bytes.toString('hex'))],
    ['in base64', Buffer.from(bytes.toString('base64').replace(/=+$/, '').slice(0, -2))],
    // Rule 2: a plain digest is for values with at least 128 random bits.
    ...(isSecretOfManyBits
      ? []
      : ([
          ['as a digest', Buffer.from(digest.toString('hex'))],
          ['as a digest', Buffer.from(digest.toString('base64url'))],
          ['as a digest', digest],
        ] as const)),
  ]
}

/** Values that must stand nowhere, each with what it is. */
export type Canaries = ReadonlyMap<string, string>

/** None of the canaries is in these bytes, in any form. `except` says which of them may be. */
export const expectNoCanary = (canaries: Canaries, place: string, bytes: Buffer, except: (what: string) => boolean = () => false): void => {
  for (const [value, what] of canaries) {
    if (except(what)) continue
    for (const [form, needle] of formsOf(value)) {
      const at = bytes.indexOf(needle)
      if (at >= 0) expect.fail(`${what} ${form} in ${place}: ...${bytes.subarray(Math.max(0, at - 80), at + 20).toString('latin1')}...`)
    }
  }
}

/** Every file below a folder. */
export const filesOf = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile())

/** Also what stands on overflow pages: every cell of every table. */
export const cellsOf = (file: string): Buffer => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all() as { readonly name: string }[]
    const cells = tables.flatMap(({ name }) =>
      db
        .prepare(`SELECT * FROM "${name}"`)
        .all()
        .flatMap((row) => Object.values(row)),
    )
    return Buffer.concat(cells.map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell) : Buffer.from(`${String(cell)}\n`))))
  } finally {
    db.close()
  }
}
