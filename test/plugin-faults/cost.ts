import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadPlugin } from '../../adapters/id-system/registry.ts'
import type { IdSystemPlugin } from '../../adapters/id-system/plugin.ts'
import { systemChance } from '../support/chance.ts'
import { readerOf } from '../support/library.ts'
import { logBook, systemTimers as timers } from '../support/plugin-world.ts'

const CALLS = 5000

const clock = { now: () => new Date().toISOString() }

/** What a call costs in a thread of its own, and what the same call costs in the broker's: microseconds, one after the other. */
export const costOfCall = async (module: string): Promise<{ readonly threadUs: number; readonly ownUs: number }> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'cost-'))
  const load = { module, settings: {}, tools: { clock, chance: systemChance, log: logBook().log, dataDirectory }, timers }
  const measure = async (plugin?: IdSystemPlugin): Promise<number> => {
    const { system } = await loadPlugin({ ...load, ...(plugin && { plugin }) })
    const call = async (): Promise<void> => {
      const deadline = new Date(Date.now() + 10_000).toISOString()
      const id = { type: 'handle', value: readerOf(0).id } as const
      await system.resolve?.({ idempotencyKey: 'x', deadline, transaction: 'tx_1', client: 'cost', id })
    }
    for (let warm = 0; warm < CALLS / 10; warm += 1) await call()
    const began = performance.now()
    for (let done = 0; done < CALLS; done += 1) await call()
    const us = ((performance.now() - began) * 1000) / CALLS
    await system.close()
    return us
  }
  try {
    return { threadUs: await measure(), ownUs: await measure((await import(module)) as IdSystemPlugin) }
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}
