/**
 * The program of a plugin's thread (rule 42). It has the plugin, its settings and its tools, and one port to the broker, over which only
 * bounded texts go. It is no prison for code that means harm: such code belongs in a process of its own, behind HTTP.
 */
import { randomFillSync, randomUUID } from 'node:crypto'
import { enableCompileCache, syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'
import {
  ANSWER_BYTES_MAX,
  LOG_CHARS_MAX,
  LOG_LINES_PER_SECOND,
  MEMBERS,
  type FromThread,
  type ThreadData,
  type ToThread,
} from './messages.ts'
import type { IdSystem, Json, Log, PluginTools, RecordedFact } from './plugin.ts'
import { closeHalf, importPlugin, openPrepared, prepare, type Prepared } from './prepare.ts'

const { port, specifier, settings, dataDirectory, compileCache } = threads.workerData as ThreadData

if (compileCache !== undefined) enableCompileCache(compileCache)

// Bound now, so that what a plugin does to prototypes leads nowhere.
const post = (port.postMessage as (message: FromThread) => void).bind(port)

const forbidden = (): never => {
  throw new Error('a plugin may not do this to the broker')
}

/** A careless plugin must not flood the broker by ways that it finds lying about, nor end it. */
const closeOtherWays = (): void => {
  threads.parentPort?.close()
  Object.assign(threads, { workerData: null, parentPort: null, postMessageToThread: forbidden })
  Object.assign(process, { kill: forbidden, abort: forbidden })
  syncBuiltinESMExports()
  // What is printed would gather until somebody reads it.
  const nowhere = (): boolean => true
  process.stdout.write = nowhere
  process.stderr.write = nowhere
}

/** The broker's clock is this far ahead of the machine's; it says so with each question. */
let aheadMs = 0
const nowMs = (): number => Date.now() + aheadMs

const boundedLog = (): Log => {
  let second = 0
  let lines = 0
  let dropped = 0
  const write =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, fields: Readonly<Record<string, Json>> = {}): void => {
      const now = Math.floor(performance.now() / 1000)
      if (now !== second) {
        if (dropped > 0) post({ kind: 'log', level: 'warn', event: 'plugin_log_dropped', text: JSON.stringify({ lines: dropped }) })
        second = now
        lines = 0
        dropped = 0
      }
      lines += 1
      const text = lines > LOG_LINES_PER_SECOND ? undefined : JSON.stringify(fields)
      if (text === undefined || text.length > LOG_CHARS_MAX || event.length > LOG_CHARS_MAX) dropped += 1
      else post({ kind: 'log', level, event, text })
    }
  return { info: write('info'), warn: write('warn'), error: write('error') }
}

const tools: PluginTools = {
  clock: { now: () => new Date(nowMs()).toISOString() },
  chance: { bytes: (size) => randomFillSync(new Uint8Array(size)), uuid: () => randomUUID() },
  log: boundedLog(),
  dataDirectory,
}

let prepared: Prepared | undefined
let system: IdSystem | undefined

const prepareHere = async (): Promise<unknown> => {
  prepared = prepare(await importPlugin(specifier), settings as { readonly [key: string]: Json })
  return prepared.ok ? { ok: true, description: prepared.description } : prepared
}

const openHere = async (): Promise<unknown> => {
  if (prepared?.ok !== true) return { ok: false, problems: ['it was not prepared'] }
  const opened = await openPrepared(prepared, tools)
  if (!opened.ok) {
    if (opened.half !== undefined) await closeHalf(opened.half)
    return { ok: false, problems: opened.problems }
  }
  const { system: open } = opened
  system = open
  return { ok: true, members: MEMBERS.filter((member) => open[member] !== undefined), on: Object.keys(open.on ?? {}) }
}

const isMember = (call: string): call is (typeof MEMBERS)[number] => MEMBERS.some((member) => member === call)

const act = (call: string, input: unknown): unknown => {
  if (call === 'ping') return null
  if (call === 'prepare') return prepareHere()
  if (call === 'open') return openHere()
  if (call === 'health') return system?.health()
  if (call === 'close') return system?.close()
  if (isMember(call)) return (system?.[call] as ((request: unknown) => unknown) | undefined)?.(input)
  return system?.on?.[call.slice('on.'.length)]?.(input as RecordedFact)
}

/** The class of what was thrown; its message may hold what a person typed. */
const nameOf = (error: unknown): string => (error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'unknown')

const textOf = (value: unknown): string | undefined => {
  try {
    const text = JSON.stringify(value ?? null)
    return Buffer.byteLength(text) > ANSWER_BYTES_MAX ? undefined : text
  } catch {
    return undefined
  }
}

const answer = async ({ id, call, text, now }: ToThread): Promise<void> => {
  aheadMs = Date.parse(now) - Date.now()
  try {
    const value = await act(call, JSON.parse(text))
    const answered = textOf(value)
    post(answered === undefined ? { kind: 'unfit', id } : { kind: 'answer', id, text: answered })
  } catch (error) {
    post({ kind: 'threw', id, name: nameOf(error) })
  }
}

closeOtherWays()
port.on('message', (message: ToThread) => void answer(message))
