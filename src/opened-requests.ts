import { keepNewest } from './keep-newest.ts'
import type { Instant } from '../domain/ports.ts'
import { plusSeconds } from '../domain/time.ts'

/** The authorization request as it came, by parameter. */
type RawRequest = { readonly [parameter: string]: string }

/**
 * Raw requests that were opened lately. A request is sealed once and never changed, and every page of a login looks at its; what another
 * process shreds is forgotten here within a minute.
 */
export type OpenedRequests = {
  readonly get: (transaction: string, at: Instant) => RawRequest | undefined
  readonly set: (transaction: string, request: RawRequest, at: Instant) => void
  readonly delete: (transaction: string) => void
}

const OPENED_S_MAX = 60

export const openedRequests = (entriesMax: number): OpenedRequests => {
  const entries = new Map<string, { readonly request: RawRequest; readonly until: Instant }>()
  return {
    get: (transaction, at) => {
      const known = entries.get(transaction)
      return known !== undefined && at < known.until ? known.request : undefined
    },
    set: (transaction, request, at) => keepNewest(entries, transaction, { request, until: plusSeconds(at, OPENED_S_MAX) }, entriesMax),
    delete: (transaction) => void entries.delete(transaction),
  }
}
