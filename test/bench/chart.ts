/** A row of stacked bars: what each part took. */
export type Bar = { readonly name: string; readonly parts: Readonly<Record<string, number>> }

const WIDTH = 960
const LEFT = 110
const BAR = 26
const GAP = 12
const TOP = 46
const LEGEND_ROW = 20
const LEGEND_COLUMNS = 4

/** Told apart by those who see colours otherwise too: light and dark take turns. */
const COLOURS = [
  '#1f4e79',
  '#9dc3e6',
  '#385723',
  '#a9d18e',
  '#7f6000',
  '#ffd966',
  '#843c0c',
  '#f4b183',
  '#3b3838',
  '#bfbfbf',
  '#5b2c6f',
  '#d2b4de',
  '#0b5345',
  '#76d7c4',
  '#641e16',
  '#f1948a',
  '#17202a',
  '#d5d8dc',
]

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const total = ({ parts }: Bar): number => Object.values(parts).reduce((sum, value) => sum + value, 0)
const whole = (value: number): string => value.toFixed(0)

/** Bars over each other with a legend below; `unit` is what the numbers are. */
export const stackedBars = (title: string, unit: string, bars: readonly Bar[], names: readonly string[]): string => {
  const longest = Math.max(1, ...bars.map(total))
  const scale = (WIDTH - LEFT - 90) / longest
  const colour = (name: string): string => COLOURS[names.indexOf(name) % COLOURS.length] ?? '#000'
  const rows = bars.map((bar, index) => {
    const y = TOP + index * (BAR + GAP)
    let x = LEFT
    const boxes = names.flatMap((name) => {
      const value = bar.parts[name] ?? 0
      if (value <= 0) return []
      const width = value * scale
      const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour(name)}"><title>${escape(`${bar.name}, ${name}: ${whole(value)} ${unit}`)}</title></rect>`
      x += width
      return [box]
    })
    const label = `<text x="${LEFT - 8}" y="${y + 18}" text-anchor="end">${escape(bar.name)}</text>`
    return `${label}${boxes.join('')}<text x="${(x + 6).toFixed(1)}" y="${y + 18}">${whole(total(bar))}</text>`
  })
  const legendTop = TOP + bars.length * (BAR + GAP) + 14
  const legend = names.map((name, index) => {
    const x = 20 + (index % LEGEND_COLUMNS) * ((WIDTH - 40) / LEGEND_COLUMNS)
    const y = legendTop + Math.floor(index / LEGEND_COLUMNS) * LEGEND_ROW
    return `<rect x="${x}" y="${y}" width="12" height="12" fill="${colour(name)}"/><text x="${x + 18}" y="${y + 11}">${escape(name)}</text>`
  })
  const height = legendTop + Math.ceil(names.length / LEGEND_COLUMNS) * LEGEND_ROW + 16
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="sans-serif" font-size="13">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="20" y="28" font-size="16">${escape(title)} (${escape(unit)})</text>`,
    ...rows,
    ...legend,
    '</svg>',
    '',
  ].join('\n')
}
