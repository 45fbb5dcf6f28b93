import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file of `static/`, read once at the start by whoever serves it. */
export const readStatic = (name: string): string => readFileSync(join(import.meta.dirname, 'static', name), 'utf8')
