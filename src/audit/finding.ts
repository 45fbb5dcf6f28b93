/** The first thing that is wrong, and how many there are. */
export type Findings = {
  readonly wrong: number
  readonly first?: Finding
}

export type Finding = {
  /** Number of the audit record, where it is about one. */
  readonly n?: number
  readonly position?: string
  readonly stream?: string
  readonly revision?: number
  readonly problem: string
}

/** Counts what is wrong and keeps the first. */
export const findings = () => {
  let wrong = 0
  let first: Finding | undefined
  return {
    add: (finding: Finding): void => {
      wrong += 1
      first ??= finding
    },
    result: (): Findings => ({ wrong, ...(first && { first }) }),
  }
}
