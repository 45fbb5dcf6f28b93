import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { Fault } from '../../../domain/ports.ts'
import { makeApply } from './apply.ts'
import { failureOf, kindOf } from './faults.ts'
import { openForWriting } from './format.ts'
import type { Failure, FromWriter, Job, Outcome, Request, ToWriter, WriterSettings } from './jobs.ts'
import { monotonicMs } from './jobs.ts'

// The one thread of a process that writes. What came in while a transaction ran is the next transaction (group commit).

const GROUP_REQUESTS_MAX = 1024
const GROUP_CHARS_MAX = 8_388_608
const WAL_BYTES_MAX = 33_554_432
/** By so much the log grows before a cut that failed is tried again. */
const WAL_BYTES_MORE = 4_194_304
const CHECKPOINT_WAIT_MS = 50

const charsOf = (job: Job): number =>
  job.kind === 'append' ? job.events.reduce((sum, event) => sum + event.data.length + event.metadata.length, 0) : 0

const failAll = (requests: readonly Request[], failure: Failure): readonly Outcome[] => requests.map(() => ({ ok: false, failure }))

const BUSY: Failure = { code: 'unavailable', message: 'another process keeps the event store busy', retryAfterMs: 50 }
const LATE: Failure = { code: 'unavailable', message: 'the event store is overloaded', retryAfterMs: 100 }

/**
 * SQLite copies the log back at commits by itself. Only a reader that never pauses keeps it from starting over; then the writer
 * waits for readers a moment, seldom, and the log is cut.
 */
const makeWalGuard = (db: DatabaseSync, file: string): (() => void) => {
  let patienceBytes = WAL_BYTES_MAX
  return () => {
    const bytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
    if (bytes < patienceBytes) return
    db.exec(`PRAGMA busy_timeout = ${CHECKPOINT_WAIT_MS}`)
    try {
      const isBusy = Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy']) !== 0
      patienceBytes = isBusy ? bytes + WAL_BYTES_MORE : WAL_BYTES_MAX
    } catch {
      // Nothing is lost by a log that stays long.
      patienceBytes = bytes + WAL_BYTES_MORE
    }
    db.exec('PRAGMA busy_timeout = 0')
  }
}

type Group = { readonly outcomes: readonly Outcome[]; readonly stop?: Failure }

/** One transaction for the whole group. */
const commitGroup = (apply: ReturnType<typeof makeApply>, requests: readonly Request[]): Group => {
  let step: 'before' | 'commit' = 'before'
  try {
    const untilMs = Math.min(...requests.map((request) => request.untilMs))
    if (!apply.begin(untilMs, monotonicMs)) return { outcomes: failAll(requests, BUSY) }
    const outcomes = apply.run(requests.map((request) => request.job))
    step = 'commit'
    apply.commit()
    return { outcomes }
  } catch (error) {
    const failure = failureOf(error)
    const unknown: Failure = { code: 'ambiguous', message: 'the event store failed while it made the append durable' }
    const isFatal = kindOf(error) === 'io' || !rolledBack(apply)
    // A flush that failed once says nothing when it succeeds later, so nothing may be built on it.
    const outcomes = failAll(requests, step === 'commit' && isFatal ? unknown : failure)
    return isFatal ? { outcomes, stop: failure } : { outcomes }
  }
}

const rolledBack = (apply: ReturnType<typeof makeApply>): boolean => {
  try {
    apply.rollback()
    return true
  } catch {
    return false
  }
}

const send = (port: MessagePort, message: FromWriter): void => port.postMessage(message)

const answer = (port: MessagePort, requests: readonly Request[], outcomes: readonly Outcome[]): void => {
  const replies = requests.flatMap((request, index) => {
    const outcome = outcomes[index]
    return outcome === undefined ? [] : [{ number: request.number, outcome }]
  })
  if (replies.length > 0) send(port, { kind: 'replies', replies })
}

const serve = (port: MessagePort, db: DatabaseSync, file: string): void => {
  const apply = makeApply(db)
  const guardWal = makeWalGuard(db, file)
  let waiting: Request[] = []
  let stopped: Failure | undefined
  let closing = false

  const take = (message: ToWriter): void => {
    if (message.kind === 'close') closing = true
    else waiting.push(...message.requests)
  }
  const drainPort = (): void => {
    for (let taken = 0; taken < GROUP_REQUESTS_MAX; taken++) {
      const next = receiveMessageOnPort(port)
      if (next === undefined) return
      take(next.message as ToWriter)
    }
  }
  const nextGroup = (): readonly Request[] => {
    let chars = 0
    let size = 0
    for (const request of waiting) {
      chars += charsOf(request.job)
      if (size > 0 && (size >= GROUP_REQUESTS_MAX || chars > GROUP_CHARS_MAX)) break
      size++
    }
    const group = waiting.slice(0, size)
    waiting = waiting.slice(size)
    return group
  }
  const runGroup = (all: readonly Request[]): void => {
    const nowMs = monotonicMs()
    const late = all.filter((request) => request.untilMs <= nowMs)
    answer(port, late, failAll(late, LATE))
    const group = late.length === 0 ? all : all.filter((request) => request.untilMs > nowMs)
    if (group.length === 0) return
    if (stopped !== undefined) return answer(port, group, failAll(group, stopped))
    const { outcomes, stop } = commitGroup(apply, group)
    answer(port, group, outcomes)
    if (stop !== undefined) {
      stopped = stop
      send(port, { kind: 'stopped', failure: stop })
    } else guardWal()
  }

  port.on('message', (message: ToWriter) => {
    take(message)
    do {
      drainPort()
      const group = nextGroup()
      if (group.length > 0) runGroup(group)
    } while (waiting.length > 0)
    if (!closing) return
    db.close()
    port.close()
  })
  send(port, { kind: 'ready' })
}

const start = (): void => {
  if (parentPort === null) throw new Error('the writer runs in a thread of its own')
  const { file, pagesMax } = workerData as WriterSettings
  try {
    const db = openForWriting(file)
    if (pagesMax !== undefined) db.exec(`PRAGMA max_page_count = ${Math.trunc(pagesMax)}`)
    serve(parentPort, db, file)
  } catch (error) {
    const failure: Failure =
      error instanceof Fault
        ? { code: error.code, message: error.message }
        : {
            code: 'unavailable',
            message: `the event store cannot be opened (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`,
          }
    send(parentPort, { kind: 'refused', failure })
    parentPort.close()
  }
}

start()
