import { randomBytes, randomUUID } from 'node:crypto'
import type { Chance } from '../../domain/ports.ts'

/** Chance of the operating system. */
export const systemChance: Chance = { bytes: (size) => randomBytes(size), uuid: () => randomUUID() }
