import type { Clock, Timers } from '../../domain/ports.ts'
import { secondsUntil } from '../../domain/time.ts'
import type { EventSource, SourceMessage } from '../../projections/projection.ts'

/** Messages that wait in memory for their time, about 2 kB each; beyond that the source itself waits. */
const WAITING_MAX = 4096

/** Two in a row say no more than the second. */
const isSaidAgain = (message: SourceMessage, last: SourceMessage | undefined): boolean =>
  message.kind === last?.kind && (message.kind === 'checkpoint' || message.kind === 'caughtUp')

/**
 * The events of a source in their order, each `delayS` after it was recorded. They are taken when they are new, while others who follow
 * hold them too, and wait here: whoever reads a busy log behind the others reads all of it again from the disk.
 */
export const delayed = (
  source: EventSource,
  delayS: number,
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
): EventSource => ({
  ...source,
  subscribe: (options, handler) => {
    const stopping = new AbortController()
    const waiting: SourceMessage[] = []
    let wake = Promise.withResolvers<undefined>()
    const changed = (): void => {
      wake.resolve(undefined)
      wake = Promise.withResolvers<undefined>()
    }
    stopping.signal.addEventListener('abort', () => changed())
    const isStopping = (): boolean => stopping.signal.aborted

    const subscription = source.subscribe(options, async (message) => {
      if (isSaidAgain(message, waiting.at(-1))) waiting.pop()
      while (waiting.length >= WAITING_MAX && !isStopping()) await wake.promise
      waiting.push(message)
      if (waiting.length === 1) changed()
    })
    const tell = async (): Promise<void> => {
      while (!isStopping()) {
        const [message] = waiting
        if (message === undefined) {
          await wake.promise
          continue
        }
        const leftS = message.kind === 'event' ? delayS - secondsUntil(message.event.at, clock.now()) : 0
        if (leftS > 0) await timers.sleep(leftS * 1000, stopping.signal)
        if (isStopping()) return
        waiting.shift()
        if (waiting.length === WAITING_MAX - 1) changed()
        await handler(message)
      }
    }
    const telling = tell()
    // Whichever ends first, the other has nothing more to do.
    const ended = Promise.race([telling, subscription.ended]).finally(() => stopping.abort())
    // Who cares for the end asks `ended`; nobody asking must not end the process.
    ended.catch(() => undefined)
    return {
      ended,
      stop: async () => {
        stopping.abort()
        await subscription.stop()
        await ended.catch(() => undefined)
      },
    }
  },
})
