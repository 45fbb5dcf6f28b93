import type { Machine, Terminal } from './context.ts'

// What steers a terminal, or turns the direction of a text, has no place in a line about somebody else's data.
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

export const printable = (text: string): string => text.replace(STEERING, '\ufffd')

export const say = ({ out }: Terminal, ...lines: readonly string[]): void => out(`${lines.map(printable).join('\n')}\n`)

export const sayJson = ({ out }: Terminal, value: unknown): void => out(`${printable(JSON.stringify(value, undefined, 2))}\n`)

/** One line on the standard error. */
export const complain = ({ err }: Terminal, line: string): void => err(`${printable(line).replaceAll('\n', ' ')}\n`)

/** Breaks between words; a word that is too long is cut. */
const wrapped = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((long) => long.match(new RegExp(`.{1,${String(width)}}`, 'gs')) ?? [''])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

const GAP = '  '
const LAST_WIDTH_MIN = 20

/** Aligned columns; the last takes the rest of the line and goes on below itself. */
export const table = (columns: number, heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [heads, ...rows].map((row) => row.map(printable))
  const widths = heads.map((_head, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)))
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0)
  const lastWidth = Math.max(LAST_WIDTH_MIN, columns - before)
  const lines = all.flatMap((row) => {
    const firsts = row.slice(0, -1).map((cell, index) => cell.padEnd(widths[index] ?? 0))
    const [first = '', ...others] = wrapped(row.at(-1) ?? '', lastWidth)
    return [[...firsts, first].join(GAP).trimEnd(), ...others.map((rest) => `${' '.repeat(before)}${rest}`)]
  })
  return `${lines.join('\n')}\n`
}

/** Named values, one a line. */
export const facts = (columns: number, rows: readonly (readonly [name: string, value: string])[]): string => {
  const [first, ...others] = rows
  return first === undefined ? '' : table(columns, first, others)
}

/** `2026-11-24 12:00:00`, UTC. */
export const shortInstant = (instant: string): string => instant.slice(0, 19).replace('T', ' ')

/** Rewrites one line on the standard error where somebody watches; `end` clears it. */
export const progressLine = ({ terminal }: Pick<Machine, 'terminal'>) => {
  let shown = 0
  const show = (text: string): void => {
    if (!terminal.watched) return
    const line = printable(text).slice(0, terminal.columns - 1)
    terminal.err(`\r${line.padEnd(shown)}`)
    shown = line.length
  }
  return {
    show,
    end: (): void => {
      if (shown > 0) terminal.err(`\r${' '.repeat(shown)}\r`)
      shown = 0
    },
  }
}
