import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Log, Timers } from '../../../domain/ports.ts'

export const clock: Clock = { now: () => new Date().toISOString() }

export const timers: Timers = {
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
    }),
}

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

export const temporaryFolder = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'event-store-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
