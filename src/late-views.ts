import type { TableStore } from '../domain/ports.ts'

/** Read models that are opened when they are first asked: who looks at events alone needs none, and may not be allowed to write them. */
export const lateViews = (open: () => Promise<TableStore>): TableStore => {
  let opened: Promise<TableStore> | undefined
  const views = (): Promise<TableStore> => (opened ??= open())
  return {
    open: async (...args) => (await views()).open(...args),
    position: async (...args) => (await views()).position(...args),
    apply: async (...args) => (await views()).apply(...args),
    get: async (...args) => (await views()).get(...args),
    list: async (...args) => (await views()).list(...args),
    count: async (...args) => (await views()).count(...args),
    drop: async (...args) => (await views()).drop(...args),
    discard: async (...args) => (await views()).discard(...args),
    close: async () => (await opened)?.close(),
  }
}
