import { mayReach } from '../../adapters/remote-documents/addresses.ts'
import type { Network } from '../../domain/ports.ts'

/** Nobody out there has a name: what most tests want. */
export const noNetwork: Network = {
  addressesOf: () => Promise.reject(new Error('no network')),
  mayReach,
  authorities: () => [],
}
