import { Fault, type Instant, type Use } from '../../domain/ports.ts'

/** What is accepted may be dated 10 s ahead (rule 32), and is compared by whole seconds: a new epoch begins after all of it. */
export const AHEAD_MS = 11_000

/** Rows that one sweep deletes at most, so that it never holds the file for long. */
export const SWEEP_ROWS_MAX = 1000

const SCOPE = /^[\x21-\x7e]{1,200}$/
const ID_CHARACTERS_MAX = 1024
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Uses of one request: an assertion, a proof, and room. */
const USES_MAX = 4

const checkUse = (scope: string, id: string, until: Instant): void => {
  if (!SCOPE.test(scope)) throw new Fault('invalid', 'a scope is 1 to 200 printable ASCII characters without spaces')
  if (id.length === 0 || id.length > ID_CHARACTERS_MAX) throw new Fault('invalid', `an id has 1 to ${ID_CHARACTERS_MAX} characters`)
  if (!INSTANT.test(until)) throw new Fault('invalid', 'a limit is an instant in UTC with milliseconds')
}

export const checkUses = (uses: readonly Use[]): void => {
  if (uses.length === 0 || uses.length > USES_MAX) throw new Fault('invalid', `1 to ${USES_MAX} are used at once`)
  for (const { scope, id, until } of uses) checkUse(scope, id, until)
}
