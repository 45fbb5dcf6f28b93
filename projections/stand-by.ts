import type { Position, ReadModel, Timers } from '../domain/ports.ts'
import type { EventSource } from './projection.ts'

/** Another process that is behind and has not moved for this many looks has left the work to us. */
const LOOKS = 4
const LOOK_BEHIND_MS = 50
const LOOK_IDLE_MS = 250

export type Look = { readonly position: Position | undefined; readonly behind: boolean }

/** Watches another process do the work of a projection; resolves when it is ours to do, or when stopped. */
export const standBy = async (
  { source, views, timers }: { readonly source: EventSource; readonly views: ReadModel; readonly timers: Timers },
  projection: string,
  stopping: AbortSignal,
  looked: (look: Look) => void,
): Promise<void> => {
  let before: Position | undefined
  for (let still = 0; still < LOOKS && !stopping.aborted;) {
    const position = await views.position(projection)
    const head = await source.head()
    const behind = head !== undefined && (position === undefined || position < head)
    still = behind && position === before ? still + 1 : 0
    before = position
    looked({ position, behind })
    if (still < LOOKS) await timers.sleep(behind ? LOOK_BEHIND_MS : LOOK_IDLE_MS, stopping)
  }
}
