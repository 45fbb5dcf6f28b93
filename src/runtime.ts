import type { Chance, Clock, Instant, Json, Log, Network, Timers } from '../domain/ports.ts'

/** What the machine lends: made once, in `cli.ts` or by a test, so that a whole broker can run from a seed (rule 41). */
export type Runtime = {
  readonly clock: Clock
  readonly chance: Chance
  readonly timers: Timers
  readonly network: Network
  readonly log: Log
}

export type Level = 'info' | 'warn' | 'error' | 'off'

const ORDER: readonly Level[] = ['info', 'warn', 'error', 'off']

/** JSON lines: instant, level, event, fields. */
export const jsonLog = (clock: Clock, level: Level, write: (line: string) => void): Log => {
  const at = (own: Level) =>
    ORDER.indexOf(own) < ORDER.indexOf(level)
      ? () => undefined
      : (event: string, fields: Readonly<Record<string, Json>> = {}) => {
          const time: Instant = clock.now()
          const first = { time, level: own, event }
          // They come first, and no field says them otherwise.
          write(`${JSON.stringify({ ...first, ...fields, ...first })}\n`)
        }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
