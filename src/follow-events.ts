import { Fault, type Position, type Timers } from '../domain/ports.ts'
import type { EventSource, SourceMessage } from '../projections/projection.ts'

export type Told = Extract<SourceMessage, { event: unknown }>

export type Following = {
  readonly source: EventSource
  readonly timers: Timers
  /** Aborts when nobody wants more. */
  readonly stopping: AbortSignal
  /** Where to begin; undefined is the beginning. */
  readonly after: Position | undefined
  readonly take: (message: Told) => Promise<void> | void
  /** The connection was lost; it is sought again after so many milliseconds. */
  readonly lost: (problem: string, waitMs: number) => void
}

const WAIT_FIRST_MS = 250
const WAIT_LONGEST_MS = 15_000

const ABORTED = 'aborted'

/**
 * Every event of logins from a position on, in order and once, for as long as somebody wants them. A connection that breaks is sought
 * again, with longer and longer waits, and reading goes on behind the last event that was taken.
 */
export const followEvents = async ({ source, timers, stopping, after, take, lost }: Following): Promise<void> => {
  let at = after
  let waitMs = WAIT_FIRST_MS
  const stopped = new Promise<typeof ABORTED>((resolve) => {
    if (stopping.aborted) resolve(ABORTED)
    stopping.addEventListener('abort', () => resolve(ABORTED), { once: true })
  })
  while (!stopping.aborted) {
    const options = { ...(at !== undefined && { after: at }), filter: { streamPrefixes: ['authorization-'] } }
    const subscription = source.subscribe(options, async (message) => {
      if (message.kind === 'caughtUp') waitMs = WAIT_FIRST_MS
      else if (message.kind === 'checkpoint') at = message.position
      else {
        await take(message)
        at = message.event.position
      }
    })
    const ended = await Promise.race([
      stopped,
      subscription.ended.then(
        () => 'the store ended it',
        (error: unknown) => error,
      ),
    ])
    await subscription.stop().catch(() => undefined)
    if (ended === ABORTED) return
    if (ended instanceof Error && !(ended instanceof Fault)) throw ended
    lost(ended instanceof Fault ? ended.message : String(ended), waitMs)
    await timers.sleep(waitMs, stopping)
    waitMs = Math.min(2 * waitMs, WAIT_LONGEST_MS)
  }
}
