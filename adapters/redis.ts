import { hash } from 'node:crypto'
import { ErrorReply } from 'redis'
import { Fault } from '../domain/ports.ts'
import {
  CONNECT_MS,
  openConnection,
  RETRY_AFTER_MS,
  type Argument,
  type ConnectionOptions,
  type Kind,
  type Send,
} from './redis-connection.ts'
import { type Demands, problemsOf } from './redis-demands.ts'

export type { RedisPlace, RedisTools } from './redis-connection.ts'

/** Text of Lua, known to the server by its SHA-1 once it ran there. */
export type Script = { readonly text: string; readonly sha: string; readonly kind: Kind }

export const script = (kind: Kind, text: string): Script => ({ kind, text, sha: hash('sha1', text, 'hex') })

/**
 * The instant up to which rows may be swept, milliseconds: a node whose clock is ahead must not sweep what others still need, so the
 * instance's own clock bounds it.
 */
export const NOT_AHEAD = `
   local function notAhead(now)
     local time = redis.call('TIME')
     return math.min(tonumber(now), tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
   end`

/** A connection that was just made: what is sent here waits for nothing. */
export type Fresh = { readonly send: Send; readonly runId: string; readonly key: (name: string) => string }

/** Which instance it is, and what its clock says, milliseconds. */
export type RedisInstance = { readonly runId: string; readonly clockMs: number }

/** What the composition looks at before a node starts. */
export type OnRedis = { readonly instance: () => Promise<RedisInstance> }

export type RedisLink = OnRedis & {
  readonly key: (name: string) => string
  /** Throws `closed` once it is. */
  readonly enter: () => void
  readonly send: Send
  /** One trip. */
  readonly run: (script: Script, keys: readonly string[], values: readonly (Argument | number)[]) => Promise<unknown>
  /** The instance's name for its present life: another one after each start. */
  readonly runId: () => string
  readonly close: () => Promise<void>
}

export type RedisOptions = ConnectionOptions & {
  readonly demands: Demands
  /** After each connecting, before any other call passes. */
  readonly greet?: (fresh: Fresh) => Promise<void>
}

const PREFIX = 'esignet:'
const LOOK_MS = 50

const runIdIn = (info: unknown): string => /run_id:([0-9a-f]{40})/.exec(String(info))?.[1] ?? ''

/** An instance, looked at after each connecting: it may be another one, or not what its role demands. */
const greeter = (options: RedisOptions, send: () => Send, key: RedisLink['key']) => {
  let runId = ''
  let greeting: Promise<void> | undefined
  const greet = async (): Promise<void> => {
    const { role, demands, log } = options
    const problems = await problemsOf((command) => send()(command), demands)
    if (problems.length > 0) {
      log.error('redis_refused', { role, problems })
      throw new Fault('unavailable', `redis.${role}: ${problems.join('; ')}`)
    }
    runId = runIdIn(await send()(['INFO', 'server']))
    await options.greet?.({ send: send(), runId, key })
  }
  return {
    runId: (): string => runId,
    anew: (): void => {
      greeting = undefined
    },
    greeted: (): Promise<void> => {
      greeting ??= greet().catch((error: unknown) => {
        greeting = undefined
        throw error
      })
      return greeting
    },
  }
}

/** Opens, and fails where the instance is away or not what its role demands. Later such failures are those of each call. */
export const openRedis = async (options: RedisOptions): Promise<RedisLink> => {
  const { role, place, timers } = options
  const key = (name: string): string => `${place.prefix ?? PREFIX}${name}`
  let closed = false
  const { runId, anew, greeted } = greeter(options, () => connection.send, key)
  const connection = openConnection(options, anew)
  const enter = (): void => {
    if (closed) throw new Fault('closed', `redis (${role}) is closed`)
  }
  const send: Send = async (command, kind) => {
    enter()
    if (!connection.isReady())
      throw new Fault('unavailable', `redis (${role}) is away${connection.problem()}`, { retryAfterMs: RETRY_AFTER_MS })
    await greeted()
    return connection.send(command, kind)
  }
  const close = async (): Promise<void> => {
    if (!closed) connection.close()
    closed = true
  }
  try {
    for (let waitedMs = 0; !connection.isReady() && waitedMs < CONNECT_MS; waitedMs += LOOK_MS) await timers.sleep(LOOK_MS)
    await send(['PING'])
  } catch (error) {
    await close()
    throw error
  }
  return {
    key,
    enter,
    send,
    run: async ({ text, sha, kind }, keys, values) => {
      const rest = [String(keys.length), ...keys, ...values.map((value) => (typeof value === 'number' ? String(value) : value))]
      try {
        return await send(['EVALSHA', sha, ...rest], kind)
      } catch (error) {
        if (!(error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))) throw error
        return send(['EVAL', text, ...rest], kind)
      }
    },
    runId,
    instance: async () => {
      const [seconds, micros] = (await send(['TIME'])) as readonly unknown[]
      return { runId: runId(), clockMs: Number(String(seconds)) * 1000 + Math.floor(Number(String(micros)) / 1000) }
    },
    close,
  }
}
