import type { Machine, Terminal } from './context.ts'

// What steers a terminal, or turns the direction of a text, has no place in a line about somebody else's data.
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

export const printable = (text: string): string => text.replace(STEERING, '\ufffd')

/** In one line: a cell that began another would pass for a row. */
const cellOf = (text: string): string => printable(text).replaceAll('\n', ' ')

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
const COLUMN_WIDTH_MIN = 28
/** Digests and the names of consents, transactions and keys are copied into the next command: they stay whole, also where the line gets too long. */
const NAME_LENGTH_MAX = 43

/** Rows under columns of these widths; a cell that is wider goes on below itself. */
const lines = (widths: readonly number[], rows: readonly (readonly string[])[]): readonly string[] =>
  rows.flatMap((row) => {
    const cells = row.map((cell, index) => wrapped(cell, widths[index] ?? LAST_WIDTH_MIN))
    const height = Math.max(...cells.map((cell) => cell.length))
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((cell, index) => (cell[line] ?? '').padEnd(widths[index] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
  })

const sumOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + GAP.length, 0)

const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length))

/** The last column takes the rest of the line; where that is too little the widest of the others give way. */
const fitted = (columns: number, rows: readonly (readonly string[])[]): readonly number[] => {
  const firsts = (rows[0] ?? []).slice(0, -1).map((_head, index) => {
    const cells = rows.map((row) => row[index] ?? '')
    const word = Math.min(NAME_LENGTH_MAX, longest(cells.flatMap((cell) => cell.split(' '))))
    return { width: longest(cells), least: Math.max(COLUMN_WIDTH_MIN, word) }
  })
  const sum = (): number => sumOf(firsts.map(({ width }) => width))
  for (let over = sum() + LAST_WIDTH_MIN - columns; over > 0; over = sum() + LAST_WIDTH_MIN - columns) {
    const [widest] = firsts.filter(({ width, least }) => width > least).toSorted((a, b) => b.width - a.width)
    if (widest === undefined) break
    widest.width = Math.max(widest.least, widest.width - over)
  }
  return [...firsts.map(({ width }) => width), Math.max(LAST_WIDTH_MIN, columns - sum())]
}

/** Aligned columns. */
export const table = (columns: number, heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [heads, ...rows].map((row) => row.map(cellOf))
  return `${lines(fitted(columns, all), all).join('\n')}\n`
}

type Streamed = {
  readonly heads: readonly string[]
  /** What to say where there is no row. */
  readonly empty: string
}

/** The first rows say how wide the columns are. */
const MEASURED_ROWS = 100

/** Rows as they come, however many: each is printed and forgotten, and a slow reader is waited for. */
export const streamedTable = async <Row>(
  terminal: Terminal,
  { heads, empty }: Streamed,
  rows: AsyncIterable<Row>,
  cells: (row: Row) => readonly string[],
): Promise<void> => {
  const measured: (readonly string[])[] = []
  let widths: readonly number[] | undefined
  const put = async (some: readonly (readonly string[])[], wide: readonly number[]): Promise<void> => {
    terminal.out(`${lines(wide, some).join('\n')}\n`)
    await terminal.drained()
  }
  const begin = async (): Promise<readonly number[]> => {
    const all = [heads, ...measured]
    const wide = fitted(terminal.columns, all)
    await put(all, wide)
    return wide
  }
  for await (const row of rows) {
    const printed = cells(row).map(cellOf)
    if (widths !== undefined) await put([printed], widths)
    else if (measured.push(printed) === MEASURED_ROWS) widths = await begin()
  }
  if (widths !== undefined) return
  if (measured.length === 0) say(terminal, empty)
  else await begin()
}

/** A JSON list, row by row. */
export const streamedJson = async <Row>(terminal: Terminal, rows: AsyncIterable<Row>, told: (row: Row) => unknown): Promise<void> => {
  let before = '['
  for await (const row of rows) {
    terminal.out(`${before}\n${printable(JSON.stringify(told(row), undefined, 2)).replace(/^/gm, '  ')}`)
    await terminal.drained()
    before = ','
  }
  terminal.out(before === '[' ? '[]\n' : '\n]\n')
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
