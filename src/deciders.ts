import type { StreamRules } from './handle.ts'
import { client, type ClientState } from '../domain/client/client.ts'
import { attempts, type AttemptsCommand, type AttemptsRules, type AttemptsState } from '../domain/person/attempts.ts'
import { devices, type DevicesCommand, type DevicesState } from '../domain/person/devices.ts'
import { checkpoint, type CheckpointState } from '../domain/checkpoint/checkpoint.ts'
import { consent, type ConsentState } from '../domain/consent/consent.ts'
import { look, type LookState } from '../domain/look/look.ts'
import { signingKey, type SigningKeyState } from '../domain/signing-key/signing-key.ts'
import { transaction } from '../domain/transaction/decide.ts'
import type { TransactionRules } from '../domain/transaction/rules.ts'
import type { TransactionState } from '../domain/transaction/state.ts'
import type {
  CheckpointCommand,
  CheckpointEvent,
  ClientCommand,
  ClientEvent,
  ConsentCommand,
  ConsentEvent,
  LookCommand,
  LookEvent,
  PersonEvent,
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
export const looks: StreamRules<LookState, LookCommand, unknown, LookEvent> = { decider: look, reading: 'restates' }
export const consents: StreamRules<ConsentState, ConsentCommand, unknown, ConsentEvent> = { decider: consent, reading: 'restates' }
export const attemptCounters: StreamRules<AttemptsState, AttemptsCommand, AttemptsRules, PersonEvent> = {
  decider: attempts,
  reading: 'restates',
}
export const checkpoints: StreamRules<CheckpointState, CheckpointCommand, unknown, CheckpointEvent> = {
  decider: checkpoint,
  reading: 'restates',
}
export const trustedDevices: StreamRules<DevicesState, DevicesCommand, unknown, PersonEvent> = { decider: devices, reading: 'restates' }
