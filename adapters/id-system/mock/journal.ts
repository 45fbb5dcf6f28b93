import { Fault } from '../../../domain/ports.ts'
import type { Clock } from '../plugin.ts'
import { dropSegmentsBefore, openSegment, segmentAt, type Line, type Remembered, type Segment, type Told } from './segment.ts'

/** Lines that share one fsync. */
const BATCH_MAX = 256

/** Lines that wait for the disk; one more is refused. */
const WAITING_MAX = 10_000

/**
 * What the mock must not forget: which codes were sent for which idempotency key, and which were used (rule 36).
 * Lines are appended and synced before anybody is answered, and the first line about a thing wins. So a kill at any point leaves a
 * code either sent and known, or neither; and several processes on one folder agree. It remembers 15 to 30 minutes.
 */
export type Journal = {
  /** Durable when it resolves, and what is read afterwards has it and everything before it. */
  readonly append: (line: Line) => Promise<void>
  /** Sees what other processes have written. */
  readonly catchUp: () => Promise<void>
  readonly sentFor: (idempotencyKey: string) => Remembered | undefined
  readonly newestOf: (transaction: string) => Remembered | undefined
  readonly usedBy: (sent: string) => string | undefined
  readonly toldFor: (idempotencyKey: string) => Told | undefined
  readonly close: () => Promise<void>
}

type Waiting = { readonly line: Line; readonly done: () => void; readonly failed: (error: unknown) => void }

/** This quarter of an hour and the one before, oldest first. */
type Pair = readonly [Segment, Segment]

const openPair = async (directory: string, number: number): Promise<Pair> => {
  await dropSegmentsBefore(directory, number - 1)
  const opened: Segment[] = []
  try {
    const older = await openSegment(directory, number - 1)
    opened.push(older)
    const newer = await openSegment(directory, number)
    opened.push(newer)
    for (const segment of opened) await segment.read()
    return [older, newer]
  } catch (error) {
    // A file that is left open ends the process when it is collected.
    for (const segment of opened) await segment.close()
    throw error
  }
}

export const openJournal = async (directory: string, clock: Clock): Promise<Journal> => {
  let pair = await openPair(directory, segmentAt(clock.now()))
  let closed = false
  let waiting: Waiting[] = []
  let turn: Promise<void> = Promise.resolve()

  const exclusively = (act: () => Promise<void>): Promise<void> => {
    const mine = turn.then(act)
    turn = mine.catch(() => undefined)
    return mine
  }

  const readAll = async (): Promise<void> => {
    const number = segmentAt(clock.now())
    // A clock that goes back a little writes to the newer segment, which everybody reads.
    if (number > pair[1].number) {
      const old = pair
      pair = await openPair(directory, number)
      for (const segment of old) await segment.close()
      return
    }
    for (const segment of pair) await segment.read()
  }

  const flush = async (): Promise<void> => {
    const batch = waiting.slice(0, BATCH_MAX)
    waiting = waiting.slice(BATCH_MAX)
    if (batch.length === 0) return
    try {
      if (segmentAt(clock.now()) > pair[1].number) await readAll()
      await pair[1].write(batch.map(({ line }) => line))
      await readAll()
      for (const { done } of batch) done()
    } catch (error) {
      for (const { failed } of batch) failed(error)
    }
  }

  const first = <T>(find: (segment: Segment) => T | undefined): T | undefined => find(pair[0]) ?? find(pair[1])

  return {
    append: (line) =>
      new Promise((done, failed) => {
        if (closed || waiting.length >= WAITING_MAX) {
          failed(new Fault(closed ? 'closed' : 'unavailable', closed ? 'the journal is closed' : 'too many lines wait for the disk'))
          return
        }
        waiting.push({ line, done, failed })
        // Each turn takes all that waits, up to its bound; a turn that finds nothing does nothing.
        void exclusively(flush)
      }),
    catchUp: () => exclusively(readAll),
    sentFor: (key) => first((segment) => segment.sent.get(key)),
    newestOf: (transaction) => pair[1].newestOf.get(transaction) ?? pair[0].newestOf.get(transaction),
    toldFor: (key) => first((segment) => segment.told.get(key)),
    usedBy: (sent) => first((segment) => segment.usedBy.get(sent)),
    close: () => {
      if (closed) return turn
      closed = true
      return exclusively(async () => {
        for (const segment of pair) await segment.close()
      })
    },
  }
}
