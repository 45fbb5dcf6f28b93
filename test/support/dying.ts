import type { TableStore } from '../../domain/ports.ts'
import type { Journal } from '../../src/journal.ts'

/**
 * A process that is killed at one of its writes, before it or just after it: from then on nothing of it goes on, as after kill -9. The
 * rows and the events stay as they are.
 */
export type Dying = {
  readonly rows: TableStore
  readonly journal: Journal
  /** Nothing wakes what has died. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Resolves when it was killed. */
  readonly died: Promise<'died'>
}

type Sleep = Dying['sleep']

export const dying = (
  over: { readonly rows: TableStore; readonly journal: Journal; readonly sleep: Sleep },
  at: number,
  moment: 'before' | 'after',
): Dying => {
  const { promise: died, resolve } = Promise.withResolvers<'died'>()
  let writes = 0
  let dead = false
  const isDead = (): boolean => dead
  const forever = <T>(): Promise<T> => new Promise<T>(() => undefined)
  const alive = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) return forever()
    const answer = await act()
    return isDead() ? forever() : answer
  }
  const killed = <T>(): Promise<T> => {
    dead = true
    resolve('died')
    return forever()
  }
  const writing = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) return forever()
    writes += 1
    if (writes !== at) return alive(act)
    if (moment === 'after') await act()
    return killed()
  }
  const { rows, journal } = over
  return {
    died,
    rows: {
      open: (...args) => writing(() => rows.open(...args)),
      apply: (...args) => writing(() => rows.apply(...args)),
      drop: (...args) => writing(() => rows.drop(...args)),
      discard: (...args) => writing(() => rows.discard(...args)),
      position: (...args) => alive(() => rows.position(...args)),
      get: (...args) => alive(() => rows.get(...args)),
      list: (...args) => alive(() => rows.list(...args)),
      count: (...args) => alive(() => rows.count(...args)),
      close: async () => undefined,
    },
    journal: { ...journal, append: (batch) => writing(() => journal.append(batch)) },
    sleep: (ms, signal) => alive(() => over.sleep(ms, signal)),
  }
}
