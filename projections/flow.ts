export type Window = {
  /** One message more is under way; the promise resolves when there is room for the next. */
  readonly take: () => Promise<void> | undefined
  readonly give: (messages: number) => void
}

/** Lets the source wait while too much is under way. The source hands over one message at a time, so one may wait. */
export const window = (max: number): Window => {
  let inFlight = 0
  let open: (() => void) | undefined
  return {
    take: () => {
      inFlight += 1
      return inFlight < max ? undefined : new Promise((resolve) => (open = resolve))
    },
    give: (n) => {
      inFlight -= n
      if (inFlight < max) open?.()
    },
  }
}
