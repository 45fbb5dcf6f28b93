import { clients } from './deciders.ts'
import { load, type Circumstances } from './handle.ts'
import type { World } from './world.ts'
import type { ClientState } from '../domain/client/client.ts'
import { clientStream } from '../domain/streams.ts'
import type { TransactionRules } from '../domain/transaction/rules.ts'

/** A relying party as it is now, read from its stream: a deactivation counts at once (rule 16). */
export const clientOf = async (world: Pick<World, 'journal' | 'states'>, id: string): Promise<ClientState> =>
  (await load(world, clients, clientStream(id))).state

/** The rules for decisions about a client's transactions, with the digests that the record will cite (rule 3). */
export const rulesFor = (
  world: Pick<World, 'policy'>,
  { configuration, active, artefact }: ClientState,
): Pick<Circumstances<TransactionRules>, 'rules' | 'ruleDigests'> => ({
  rules: { policy: world.policy.value, ...(configuration && { client: { configuration, active } }) },
  ruleDigests: { policy: world.policy.digest, ...(artefact !== undefined && { client: artefact }) },
})
