import { commandStream } from './act.ts'
import { deployments } from '../deciders.ts'
import { sha256 } from '../crypto/hash.ts'
import { load, type Handling } from '../handle.ts'
import type { World } from '../world.ts'
import { unreadBy } from '../../domain/deployment/node.ts'
import { Fault, type KeyStore } from '../../domain/ports.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { DEPLOYMENT_STREAM } from '../../domain/streams.ts'
import { EVENT_VERSIONS } from '../../schemas/check.ts'
import type { DeploymentStartNode } from '../../schemas/generated.ts'

/** What starting needs of the world. */
export type Starting = Handling & Pick<World, 'clock' | 'chance' | 'keys' | 'settings' | 'secrets'>

/** Every event type that this program reads, with its newest version. */
export const knownEvents = (versions: Readonly<Record<string, Readonly<Record<string, number>>>> = EVENT_VERSIONS) =>
  Object.fromEntries(
    Object.entries(versions).flatMap(([kind, types]) => Object.entries(types).map(([type, version]) => [`${kind}/${type}`, version])),
  )

const checksOf = async (keys: KeyStore, subject: Uint8Array): Promise<DeploymentStartNode['keys']> => ({
  master: sha256(await keys.secret('deployment-check')),
  subject: sha256(`deployment-check ${Buffer.from(subject).toString('base64url')}`),
})

const TYPES_NAMED_MAX = 5

const wordsOf = (refusal: RefusalCode, unread: readonly string[]): string => {
  if (refusal === 'node_keys_differ')
    return 'the keys of this machine are not those of the brokers that served on this store: give it their folder `keys` and master key (rule 45)'
  if (refusal === 'node_clock_behind')
    return 'another broker started on this store at a time that this clock has not reached: set the clock'
  const names = unread.slice(0, TYPES_NAMED_MAX).join(', ')
  const others = unread.length > TYPES_NAMED_MAX ? ' and others' : ''
  return `a newer program served on this store, and this one cannot read ${names}${others}: install the newer one, or roll back with \`besideNewer\` (ops/stores.md)`
}

/**
 * Says that this broker begins to serve. Fault `invalid`, with the reason in words, where store, keys, program and clock do not agree
 * with those of the brokers that served before: nothing was recorded then, and no door opens.
 */
export const startNode = async (world: Starting, program: string, knows = knownEvents()): Promise<void> => {
  const { clock, chance, settings, keys, secrets } = world
  const id = chance.uuid()
  const wish: DeploymentStartNode = {
    ...{ type: 'StartNode', at: clock.now(), program, keys: await checksOf(keys, secrets.subject), knows },
    besideNewer: settings.besideNewer ?? false,
  }
  const { refusal } = await commandStream(world, deployments, DEPLOYMENT_STREAM, wish, { id, causation: id, correlation: id })
  if (refusal === undefined) return
  const { state } = await load(world, deployments, DEPLOYMENT_STREAM)
  throw new Fault('invalid', wordsOf(refusal, unreadBy(knows, state.knows ?? {})))
}
