import { inGeneration, openStandings, standingOf } from './generations.ts'
import { run, type Runner, type RunnerStatus, type RunOptions, type RunTools } from './run.ts'
import type { Runnable } from './runnable.ts'
import type { Views } from './served.ts'

export type ServingTools = Omit<RunTools, 'views'> & { readonly views: Views }

/** How soon a process notices that another generation serves, milliseconds; readers notice at once. */
export const NOTICED_MS = 1000

/**
 * Keeps the serving generation of a projection at the head, whichever it is. Where another one was made to serve, the runner of the old
 * one ends and one of the new begins, with nothing remembered from the rows of the old.
 */
export const runServing = (tools: ServingTools, projection: Runnable, options: RunOptions = {}): Runner => {
  const { timers, log } = tools
  const { name } = projection
  const rows = tools.views.every
  const stopping = new AbortController()
  let current: { readonly generation: number; readonly runner: Runner } | undefined
  let unread = false
  const begun = Promise.withResolvers<undefined>()

  /** Opening is a write: once is enough, or each look would wait for whoever else writes there. */
  let opened = false
  const look = async (): Promise<void> => {
    if (!opened) await openStandings(rows)
    opened = true
    const { serving } = await standingOf(rows, projection)
    unread = false
    if (current?.generation === serving || stopping.signal.aborted) return
    await current?.runner.stop()
    current = { generation: serving, runner: run({ ...tools, views: rows }, inGeneration(projection, serving), options) }
    begun.resolve(undefined)
  }
  const looking = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => {
        if (!unread) log.warn('generation_unread', { projection: name, problem: error instanceof Error ? error.message : 'unknown' })
        unread = true
        opened = false
      })
      await timers.sleep(NOTICED_MS, stopping.signal)
    }
  }
  const looked = looking()

  const starting: RunnerStatus = { projection: name, state: 'starting', position: undefined, lagMs: 0, parked: 0, restarts: 0 }
  return {
    position: () => current?.runner.position(),
    reached: async (wanted, waitMs) => {
      const patience = new AbortController()
      await Promise.race([begun.promise, timers.sleep(waitMs, patience.signal)])
      patience.abort()
      // In turns, because the runner may be another one after each.
      for (let leftMs = waitMs; ; leftMs -= NOTICED_MS) {
        if (await current?.runner.reached(wanted, Math.min(leftMs, NOTICED_MS))) return true
        if (leftMs <= NOTICED_MS) return false
      }
    },
    status: async () => (current === undefined ? starting : { ...(await current.runner.status()), projection: name }),
    stop: async () => {
      stopping.abort()
      await looked
      await current?.runner.stop()
    },
  }
}
