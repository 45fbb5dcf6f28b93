import { randomFillSync, randomUUID } from 'node:crypto'
import type { Settings } from './config.ts'
import { jsonLog, type Runtime } from './runtime.ts'

/** The instant as text, made once a millisecond: it is asked for some hundred times a login. */
const instantNow = (): Runtime['clock']['now'] => {
  let madeAt = Number.NaN
  let text = ''
  return () => {
    const ms = Date.now()
    if (ms !== madeAt) {
      text = new Date(ms).toISOString()
      madeAt = ms
    }
    return text
  }
}

/** Random bytes are drawn in stocks of so many; larger wishes are drawn alone. */
const STOCK_BYTES = 4096
const DRAWN_BYTES_MAX = 64

/** Asking the system costs more than the bytes. What was given is blank in the stock from then on. */
const randomBytes = (): Runtime['chance']['bytes'] => {
  const stock = new Uint8Array(STOCK_BYTES)
  let at = STOCK_BYTES
  return (size) => {
    if (size > DRAWN_BYTES_MAX) return randomFillSync(new Uint8Array(size))
    if (at + size > STOCK_BYTES) {
      randomFillSync(stock)
      at = 0
    }
    const bytes = stock.slice(at, at + size)
    stock.fill(0, at, at + size)
    at += size
    return bytes
  }
}

/** Without the error that an aborted timer of `node:timers/promises` makes: sleeps end early at every request. */
const sleep: Runtime['timers']['sleep'] = (ms, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })

/** Clock, chance and timers of the machine this process runs on. Nothing else makes clock, chance or timers (rule 41). */
export const ownRuntime = (settings: Pick<Settings, 'logLevel'>, write: (line: string) => void): Omit<Runtime, 'network'> => {
  const clock = { now: instantNow() }
  return {
    clock,
    chance: { bytes: randomBytes(), uuid: () => randomUUID() },
    timers: { sleep },
    log: jsonLog(clock, settings.logLevel ?? 'info', write),
  }
}
