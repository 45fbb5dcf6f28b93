import { getCompileCacheDir } from 'node:module'
import { MessageChannel, Worker, type MessagePort as NodePort } from 'node:worker_threads'
import type { Clock, Log, Timers } from '../../domain/ports.ts'
import { ANSWER_BYTES_MAX, LOG_CHARS_MAX, LOG_LINES_PER_SECOND, type FromThread, type ToThread } from './messages.ts'
import type { Settings } from './prepare.ts'

/** Between two looks at a thread, milliseconds, and how long it may let one wait: whoever blocks it longer is stuck. */
const WATCH_MS = 1000
const STUCK_MS = 3000

/** Messages in a second beyond the answers that are due: nobody who only answers and logs comes near. */
const UNASKED_PER_SECOND_MAX = LOG_LINES_PER_SECOND * 10

/** Beside its heap a thread may hold this many times as much in buffers. */
const BUFFERS_FACTOR = 2

const YOUNG_MB = 32
const STACK_MB = 4

/** Why a thread ended. */
export type EndReason = 'closed' | 'exited' | 'threw' | 'memory' | 'stuck' | 'flooded'

export class ThreadGoneError extends Error {
  override readonly name = 'ThreadGoneError'
}

export type ThreadOptions = {
  readonly specifier: string
  readonly settings: Settings
  readonly dataDirectory: string
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  /** Names it in the log. */
  readonly plugin: string
  /** Heap, MiB. */
  readonly memoryMb: number
}

export type Thread = {
  /** What the plugin answered, as plain data; undefined where it is none or too long. Rejects with what was thrown, or `ThreadGoneError`. */
  readonly ask: (call: string, input: unknown) => Promise<unknown>
  readonly ended: Promise<EndReason>
  readonly end: (reason: EndReason) => Promise<void>
  /** From now on it is looked at, and ended when it is stuck or too large. */
  readonly watch: () => void
}

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }

const LEVELS = ['info', 'warn', 'error'] as const

const isOutOfMemory = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** A line of the plugin's log, as one of the broker's: it may have been made by any code. */
const writeLog = ({ log, plugin }: ThreadOptions, { level, event, text }: FromThread & { readonly kind: 'log' }): void => {
  const known = LEVELS.find((word) => word === level)
  if (known === undefined || text.length > LOG_CHARS_MAX || !/^[a-z0-9_.-]{1,64}$/.test(event)) return
  const fields = parsed(text)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return
  // What the broker says of every line is not the plugin's to say.
  const { time: _time, level: _level, event: _event, ...own } = fields as Readonly<Record<string, never>>
  log[known](event, { ...own, plugin })
}

/** What comes over the port: answers to what was asked, lines of log, and nothing else for long. */
const receiver = (options: ThreadOptions, waiting: Map<number, Waiting>, flooded: () => void) => {
  let second = 0
  let unasked = 0
  const noteUnasked = (): void => {
    const now = Math.floor(performance.now() / 1000)
    unasked = now === second ? unasked + 1 : 1
    second = now
    if (unasked > UNASKED_PER_SECOND_MAX) flooded()
  }
  return (message: FromThread): void => {
    if (message.kind === 'log') {
      noteUnasked()
      return writeLog(options, message)
    }
    const asked = waiting.get(message.id)
    if (asked === undefined) return noteUnasked()
    waiting.delete(message.id)
    if (message.kind === 'threw') {
      const error = new Error('the plugin threw')
      error.name = message.name
      asked.reject(error)
    } else asked.resolve(message.kind === 'unfit' || message.text.length > ANSWER_BYTES_MAX ? undefined : parsed(message.text))
  }
}

const newWorker = (options: ThreadOptions, port: NodePort): Worker => {
  const compileCache = getCompileCacheDir()
  const { specifier, settings, dataDirectory, memoryMb } = options
  return new Worker(new URL('./thread.ts', import.meta.url), {
    name: 'plugin',
    // Nothing of the broker's: no environment, no streams, no flags.
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    workerData: { port, specifier, settings, dataDirectory, ...(compileCache !== undefined && { compileCache }) },
    transferList: [port],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: YOUNG_MB, stackSizeMb: STACK_MB },
  })
}

const holdsTooMuch = async (worker: Worker, memoryMb: number): Promise<boolean> => {
  const { external_memory: bytes } = await worker.getHeapStatistics()
  return bytes > memoryMb * BUFFERS_FACTOR * 1024 * 1024
}

/** One thread with one plugin in it. It never takes the broker's attention for longer than a bounded text takes to be read. */
export const startThread = (options: ThreadOptions): Thread => {
  const { port1: port, port2: theirs } = new MessageChannel()
  const worker = newWorker(options, theirs)
  const waiting = new Map<number, Waiting>()
  const over = new AbortController()
  const { promise: ended, resolve: told } = Promise.withResolvers<EndReason>()
  let why: EndReason | undefined
  let asked = 0
  const isOver = (): boolean => over.signal.aborted

  const end = async (reason: EndReason): Promise<void> => {
    why ??= reason
    await worker.terminate()
  }
  port.on(
    'message',
    receiver(options, waiting, () => void end('flooded')),
  )
  worker.on('error', (error) => {
    why ??= isOutOfMemory(error) ? 'memory' : 'threw'
  })
  worker.once('exit', () => {
    over.abort()
    port.close()
    for (const { reject } of waiting.values()) reject(new ThreadGoneError('the thread of the plugin ended'))
    waiting.clear()
    told(why ?? 'exited')
  })

  const ask: Thread['ask'] = (call, input) => {
    if (isOver()) return Promise.reject(new ThreadGoneError('the thread of the plugin ended'))
    asked += 1
    const message: ToThread = { id: asked, call, text: JSON.stringify(input ?? null), now: options.clock.now() }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    waiting.set(message.id, { resolve, reject })
    port.postMessage(message)
    return promise
  }
  const answersPing = async (): Promise<boolean> => {
    const done = new AbortController()
    const stuck = options.timers.sleep(STUCK_MS, AbortSignal.any([done.signal, over.signal])).then(() => false)
    const answered = ask('ping', null).then(
      () => true,
      () => true,
    )
    const outcome = await Promise.race([answered, stuck])
    done.abort()
    return outcome
  }
  const watching = async (): Promise<void> => {
    while (!isOver()) {
      await options.timers.sleep(WATCH_MS, over.signal)
      if (isOver()) return
      if (!(await answersPing())) return end('stuck')
      if (await holdsTooMuch(worker, options.memoryMb).catch(() => false)) return end('memory')
    }
  }
  return { ask, ended, end, watch: () => void watching() }
}
