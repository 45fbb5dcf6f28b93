import type { Link } from './chain-check.ts'
import type { Finding, Findings } from './finding.ts'

export type PackageVerdict = Findings & {
  readonly records: number
  readonly last: Link
  readonly log?: string
  readonly problems: readonly Finding[]
  readonly notes: readonly string[]
}

/** Verifies a package of the audit log. `since`: paths of what is held from before; `trusted`: names of keys. */
export const verifyPackage: (
  folder: string,
  held?: { readonly since?: readonly string[]; readonly trusted?: readonly string[] },
) => Promise<PackageVerdict>
