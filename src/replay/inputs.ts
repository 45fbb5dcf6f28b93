import type { Journal } from '../journal.ts'
import { keepNewest } from '../keep-newest.ts'
import type { Json } from '../../domain/ports.ts'
import type { TransactionRules } from '../../domain/transaction/rules.ts'
import type { Recorded } from '../../projections/projection.ts'
import { checkCommand } from '../../schemas/check.ts'
import type { ClientConfiguration, Policy } from '../../schemas/generated.ts'
import { upcastCommand } from '../../schemas/upcast.ts'

/** What a decision read is not there any more; the message says what, in words. */
export class MissingInputError extends Error {}

const missing = (what: string): never => {
  throw new MissingInputError(what)
}

/** The command that a decision was recorded with, in its present shape. */
export const commandOf = (event: Recorded): { readonly type: string } => {
  const { command, kind } = event
  if (command === undefined) return missing('the command, which the first event of a decision carries')
  const body = upcastCommand(kind, command.type, command.version, command.body)
  const checked = body && checkCommand(kind, { type: command.type, ...body })
  return checked?.ok ? checked.value : missing(`command ${command.type}, which is not what this program knows under that name`)
}

/** What the rules of any stream may read. Reading what is not there ends the replay of that stream. */
export type AnyRules = TransactionRules

/** Changes of the rules, for who wants to know what others would have decided. */
export type RuleChanges = {
  readonly policy?: (recorded: Policy) => Policy
  readonly client?: (recorded: ClientConfiguration) => ClientConfiguration
}

/** Sets of rules, and artefacts, kept in memory: few are in force at a time. */
const KEPT_MAX = 4096

const rulesFrom = (found: Readonly<Record<string, Json | undefined>>, changes: RuleChanges): AnyRules => {
  const policy = found['policy'] as unknown as Policy | undefined
  const configuration = found['client'] as unknown as ClientConfiguration | undefined
  const changedPolicy = policy && (changes.policy?.(policy) ?? policy)
  const changedClient = configuration && (changes.client?.(configuration) ?? configuration)
  return {
    get policy() {
      return changedPolicy ?? missing('the policy that was in force')
    },
    // Whoever is not active records nothing where it matters, so what was recorded was decided for an active client.
    ...('client' in found && {
      get client() {
        return changedClient === undefined
          ? missing("the relying party's configuration that was in force")
          : { configuration: changedClient, active: true }
      },
    }),
  }
}

/** The rules that events name by the digests of their artefacts, each read once. */
export const rulesReader = (journal: Pick<Journal, 'artefact'>, changes: RuleChanges = {}): ((event: Recorded) => Promise<AnyRules>) => {
  const artefacts = new Map<string, Json | undefined>()
  const kept = new Map<string, AnyRules>()
  const artefact = async (digest: string): Promise<Json | undefined> => {
    if (!artefacts.has(digest)) keepNewest(artefacts, digest, await journal.artefact(digest), KEPT_MAX)
    return artefacts.get(digest)
  }
  return async (event) => {
    const cited = Object.entries(event.rules)
    const key = cited.join('\n')
    const known = kept.get(key)
    if (known !== undefined) return known
    const found: Record<string, Json | undefined> = {}
    for (const [name, digest] of cited) found[name] = await artefact(digest)
    const rules = rulesFrom(found, changes)
    keepNewest(kept, key, rules, KEPT_MAX)
    return rules
  }
}

export type RulesReader = ReturnType<typeof rulesReader>
