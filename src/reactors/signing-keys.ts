import { tendKeys } from '../steps/tend-keys.ts'
import type { Loop } from './loop.ts'

/** Between two looks: what another process wished, and what is due, waits no longer. */
const PERIOD_MS = 5000

/** Lets the next key sign when its time has come, and ends the one before it (rule 45). On any node; all do the same. */
export const signingKeyLoop: Loop = { name: 'signing-keys', periodMs: PERIOD_MS, turn: (world) => tendKeys(world) }
