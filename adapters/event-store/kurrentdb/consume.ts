import { type ConsumeOptions, Fault } from '../../../domain/ports.ts'
import { attempt, backOffMs, type CallTools } from './calls.ts'
import type { GroupLink } from './client.ts'
import { HELD_MS_MAX, makeMessages, type Handler } from './messages.ts'
import { troubleOf } from './troubles.ts'

export type ConsumeTools = CallTools & {
  /** A connection that said nothing for so long is made anew: a silent one cannot be told from a quiet one. */
  readonly renewMs: number
  readonly warn: (event: string, fields: Readonly<Record<string, string | number>>) => void
}

const VISIBILITY_MS = 30_000
const TRIES = 5
const CONCURRENCY = 8
/** Messages beyond those under way that the server hands out: they wait here for a slot or for their next try. */
const AHEAD = 256
const LOOKS_IN_RENEW = 10
const STOP_MS_MAX = 700
/** What was said last has to leave this process before the connection is cut. */
const FLUSH_MS = 100

export const withDefaults = (given: ConsumeOptions): Required<ConsumeOptions> => ({
  ...given,
  visibilityMs: given.visibilityMs ?? VISIBILITY_MS,
  triesMax: given.triesMax ?? TRIES,
  concurrency: given.concurrency ?? CONCURRENCY,
  from: given.from ?? 'start',
})

/** Makes the group where it is missing. */
const ensureGroup = async (
  tools: ConsumeTools,
  { group, from, visibilityMs }: Required<ConsumeOptions>,
  abort: AbortSignal,
): Promise<void> => {
  try {
    await attempt(tools, abort, (client) => client.createGroup(group, { from, messageTimeoutMs: visibilityMs + HELD_MS_MAX }))
  } catch (error) {
    if (!(error instanceof Error) || troubleOf(error).kind !== 'exists') throw error
  }
}

/** How a connection to a group ended: `error` is absent where it was left, or ended cleanly. */
type Left = { readonly why: 'left' | 'ended' } | { readonly why: 'failed'; readonly error: unknown }

/** Waits until the connection ended, said nothing for long, or is to be left. */
const untilOver = async (
  { timers, renewMs }: ConsumeTools,
  over: AbortSignal,
  heard: () => number,
  isIdle: () => boolean,
): Promise<void> => {
  for (let quiet = 0; !over.aborted && quiet < LOOKS_IN_RENEW;) {
    const before = heard()
    await timers.sleep(renewMs / LOOKS_IN_RENEW, over)
    quiet = heard() === before && isIdle() ? quiet + 1 : 0
  }
}

/** Takes messages until the connection ends, is to be renewed, or the consumer stops. */
const session = async (tools: ConsumeTools, options: Required<ConsumeOptions>, handler: Handler, abort: AbortSignal): Promise<Left> => {
  const { timers, connection } = tools
  const client = await connection.client()
  const over = new AbortController()
  const end = (): void => over.abort()
  abort.addEventListener('abort', end)
  if (abort.aborted) end()
  const state: { left: Left; link: GroupLink | undefined; heard: number } = { left: { why: 'left' }, link: undefined, heard: 0 }
  const messages = makeMessages({ timers, options, handler, link: () => state.link })
  const isOpen = (): boolean => state.link !== undefined
  const leave = (): void => state.link?.leave()
  state.link = client.joinGroup(options.group, options.concurrency + AHEAD, {
    delivered: (one) => {
      state.heard += 1
      messages.take(one)
    },
    ended: (error) => {
      state.left = error === undefined ? { why: 'ended' } : { why: 'failed', error }
      state.link = undefined
      end()
    },
  })
  await untilOver(tools, over.signal, () => state.heard, messages.isIdle)
  abort.removeEventListener('abort', end)
  messages.end()
  const patience = new AbortController()
  await Promise.race([messages.drained(), timers.sleep(isOpen() ? STOP_MS_MAX : 0, patience.signal)])
  patience.abort()
  if (messages.settled() > 0 && isOpen()) await timers.sleep(FLUSH_MS)
  leave()
  state.link = undefined
  if (state.left.why === 'failed' && troubleOf(state.left.error).spoilsClient) connection.drop(client)
  return state.left
}

/** Competing consumers over a persistent subscription to everything (promise 9); joins again for ever. */
export const consumeOver = async (
  tools: ConsumeTools,
  options: Required<ConsumeOptions>,
  handler: Handler,
  abort: AbortSignal,
): Promise<void> => {
  const isStopped = (): boolean => abort.aborted
  let isMade = false
  for (let failures = 0; !isStopped();) {
    let left: Left
    try {
      if (!isMade) await ensureGroup(tools, options, abort)
      isMade = true
      left = await session(tools, options, handler, abort)
    } catch (error) {
      if (error instanceof Fault && error.code === 'invalid') throw error
      left = { why: 'failed', error }
    }
    failures = left.why === 'left' ? 0 : failures + 1
    if (failures === 0 || isStopped()) continue
    const trouble = left.why === 'failed' ? troubleOf(left.error).kind : 'ended'
    // Somebody removed the group, or its node never had it.
    if (trouble === 'missing') isMade = false
    tools.warn('consume_waits', { group: options.group, trouble })
    await tools.timers.sleep(backOffMs(failures, tools.random), abort)
  }
}
