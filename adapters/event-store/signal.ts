/**
 * Says that something may have changed. Whoever waits takes a mark before looking, so that no change falls between looking and waiting.
 * What is raised many times in one turn of the event loop wakes once.
 */
export type Signal = {
  readonly mark: () => number
  /** Resolves when something was raised after the mark, or when `abort` fires. */
  readonly since: (mark: number, abort: AbortSignal) => Promise<void>
  readonly raise: () => void
  /** How many wait now. */
  readonly waiting: () => number
}

export const makeSignal = (onFirstWaiter: () => void = () => undefined): Signal => {
  let version = 0
  const waiters = new Set<() => void>()
  let isWaking = false

  const wakeAll = (): void => {
    isWaking = false
    const woken = [...waiters]
    waiters.clear()
    for (const wake of woken) wake()
  }

  return {
    mark: () => version,
    waiting: () => waiters.size,
    raise: () => {
      version++
      if (isWaking || waiters.size === 0) return
      isWaking = true
      setImmediate(wakeAll)
    },
    since: (mark, abort) =>
      new Promise((resolve) => {
        if (version !== mark || abort.aborted) return resolve()
        const wake = (): void => {
          abort.removeEventListener('abort', wake)
          waiters.delete(wake)
          resolve()
        }
        abort.addEventListener('abort', wake)
        waiters.add(wake)
        if (waiters.size === 1) onFirstWaiter()
      }),
  }
}
