import type { Timers } from '../../../domain/ports.ts'
import type { KurrentClient } from './client.ts'

/** What is under way on a client that is given up may still answer within this time. */
const GRACE_MS = 5000
const DISPOSE_MS_MAX = 1000

/**
 * The one client of this process. A client that met a fault from which it does not recover is dropped: whoever calls next gets a new
 * one, and what is open on the old one ends.
 */
export type Connection = {
  readonly client: () => Promise<KurrentClient>
  readonly drop: (client: KurrentClient) => void
  readonly close: () => Promise<void>
}

export const makeConnection = (open: () => Promise<KurrentClient>, timers: Timers): Connection => {
  let current: Promise<KurrentClient> | undefined
  let opened: KurrentClient | undefined
  const closing = new AbortController()
  const leaving = new Set<Promise<void>>()

  const dispose = async (client: KurrentClient, graceMs: number): Promise<void> => {
    if (graceMs > 0) await timers.sleep(graceMs, closing.signal)
    const patience = new AbortController()
    await Promise.race([client.dispose().catch(() => undefined), timers.sleep(DISPOSE_MS_MAX, patience.signal)])
    patience.abort()
  }

  const leave = (client: KurrentClient, graceMs: number): void => {
    const one = dispose(client, graceMs).finally(() => leaving.delete(one))
    leaving.add(one)
  }

  return {
    client: () => {
      current ??= open().then(
        (client) => {
          opened = client
          return client
        },
        (error: unknown) => {
          current = undefined
          throw error
        },
      )
      return current
    },
    drop: (client) => {
      if (client !== opened) return
      opened = undefined
      current = undefined
      leave(client, GRACE_MS)
    },
    close: async () => {
      closing.abort()
      if (opened !== undefined) leave(opened, 0)
      opened = undefined
      await Promise.all(leaving)
    },
  }
}
