import type { Clock, IdSystem, Instant } from '../domain/ports.ts'

export type BreakerState = 'closed' | 'half_open' | 'open'

type ThreadChange = { readonly state: 'ended'; readonly reason: string } | { readonly state: 'running' }

/** How a plugin's thread fares: how often another took its place, and how the last one ended. */
type ThreadStatus = {
  readonly isRunning: boolean
  readonly ended: number
  readonly last: { readonly reason: string; readonly at: Instant }
}

export type OpeningStatus = {
  readonly generation: number
  readonly version: string
  readonly module: string
  readonly since: Instant
}

/** One ID system on one node, as `plugin status` shows it. */
export type PluginStatus = OpeningStatus & {
  readonly id: string
  readonly health: Awaited<ReturnType<IdSystem['health']>>
  /** Calls that are not let through, or one at a time. */
  readonly breakers: readonly { readonly call: string; readonly state: BreakerState; readonly since: Instant }[]
  /** Absent where nothing ever happened to it, or where it has none of its own. */
  readonly thread?: ThreadStatus
  /** Replaced, and kept until then for the logins that it began with. */
  readonly older: readonly (OpeningStatus & { readonly until: Instant })[]
  /** The last request for a new opening, where it could not be done: the words are for whoever wrote the settings. */
  readonly problem?: { readonly generation: number; readonly at: Instant; readonly words: string }
}

/** What one broker says of its ID systems, kept for the command line in the data folder. */
export type NodeStatus = {
  readonly node: string
  readonly pid: number
  /** When it was written: what is older than `STATUS_OLD_MS` is of a broker that ended. */
  readonly at: Instant
  readonly plugins: readonly PluginStatus[]
}

/** Milliseconds between two looks where nothing happens, and after how many a status is nobody's: a look waits for a plugin's health, 5 s at most. */
export const STATUS_MS = 5000
export const STATUS_OLD_MS = 20_000

/** What is told of an opening while it is open. */
export type Seen = { readonly onBreaker: (call: string, state: BreakerState) => void; readonly onThread: (change: ThreadChange) => void }

export type Watch = Seen & { readonly status: () => Pick<PluginStatus, 'breakers' | 'thread'> }

/** Remembers what happened to one opening. */
export const watch = (clock: Clock): Watch => {
  const breakers = new Map<string, { readonly state: BreakerState; readonly since: Instant }>()
  let thread: ThreadStatus | undefined
  return {
    onBreaker: (call, state) => {
      if (state === 'closed') breakers.delete(call)
      else breakers.set(call, { state, since: clock.now() })
    },
    onThread: (change) => {
      if (change.state === 'ended')
        thread = { isRunning: false, ended: (thread?.ended ?? 0) + 1, last: { reason: change.reason, at: clock.now() } }
      else if (thread !== undefined) thread = { ...thread, isRunning: true }
    },
    status: () => ({ breakers: [...breakers].map(([call, one]) => ({ call, ...one })), ...(thread && { thread }) }),
  }
}
