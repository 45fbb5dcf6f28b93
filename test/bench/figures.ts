/** Arithmetic of the bench; pure. */

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const ascending = (values: readonly number[]): readonly number[] => values.toSorted((one, other) => one - other)

/** The smallest value that at least this share of all is not above. NaN of nothing. */
export const percentile = (values: readonly number[], share: number): number =>
  ascending(values)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN

export const median = (values: readonly number[]): number => {
  const sorted = ascending(values)
  const middle = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

/** A figure of several rounds: what is in the middle, and between which it lay. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number }

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  low: values.length === 0 ? Number.NaN : Math.min(...values),
  high: values.length === 0 ? Number.NaN : Math.max(...values),
})

/** Round by round: what both suffered from in the same minute drops out. */
export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Spread =>
  spreadOf(ours.slice(0, theirs.length).map((value, round) => value / (theirs[round] ?? Number.NaN)))

export const round = (value: number, digits = 0): number => Math.round(value * 10 ** digits) / 10 ** digits
