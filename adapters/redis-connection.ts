import { readFileSync } from 'node:fs'
import { createClient, ErrorReply, RESP_TYPES } from 'redis'
import { DONE, lateAfter } from './late.ts'
import { type Chance, Fault, type Log, type Timers } from '../domain/ports.ts'

/** Where an instance is and who we are there. The password comes from a file and never stands in a URL, which ends up in logs. */
export type RedisPlace = {
  /** `redis://host:port`, or `rediss:` for TLS. */
  readonly url: string
  readonly username?: string
  readonly passwordFile?: string
  /** Certificates to trust instead of the system's. */
  readonly caFile?: string
  /** Begins every key, so that deployments may share an instance. */
  readonly prefix?: string
}

export type RedisTools = { readonly timers: Timers; readonly chance: Chance; readonly log: Log }

/** A reading that fails did not happen; of a write that was sent nobody knows. */
export type Kind = 'read' | 'write'
export type Argument = string | Buffer

/** One command; texts come back as bytes. Settles within the time of a call. */
export type Send = (command: readonly Argument[], kind?: Kind) => Promise<unknown>

export type ConnectionOptions = RedisTools & {
  /** For messages: `cache`, `secrets` or `keys`. */
  readonly role: string
  readonly place: RedisPlace
  readonly callMs?: number
}

export type Connection = {
  readonly isReady: () => boolean
  /** Why it is not, where that is known: one word in brackets. */
  readonly problem: () => string
  readonly send: Send
  readonly close: () => void
}

const CALL_MS = 1000
export const CONNECT_MS = 2000
const BACK_OFF_FIRST_MS = 50
const BACK_OFF_LONGEST_MS = 2000
export const RETRY_AFTER_MS = 500
/** Calls in a row without an answer after which the connection is taken for dead; TCP alone may need a quarter of an hour for that. */
const SILENT_CALLS_MAX = 3

/** Words with which an instance says that it does nothing now. Whatever else it says is a mistake of ours. */
const NOT_NOW =
  /^(OOM|READONLY|LOADING|MISCONF|BUSY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM|UNKILLABLE|ERR max number of clients)/

type Client = ReturnType<typeof makeClient>

const makeClient = ({ place, role, chance }: ConnectionOptions) => {
  const { url, username, passwordFile, caFile } = place
  if (new URL(url).password !== '') throw new Fault('invalid', `redis.${role}.url: the password belongs in passwordFile`)
  const password = passwordFile === undefined ? undefined : readFileSync(passwordFile, 'utf8').trim()
  const reconnectStrategy = (retries: number): number => {
    const ms = Math.min(BACK_OFF_FIRST_MS * 2 ** Math.min(retries, 10), BACK_OFF_LONGEST_MS)
    // With jitter, so that nodes which lost the same instance do not come back as one.
    return Math.round(ms * (0.5 + (chance.bytes(1)[0] ?? 0) / 510))
  }
  // Stated, since a variable of the environment would turn the check off for the whole process.
  const tls = url.startsWith('rediss:')
    ? { tls: true as const, rejectUnauthorized: true, ...(caFile !== undefined && { ca: readFileSync(caFile) }) }
    : {}
  const client = createClient({
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy, ...tls },
  })
  return client
}

/** One word: what else an error says may be long, or name what it should not. */
const wordFor = (error: unknown): string => {
  if (error instanceof ErrorReply) return error.message.split(' ')[0] ?? ''
  return error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.name : 'unknown'
}

const asFault = (cause: unknown, role: string, kind: Kind): unknown => {
  if (cause instanceof Fault) return cause
  if (cause instanceof ErrorReply)
    return NOT_NOW.test(cause.message)
      ? new Fault('unavailable', `redis (${role}) says ${wordFor(cause)}`, { retryAfterMs: RETRY_AFTER_MS, cause })
      : cause
  const sent = cause instanceof Error && !/Offline|ClientClosed/.test(cause.constructor.name)
  const message = `redis (${role}) does not answer`
  return sent && kind === 'write'
    ? new Fault('ambiguous', message, { cause })
    : new Fault('unavailable', message, { retryAfterMs: RETRY_AFTER_MS, cause })
}

class LateError extends Error {}

/**
 * One connection that keeps itself: each call with a time of its own, nothing queued while the instance is away. `connected` is told
 * of each new connection, before anything is sent on it.
 */
export const openConnection = (options: ConnectionOptions, connected: () => void): Connection => {
  const { role, timers, log, callMs = CALL_MS } = options
  let closed = false
  let silent = 0
  let problem = ''
  const connect = (): Client => {
    const own = makeClient(options)
    own.on('connect', connected)
    own.on('ready', () => {
      problem = ''
    })
    own.on('error', (error: unknown) => {
      const word = ` (${wordFor(error)})`
      // It tries again and again; one line for each kind of trouble is enough.
      if (word !== problem && !closed) log.warn('redis_connection', { role, problem: wordFor(error) })
      problem = word
    })
    // It goes on trying by itself; who calls meanwhile is told.
    own.connect().catch(() => undefined)
    return own
  }
  let client = connect()
  const rebuild = (): void => {
    log.warn('redis_silent', { role })
    silent = 0
    client.destroy()
    connected()
    client = connect()
  }
  const send: Send = async (command, kind = 'read') => {
    const own = client
    const done = new AbortController()
    const late = lateAfter(
      timers,
      callMs,
      done.signal,
      () => done.signal.aborted,
      () => new LateError('late'),
    )
    try {
      const answer = await Promise.race([own.sendCommand(command, { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }), late])
      silent = 0
      return answer
    } catch (error) {
      if (error instanceof LateError && own === client && !closed && ++silent >= SILENT_CALLS_MAX) rebuild()
      throw asFault(error, role, kind)
    } finally {
      done.abort(DONE)
    }
  }
  return {
    isReady: () => client.isReady,
    problem: () => problem,
    send,
    close: () => {
      closed = true
      client.destroy()
    },
  }
}
