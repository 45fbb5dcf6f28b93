import type { StreamRules } from './handle.ts'
import { client, type ClientState } from '../domain/client/client.ts'
import { attempts, type AttemptsCommand, type AttemptsRules, type AttemptsState } from '../domain/person/attempts.ts'
import { erasure, type ErasureCommand, type ErasureRules, type ErasureState } from '../domain/person/erasure.ts'
import { devices, type DevicesCommand, type DevicesState } from '../domain/person/devices.ts'
import { denial, type DenialState } from '../domain/denial/denial.ts'
import { checkpoint, type CheckpointState } from '../domain/checkpoint/checkpoint.ts'
import { notices as noticesGiven, type NoticesCommand, type NoticesState } from '../domain/person/notices.ts'
import { consent, type ConsentState } from '../domain/consent/consent.ts'
import { deployment, type DeploymentState } from '../domain/deployment/node.ts'
import { plugin, type PluginState } from '../domain/deployment/plugin.ts'
import { look, type LookState } from '../domain/look/look.ts'
import { switching, type SwitchingState } from '../domain/projection/switching.ts'
import { signingKey, type SigningKeyState } from '../domain/signing-key/signing-key.ts'
import { parked, type ParkedState } from '../domain/parked/parked.ts'
import { idOf, kindOf, PLUGIN_STREAMS } from '../domain/streams.ts'
import { transaction } from '../domain/transaction/decide.ts'
import type { TransactionRules } from '../domain/transaction/rules.ts'
import type { TransactionState } from '../domain/transaction/state.ts'
import type {
  CheckpointCommand,
  DenialCommand,
  DenialEvent,
  CheckpointEvent,
  ClientCommand,
  ClientEvent,
  ConsentCommand,
  ConsentEvent,
  DeploymentEvent,
  DeploymentReloadPlugin,
  DeploymentStartNode,
  LookCommand,
  LookEvent,
  ParkedCommand,
  ParkedEvent,
  PersonEvent,
  ProjectionCommand,
  ProjectionEvent,
  SigningKeyCommand,
  SigningKeyEvent,
  TransactionCommand,
  TransactionEvent,
} from '../schemas/generated.ts'

// How each kind of stream is read and decided.

export const transactions: StreamRules<TransactionState, TransactionCommand, TransactionRules, TransactionEvent> = {
  decider: transaction,
  reading: 'folds',
}
export const clients: StreamRules<ClientState, ClientCommand, unknown, ClientEvent> = { decider: client, reading: 'restates' }
export const signingKeys: StreamRules<SigningKeyState, SigningKeyCommand, unknown, SigningKeyEvent> = {
  decider: signingKey,
  reading: 'restates',
}
export const deployments: StreamRules<DeploymentState, DeploymentStartNode, unknown, DeploymentEvent> = {
  decider: deployment,
  reading: 'restates',
}
export const pluginOpenings: StreamRules<PluginState, DeploymentReloadPlugin, unknown, DeploymentEvent> = {
  decider: plugin,
  reading: 'restates',
}
export const looks: StreamRules<LookState, LookCommand, unknown, LookEvent> = { decider: look, reading: 'restates' }
export const consents: StreamRules<ConsentState, ConsentCommand, unknown, ConsentEvent> = { decider: consent, reading: 'restates' }
export const attemptCounters: StreamRules<AttemptsState, AttemptsCommand, AttemptsRules, PersonEvent> = {
  decider: attempts,
  reading: 'restates',
}
export const denials: StreamRules<DenialState, DenialCommand, unknown, DenialEvent> = { decider: denial, reading: 'folds' }
export const parkedActs: StreamRules<ParkedState, ParkedCommand, unknown, ParkedEvent> = { decider: parked, reading: 'restates' }
export const switchings: StreamRules<SwitchingState, ProjectionCommand, unknown, ProjectionEvent> = {
  decider: switching,
  reading: 'restates',
}
export const checkpoints: StreamRules<CheckpointState, CheckpointCommand, unknown, CheckpointEvent> = {
  decider: checkpoint,
  reading: 'restates',
}
export const trustedDevices: StreamRules<DevicesState, DevicesCommand, unknown, PersonEvent> = { decider: devices, reading: 'restates' }

export const notices: StreamRules<NoticesState, NoticesCommand, unknown, PersonEvent> = { decider: noticesGiven, reading: 'restates' }

export const erasures: StreamRules<ErasureState, ErasureCommand, ErasureRules, PersonEvent> = { decider: erasure, reading: 'restates' }

/** A decider with its types put aside: what goes in was checked against the schemas that its types are made from. */
export type AnyStreamRules = StreamRules<unknown, unknown, unknown, { readonly type: string; readonly data: object }>

/** The rules of a stream by its name; undefined where nothing is decided. */
export const rulesOfStream = (stream: string): AnyStreamRules | undefined => {
  const rules = (): unknown => {
    switch (kindOf(stream)) {
      case 'transaction':
        return transactions
      case 'client':
        return clients
      case 'consent':
        return consents
      case 'person':
        return idOf(stream).endsWith('.devices')
          ? trustedDevices
          : idOf(stream).endsWith('.notices')
            ? notices
            : idOf(stream).endsWith('.erasure')
              ? erasures
              : attemptCounters
      case 'signing-key':
        return signingKeys
      case 'deployment':
        return stream.startsWith(PLUGIN_STREAMS) ? pluginOpenings : deployments
      case 'look':
        return looks
      case 'checkpoint':
        return checkpoints
      case 'denial':
        return denials
      case 'parked':
        return parkedActs
      case 'projection':
        return switchings
      case 'artefact':
      case undefined:
        return undefined
    }
  }
  return rules() as AnyStreamRules | undefined
}
