import type { IdSystem } from '../domain/ports.ts'

/**
 * Requests that are being answered. When more want the processor at once than it can answer soon, or wait in their sockets for it, new
 * logins are turned away at the door and those that are inside are finished: else all become slow together and none ends.
 */
export type UnderWay = {
  readonly begin: () => void
  readonly end: () => void
  readonly isFull: () => boolean
  /** How many there are, and how many of them only wait for something. */
  readonly now: () => { readonly requests: number; readonly waiting: number }
  /** Around what a request only waits for: that costs the processor nothing, however slow the ID system is. */
  readonly aside: <T>(act: () => Promise<T>) => Promise<T>
}

export type UnderWayOptions = {
  /** Whether the event loop is too late for more. */
  readonly isLate?: () => boolean
  /** Told of each that is turned away. */
  readonly onFull?: () => void
}

export const underWay = (requestsMax: number, { isLate = () => false, onFull }: UnderWayOptions = {}): UnderWay => {
  let requests = 0
  let waiting = 0
  return {
    begin: () => void (requests += 1),
    end: () => void (requests -= 1),
    now: () => ({ requests, waiting }),
    isFull: () => {
      const full = requests - waiting > requestsMax || isLate()
      if (full) onFull?.()
      return full
    },
    aside: async (act) => {
      waiting += 1
      try {
        return await act()
      } finally {
        waiting -= 1
      }
    },
  }
}

/** An ID system whose answers are waited for aside. */
export const askedAside = (system: IdSystem, { aside }: UnderWay): IdSystem => {
  const { resolve, verify, release } = system
  return {
    ...system,
    ...(resolve && { resolve: (request) => aside(() => resolve(request)) }),
    ...(verify && { verify: (request) => aside(() => verify(request)) }),
    ...(release && { release: (request) => aside(() => release(request)) }),
  }
}

export const waitedAside = <W extends { readonly wait: (key: string, ms: number) => Promise<void> }>(
  waiters: W,
  { aside }: UnderWay,
): W => ({
  ...waiters,
  wait: (key: string, ms: number) => aside(() => waiters.wait(key, ms)),
})
