import type { Change } from './replay.ts'
import type { AttemptsCommand } from '../../domain/person/attempts.ts'
import type { Instant, Json } from '../../domain/ports.ts'
import type { Path } from '../../domain/streams.ts'
import { initialState, type TransactionState } from '../../domain/transaction/state.ts'
import type { Recorded } from '../../projections/projection.ts'
import type { TransactionCommand, TransactionEvent } from '../../schemas/generated.ts'

/** How a sign-in ended, or where it stood when nothing more was recorded. */
export type End = { readonly words: string; readonly signedIn: boolean }

/** One decision, side by side. */
export type Step = {
  readonly revision: number
  readonly at: Instant
  readonly command: string
  /** Where another command would have been given. */
  readonly changedCommand?: string
  readonly recorded: readonly string[]
  readonly changed: readonly string[]
  /** Why nothing, or something else, would have been recorded. */
  readonly refusal?: string
}

export type WhatIf = {
  readonly transaction: string
  readonly client: string
  readonly startedAt: Instant
  readonly recorded: End
  readonly changed: End
  /** It would have ended otherwise. */
  readonly otherwise: boolean
  /** The first decision that would have recorded other events. */
  readonly step?: Step
  /** Proofs that the ID system judged, as recorded and as it would have been. */
  readonly guesses: { readonly recorded: number; readonly changed: number }
  /** Verdicts that nobody gave and that were taken to be "wrong": the attempt was refused before the ID system was asked. */
  readonly assumed: number
  readonly missing?: string
  readonly steps: readonly Step[]
  readonly state: readonly Change[]
}

/** A proof under way in the changed world: whether its attempt was made there, and whether its count was refused. */
export type Attempted = {
  readonly attempt: number
  readonly person: string
  readonly path: Path
  readonly isMade: boolean
  isLimited: boolean
}

/** A sign-in in both worlds, while events of it come by. */
export type Course = {
  readonly transaction: string
  readonly client: string
  readonly startedAt: Instant
  /** Keeps every step, not only the first that differs. */
  readonly keepsSteps: boolean
  readonly steps: Step[]
  readonly batch: Recorded[]
  readonly uncounted: Attempted[]
  readonly attempts: Map<number, Attempted>
  readonly guesses: { recorded: number; changed: number }
  recorded: TransactionState
  changed: TransactionState
  last: { recorded: TransactionEvent | undefined; changed: TransactionEvent | undefined }
  step: Step | undefined
  assumed: number
  heldSend: { readonly stream: string; readonly revision: number; readonly command: AttemptsCommand } | undefined
  /** The credit that follows the verdict is not given in the changed world, or was given already. */
  skipsCredit: boolean
  /** A credit that was never recorded is due. */
  owesCredit: boolean
  missing: string | undefined
}

export const newCourse = (event: Recorded, transaction: string, keepsSteps: boolean): Course => ({
  ...{ transaction, startedAt: event.at, keepsSteps },
  client: typeof event.data['client'] === 'string' ? event.data['client'] : '',
  ...{ steps: [], batch: [], uncounted: [], attempts: new Map<number, Attempted>() },
  guesses: { recorded: 0, changed: 0 },
  ...{ recorded: initialState, changed: initialState, last: { recorded: undefined, changed: undefined } },
  ...{ step: undefined, assumed: 0, heldSend: undefined, skipsCredit: false, owesCredit: false, missing: undefined },
})

const spaced = (word: string): string => word.replaceAll('_', ' ')

/** Where a sign-in stands, in words; whoever got tokens has signed in, whatever came of them. */
export const endOf = (state: TransactionState, last: TransactionEvent | undefined): End => {
  const { stage } = state
  if (stage === 'revoked') return { words: 'consent withdrawn', signedIn: state.exchange !== undefined }
  if (state.exchange !== undefined) return { words: 'signed in', signedIn: true }
  if (stage === 'failed') return { words: `failed: ${spaced(state.failure ?? 'unknown')}`, signedIn: false }
  const phase = (last?.data as { readonly phase?: Json } | undefined)?.phase
  if (stage === 'expired') return { words: `time ran out ${spaced(typeof phase === 'string' ? phase : '')}`.trimEnd(), signedIn: false }
  return { words: `goes on: ${spaced(stage)}`, signedIn: false }
}

/** What of a command names a proof of the person that the ID system judged. */
export type VerdictCommand = Extract<TransactionCommand, { type: 'ConfirmFactor' | 'RejectFactor' }>

export const isVerdict = (command: TransactionCommand): command is VerdictCommand =>
  command.type === 'ConfirmFactor' || command.type === 'RejectFactor'

export const isOver = ({ stage }: TransactionState): boolean => stage === 'failed' || stage === 'expired' || stage === 'closed'
