/** Lengths of time in buckets that are one percent wide, so that a percentile of any number of them takes as little memory. */
export type Histogram = {
  readonly add: (ms: number) => void
  readonly count: () => number
  /** The length that a part of them, 0 to 1, does not exceed, to one percent; undefined where there is none. */
  readonly percentile: (part: number) => number | undefined
}

const WIDTH = Math.log(1.01)
/** Longer ones count as this, milliseconds: a day. */
const LENGTH_MS_MAX = 86_400_000

const bucketOf = (ms: number): number => (ms < 1 ? -1 : Math.floor(Math.log(Math.min(ms, LENGTH_MS_MAX)) / WIDTH))
const middleOf = (bucket: number): number => (bucket < 0 ? 0 : Math.round(Math.exp((bucket + 0.5) * WIDTH)))

export const histogram = (): Histogram => {
  const buckets = new Map<number, number>()
  let count = 0
  return {
    add: (ms) => {
      const bucket = bucketOf(ms)
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
      count += 1
    },
    count: () => count,
    percentile: (part) => {
      let left = Math.ceil(count * part)
      for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
        left -= buckets.get(bucket) ?? 0
        if (left <= 0) return middleOf(bucket)
      }
      return undefined
    },
  }
}
