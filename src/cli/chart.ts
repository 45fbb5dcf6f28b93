import { printable } from './output.ts'

export type Bar = {
  readonly label: string
  readonly value: number
  /** Of `value`, the part that the chart is about. */
  readonly part: number
  readonly text: string
}

const BAR_WIDTH_MIN = 10
const PART = '█'
const REST = '░'

/** One bar a line, all on one scale: the part stands out of the whole. */
export const chart = (columns: number, bars: readonly Bar[]): string => {
  const labels = bars.map(({ label }) => printable(label))
  const labelWidth = Math.max(0, ...labels.map((label) => label.length))
  const textWidth = Math.max(0, ...bars.map(({ text }) => text.length))
  const width = Math.max(BAR_WIDTH_MIN, columns - labelWidth - textWidth - 3)
  const most = Math.max(1, ...bars.map(({ value }) => value))
  const cells = (value: number): number => (value === 0 ? 0 : Math.max(1, Math.round((value / most) * width)))
  const lines = bars.map(({ value, part, text }, index) => {
    const parts = Math.min(cells(part), cells(value))
    const bar = PART.repeat(parts) + REST.repeat(cells(value) - parts)
    return `${(labels[index] ?? '').padEnd(labelWidth)} ${bar.padEnd(width)} ${text}`.trimEnd()
  })
  return `${lines.join('\n')}\n`
}
