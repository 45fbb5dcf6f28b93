import { withActor } from './acted.ts'
import { auditVerbs } from './audit.ts'
import { clientVerbs } from './client.ts'
import { clientKeyVerbs } from './client-keys.ts'
import { consentVerbs } from './consent.ts'
import { eventVerbs } from './events.ts'
import { keyVerbs } from './key.ts'
import { parkedVerbs } from './parked.ts'
import { personVerbs } from './person.ts'
import { pluginVerbs } from './plugin.ts'
import { projectionVerbs } from './projection.ts'
import { serveVerb } from './serve.ts'
import { statsVerbs } from './stats.ts'
import { txVerbs } from './tx.ts'
import type { Verb } from './verb.ts'

const ALL: readonly Verb[] = [
  serveVerb,
  ...clientVerbs,
  ...clientKeyVerbs,
  ...keyVerbs,
  ...txVerbs,
  ...statsVerbs,
  ...consentVerbs,
  ...personVerbs,
  ...auditVerbs,
  ...projectionVerbs,
  ...parkedVerbs,
  ...eventVerbs,
  ...pluginVerbs,
]

/** Every verb of the command line. */
export const VERBS: readonly Verb[] = ALL.map(withActor)
