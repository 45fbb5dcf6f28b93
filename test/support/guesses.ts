import { memoryTallies } from '../../adapters/tallies/memory/memory-tallies.ts'
import type { Clock, Log } from '../../domain/ports.ts'
import { guesses, type Guesses } from '../../src/guesses.ts'

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** What is counted of guessing, in memory, by the usual limits. */
export const guessesIn = (clock: Clock, log: Log = silent): Guesses =>
  guesses({
    tallies: memoryTallies({ clock }),
    clock,
    log,
    key: new Uint8Array(32),
    postsPerMinute: 900,
    waitsPerMinute: 10,
    waitsPerMinuteAll: 300,
  })
