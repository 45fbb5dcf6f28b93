import { ErrorReply } from 'redis'
import { Fault, type Timers } from '../../../domain/ports.ts'
import type { RedisLink } from '../../redis.ts'

const LOOK_MS = 50
const REWRITE_MS_MAX = 30_000

const traces = (): Fault => new Fault('ambiguous', 'rows are gone, traces may be left: erase again')

const start = async ({ send }: RedisLink): Promise<boolean> => {
  try {
    await send(['BGREWRITEAOF'], 'read')
    return true
  } catch (error) {
    // One that is under way began before the rows were gone.
    if (error instanceof ErrorReply && error.message.includes('in progress')) return false
    throw error
  }
}

/** The append-only file tells all that ever was; rewritten, it holds what there is. */
export const rewriteFile = async (link: RedisLink, timers: Timers): Promise<void> => {
  let started = await start(link)
  for (let waitedMs = 0; waitedMs < REWRITE_MS_MAX; waitedMs += LOOK_MS) {
    await timers.sleep(LOOK_MS)
    const info = String(await link.send(['INFO', 'persistence']))
    if (/aof_rewrite_in_progress:1|aof_rewrite_scheduled:1/.test(info)) continue
    if (started && info.includes('aof_last_bgrewrite_status:ok')) return
    started = await start(link)
  }
  throw traces()
}

/** Waits for the replicas to have everything that this connection wrote; says whether enough of them do. */
export const replicated = async ({ send }: RedisLink, replicas: number, waitMs: number): Promise<boolean> =>
  Number(await send(['WAIT', String(replicas), String(waitMs)], 'read')) >= replicas

export const erasedFor = async (link: RedisLink, timers: Timers, replicas: number, waitMs: number): Promise<void> => {
  if (replicas > 0 && !(await replicated(link, replicas, waitMs))) throw traces()
  await rewriteFile(link, timers)
}
