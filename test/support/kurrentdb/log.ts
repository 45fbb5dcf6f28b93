// The log of the stand-in for KurrentDB: what the server's IndexWriter.CheckCommit does, in memory. It outlives a restart of the server.

export type NewRecord = {
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: Uint8Array
  readonly metadata: Uint8Array
}

export type LogRecord = NewRecord & {
  readonly stream: string
  readonly revision: number
  /** A byte offset, as in the real log: increasing, with gaps. */
  readonly position: bigint
  readonly createdMs: number
}

export type Expected = number | 'no_stream' | 'stream_exists' | 'any'

export type Outcome =
  | { readonly kind: 'kept'; readonly revision: number; readonly position: bigint }
  | { readonly kind: 'wrong'; readonly current: number }
  | { readonly kind: 'tooLarge' }

/** The server's own limit. */
const APPEND_BYTES_MAX = 1_048_576
const HEADER_BYTES = 151n
const decoder = new TextDecoder()

export const makeLog = () => {
  const records: LogRecord[] = []
  const streams = new Map<string, LogRecord[]>()
  const listeners = new Set<(record: LogRecord) => void>()
  let end = 548n

  const of = (stream: string): readonly LogRecord[] => streams.get(stream) ?? []

  const revisionOf = (expected: Expected, current: number): number => {
    if (expected === 'any') return current
    if (expected === 'no_stream') return -1
    return expected === 'stream_exists' ? (current < 0 ? Number.NaN : current) : expected
  }

  const add = (stream: string, given: readonly NewRecord[]): LogRecord => {
    const stored = streams.get(stream) ?? []
    streams.set(stream, stored)
    for (const one of given) {
      end += HEADER_BYTES + BigInt(one.data.length + one.metadata.length)
      const record = { ...one, stream, revision: stored.length, position: end, createdMs: Date.now() }
      stored.push(record)
      records.push(record)
    }
    const added = stored.slice(-given.length)
    for (const record of added) for (const listen of listeners) listen(record)
    return added.at(-1) as LogRecord
  }

  /** An id that stands where it would stand is a repeat; at any other place the server does not look for it. */
  const append = (stream: string, expected: Expected, given: readonly NewRecord[]): Outcome => {
    const stored = of(stream)
    const current = stored.length - 1
    const at = revisionOf(expected, current)
    if (given.reduce((sum, one) => sum + one.data.length + one.metadata.length, 0) > APPEND_BYTES_MAX * 1.5) return { kind: 'tooLarge' }
    if (at === current) {
      const last = add(stream, given)
      return { kind: 'kept', revision: last.revision, position: last.position }
    }
    const last = stored[at + given.length]
    const isRepeat = at < current && last !== undefined && given.every(({ id }, index) => stored[at + 1 + index]?.id === id)
    return isRepeat ? { kind: 'kept', revision: last.revision, position: last.position } : { kind: 'wrong', current }
  }

  /** `$tb` of a stream's metadata hides what is before it. */
  const visible = (stream: string): readonly LogRecord[] => {
    const metadata = of(`$$${stream}`).at(-1)
    const before = metadata === undefined ? 0 : ((JSON.parse(decoder.decode(metadata.data)) as { readonly $tb?: number }).$tb ?? 0)
    return of(stream).slice(before)
  }

  return {
    append,
    add,
    exists: (stream: string): boolean => streams.has(stream),
    stream: visible,
    all: (): readonly LogRecord[] => records,
    listen: (listener: (record: LogRecord) => void): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

export type ServerLog = ReturnType<typeof makeLog>

/** The first record at or after a position. */
export const indexOf = (records: readonly LogRecord[], position: bigint): number => {
  let low = 0
  for (let high = records.length; low < high;) {
    const middle = (low + high) >> 1
    if ((records[middle] as LogRecord).position < position) low = middle + 1
    else high = middle
  }
  return low
}
