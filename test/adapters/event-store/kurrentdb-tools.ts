import { randomBytes, randomUUID } from 'node:crypto'
import { kurrentDbEventStore } from '../../../adapters/event-store/kurrentdb/kurrentdb-event-store.ts'
import type { KurrentDbSettings } from '../../../adapters/event-store/kurrentdb/settings.ts'
import type { EventStore, Log } from '../../../domain/ports.ts'
import { silent, timers } from './tools.ts'

export const chance = { bytes: (size: number) => randomBytes(size), uuid: randomUUID }

/** Short enough for a test, long enough for four tries on a busy machine. */
export const BUDGET_MS = 4000

export const openKurrentDb = (
  settings: KurrentDbSettings,
  more: { readonly watchMs?: number; readonly log?: Log } = {},
): Promise<EventStore> => kurrentDbEventStore({ settings: { budgetMs: BUDGET_MS, ...settings }, timers, chance, log: silent, ...more })
