import type { Check } from './check.ts'
import { codeChecks } from './codes.ts'
import { enumerationChecks } from './enumeration.ts'
import { faultChecks } from './faults.ts'
import { eventChecks, idempotencyChecks, loadChecks, privacyChecks } from './house.ts'
import { manifestChecks } from './manifest.ts'
import { sessionChecks } from './session.ts'
import { subjectChecks } from './subject.ts'

export type { Check } from './check.ts'

/** Everything that is checked, in this order. */
export const GROUPS: readonly { readonly group: string; readonly checks: readonly Check[] }[] = [
  { group: 'manifest', checks: manifestChecks },
  { group: 'subject (rule 19)', checks: subjectChecks },
  { group: 'session and consent', checks: sessionChecks },
  { group: 'one-time codes', checks: codeChecks },
  { group: 'non-enumeration (rule 22)', checks: enumerationChecks },
  { group: 'errors', checks: faultChecks },
  { group: 'idempotency', checks: idempotencyChecks },
  { group: 'events (rule 15)', checks: eventChecks },
  { group: 'load', checks: loadChecks },
  { group: 'privacy (rule 1)', checks: privacyChecks },
]
