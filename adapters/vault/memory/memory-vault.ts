import { type Clock, Fault, type Instant, type Vault } from '../../../domain/ports.ts'
import { checkName, checkPrefix, checkUntil, checkValue, SWEEP_ROWS_MAX } from '../limits.ts'

type Kept = { readonly value: Uint8Array; readonly until: Instant }

/** A vault that forgets with the process: for tests and simulations. Nothing leaves memory, so nothing is sealed. */
export const memoryVault = ({ clock }: { readonly clock: Clock }): Vault => {
  const rows = new Map<string, Kept>()
  let closed = false
  const enter = (): void => {
    if (closed) throw new Fault('closed', 'the vault is closed')
  }
  const alive = (name: string): Kept | undefined => {
    const row = rows.get(name)
    return row !== undefined && row.until > clock.now() ? row : undefined
  }
  return {
    put: async (name, value, until) => {
      enter()
      checkName(name)
      checkValue(value)
      checkUntil(until)
      rows.set(name, { value: Uint8Array.from(value), until })
    },
    get: async (name) => {
      enter()
      checkName(name)
      const row = alive(name)
      return row && Uint8Array.from(row.value)
    },
    extend: async (name, until) => {
      enter()
      checkName(name)
      checkUntil(until)
      const row = alive(name)
      if (row) rows.set(name, { value: row.value, until })
      return row !== undefined
    },
    remove: async (name) => {
      enter()
      checkName(name)
      rows.delete(name)
    },
    removeAll: async (prefix) => {
      enter()
      checkPrefix(prefix)
      for (const name of rows.keys()) if (name.startsWith(prefix)) rows.delete(name)
    },
    sweep: async () => {
      enter()
      const now = clock.now()
      const dead = [...rows].filter(([, row]) => row.until <= now).slice(0, SWEEP_ROWS_MAX)
      for (const [name] of dead) rows.delete(name)
      return dead.length
    },
    close: async () => {
      closed = true
      rows.clear()
    },
  }
}
