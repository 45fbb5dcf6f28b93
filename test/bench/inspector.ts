import { setTimeout as sleep } from 'node:timers/promises'

/** A frame of a processor profile, as V8's inspector gives it. */
export type ProfileNode = {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

export type Profile = {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Before each sample, microseconds. */
  readonly timeDeltas: readonly number[]
}

export type Profiler = { readonly start: () => Promise<void>; readonly stop: () => Promise<Profile>; readonly close: () => void }

const INTERVAL_US = 250
const OPEN_TRIES_MAX = 50
const OPEN_WAIT_MS = 100

const addressOf = async (port: number): Promise<string> => {
  for (let tries = 0; tries < OPEN_TRIES_MAX; tries += 1) {
    try {
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly {
        readonly webSocketDebuggerUrl: string
      }[]
      const [target] = targets
      if (target !== undefined) return target.webSocketDebuggerUrl
    } catch {
      // It is not open yet.
    }
    await sleep(OPEN_WAIT_MS)
  }
  throw new Error(`no inspector at port ${port}`)
}

/** The profiler of a process that was started with `--inspect`; it sees the main thread. */
export const openProfiler = async (port: number): Promise<Profiler> => {
  const socket = new WebSocket(await addressOf(port))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error('the inspector refused')), { once: true })
  })
  const waiting = new Map<number, (result: unknown) => void>()
  let count = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown }
    if (id === undefined) return
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  const ask = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      count += 1
      waiting.set(count, resolve)
      socket.send(JSON.stringify({ id: count, method, params }))
    })
  await ask('Profiler.enable')
  await ask('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  return {
    start: async () => {
      await ask('Profiler.start')
    },
    stop: async () => ((await ask('Profiler.stop')) as { readonly profile: Profile }).profile,
    close: () => socket.close(),
  }
}
