import type { Json, Log } from '../plugin.ts'

/** The newest lines that are kept: many times what a careful plugin says while it is checked. */
const LINES_MAX = 20_000

export type LogBook = { readonly log: Log; readonly lines: () => readonly string[]; readonly clear: () => void }

/** Everything that was logged, as text to search in. */
export const logBook = (): LogBook => {
  let lines: string[] = []
  const write = (event: string, fields?: Readonly<Record<string, Json>>): void => {
    lines.push(JSON.stringify([event, fields]))
    if (lines.length > LINES_MAX) lines.shift()
  }
  return {
    log: { info: write, warn: write, error: write },
    lines: () => lines,
    clear: () => {
      lines = []
    },
  }
}
