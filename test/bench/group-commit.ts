import { fdatasync, openSync, closeSync, writev } from 'node:fs'

/** A log that answers after the flush; what came in meanwhile shares the next one. */
export type GroupCommit = { readonly append: (bytes: Buffer) => Promise<void>; readonly close: () => void }

type Waiting = { readonly bytes: Buffer; readonly resolve: () => void; readonly reject: (error: Error) => void }

export const groupCommit = (file: string): GroupCommit => {
  const descriptor = openSync(file, 'a', 0o600)
  let waiting: Waiting[] = []
  let flushing = false

  const flush = (): void => {
    const group = waiting
    waiting = []
    flushing = group.length > 0
    if (!flushing) return
    const done = (error: Error | null): void => {
      for (const one of group) {
        if (error === null) one.resolve()
        else one.reject(error)
      }
      flush()
    }
    const buffers = group.map(({ bytes }) => bytes)
    writev(descriptor, buffers, (error) => {
      if (error === null) fdatasync(descriptor, done)
      else done(error)
    })
  }
  return {
    append: (bytes) =>
      new Promise((resolve, reject) => {
        waiting.push({ bytes, resolve, reject })
        // What else comes in this turn of the loop goes along.
        if (!flushing) {
          flushing = true
          setImmediate(flush)
        }
      }),
    close: () => closeSync(descriptor),
  }
}
