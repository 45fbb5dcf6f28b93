/**
 * Counters, gauges and histograms, told in the text format of Prometheus (version 0.0.4). Who counts holds the series' values and
 * nothing else, so that it costs some hundred nanoseconds.
 */
export type Counter<Label extends string> = { readonly add: (labels: Labels<Label>, by?: number) => void }
export type Gauge<Label extends string> = { readonly set: (labels: Labels<Label>, value: number) => void }
export type Histogram<Label extends string> = { readonly observe: (labels: Labels<Label>, value: number) => void }

export type Labels<Label extends string> = Readonly<Record<Label, string>>

export type Described<Label extends string> = {
  readonly name: string
  /** One sentence, with the unit where the name has none. */
  readonly help: string
  readonly labels: readonly Label[]
  /** Series at most; what comes beyond is counted together as `otel_metric_overflow="true"`. */
  readonly seriesMax?: number
}

/** A gauge that is read when it is asked for: its values by labels. */
export type Read<Label extends string> = () => readonly (readonly [labels: Labels<Label>, value: number])[]

export type Registry = {
  readonly counter: <Label extends string = never>(described: Described<Label>) => Counter<Label>
  readonly gauge: <Label extends string = never>(described: Described<Label>) => Gauge<Label>
  readonly histogram: <Label extends string = never>(
    described: Described<Label> & { readonly bounds: readonly number[] },
  ) => Histogram<Label>
  /** A value that somebody else keeps. */
  readonly reads: <Label extends string = never>(
    described: Described<Label> & { readonly kind?: 'counter' | 'gauge' },
    read: Read<Label>,
  ) => void
  readonly text: () => string
  readonly names: () => readonly string[]
}

/** Where a metric names no bound of its own: enough for closed lists of words. */
const SERIES_MAX = 100

const OVERFLOW = 'otel_metric_overflow="true"'

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

const labelled = (names: readonly string[], values: Readonly<Record<string, string>>): string =>
  names.map((name) => `${name}="${escaped(values[name] ?? '')}"`).join(',')

const line = (name: string, labels: string, value: number): string => `${name}${labels === '' ? '' : `{${labels}}`} ${String(value)}\n`

/** What is kept for each combination of labels, by its text: bounded. */
const seriesOf = <Label extends string, Kept>({ labels: names, seriesMax = SERIES_MAX }: Described<Label>, make: () => Kept) => {
  const kept = new Map<string, Kept>()
  return {
    kept,
    of: (labels: Labels<Label>): Kept => {
      const key = labelled(names, labels)
      const known = kept.get(key)
      if (known !== undefined) return known
      const place = kept.size < seriesMax ? key : OVERFLOW
      const made = kept.get(place) ?? make()
      kept.set(place, made)
      return made
    },
  }
}

type Family = {
  readonly name: string
  readonly help: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly lines: () => string
}

type Buckets = { readonly counts: number[]; sum: number }

const histogramLines = (name: string, bounds: readonly number[], labels: string, { counts, sum }: Buckets): string => {
  const before = labels === '' ? '' : `${labels},`
  let count = 0
  const buckets = [...bounds.map(String), '+Inf'].map((bound, at) => {
    count += counts[at] ?? 0
    return line(`${name}_bucket`, `${before}le="${bound}"`, count)
  })
  return `${buckets.join('')}${line(`${name}_sum`, labels, sum)}${line(`${name}_count`, labels, count)}`
}

export const registry = (): Registry => {
  const families: Family[] = []
  const simple = <Label extends string>(kind: 'counter' | 'gauge', described: Described<Label>) => {
    const { name, help } = described
    const series = seriesOf(described, () => ({ value: 0 }))
    families.push({ name, help, kind, lines: () => [...series.kept].map(([labels, { value }]) => line(name, labels, value)).join('') })
    return series
  }
  return {
    counter: (described) => {
      const series = simple('counter', described)
      return { add: (labels, by = 1) => void (series.of(labels).value += by) }
    },
    gauge: (described) => {
      const series = simple('gauge', described)
      return { set: (labels, value) => void (series.of(labels).value = value) }
    },
    histogram: ({ bounds, ...described }) => {
      const { name, help } = described
      const series = seriesOf(described, (): Buckets => ({ counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }))
      const lines = (): string => [...series.kept].map(([labels, kept]) => histogramLines(name, bounds, labels, kept)).join('')
      families.push({ name, help, kind: 'histogram', lines })
      return {
        observe: (labels, value) => {
          const kept = series.of(labels)
          const found = bounds.findIndex((bound) => value <= bound)
          const at = found < 0 ? bounds.length : found
          kept.counts[at] = (kept.counts[at] ?? 0) + 1
          kept.sum += value
        },
      }
    },
    reads: ({ name, help, labels, kind = 'gauge', seriesMax = SERIES_MAX }, read) => {
      const lines = (): string =>
        read()
          .slice(0, seriesMax)
          .map(([values, value]) => line(name, labelled(labels, values), value))
          .join('')
      families.push({ name, help, kind, lines })
    },
    names: () => families.map(({ name }) => name),
    text: () => families.map(({ name, help, kind, lines }) => `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines()}`).join(''),
  }
}
