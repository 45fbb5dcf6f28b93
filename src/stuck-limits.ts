import { findTransactions } from './find-transactions.ts'
import type { Journal } from './journal.ts'
import { isEffect, stepsOf, type StepName } from './login-steps.ts'
import type { ReadModel } from '../domain/ports.ts'
import { transactionStream } from '../domain/streams.ts'
import { millisecondsOf } from '../domain/time.ts'

/** For how long each step may be silent, seconds. */
export type Limits = Readonly<Record<StepName, number>>

/** Where too little was recorded to know better (audit-and-operations 4.3), seconds: a person or a relying party, and the ID system. */
const SOMEBODY_S = 120
const ID_SYSTEM_S = 15

/** A step that takes milliseconds is not stuck after as many, seconds. */
const LIMIT_S_MIN = 5

const NAMES: readonly StepName[] = ['open', 'prove', 'consent', 'redeem', 'send', 'verify', 'release']

/** The newest logins that are over, of which the limits are measured. */
const SAMPLE_LOGINS = 2000
/** With fewer steps of a kind nobody can say what one in a thousand takes. */
const SAMPLE_STEPS_MIN = 1000
const RARE = 0.999

const OVER: readonly string[] = ['closed', 'failed', 'expired']

export const sameLimits = (seconds: number): Limits => Object.fromEntries(NAMES.map((name) => [name, seconds])) as Limits

/** p99.9, in seconds. */
const rareOf = (lengthsMs: readonly number[]): number =>
  (lengthsMs.toSorted((a, b) => a - b)[Math.ceil(lengthsMs.length * RARE) - 1] ?? 0) / 1000

/** What one step in a thousand exceeds, of the newest logins; where too few are known, what is usual. */
export const measuredLimits = async (journal: Journal, views: ReadModel, progress: (logins: number) => void): Promise<Limits> => {
  const lengths = new Map<StepName, number[]>(NAMES.map((name) => [name, []]))
  let logins = 0
  for await (const { transaction, stage } of findTransactions(views, {})) {
    if (logins >= SAMPLE_LOGINS) break
    logins += 1
    if (logins % 100 === 0) progress(logins)
    if (!OVER.includes(stage)) continue
    for (const { step, from, to, outcome } of stepsOf(await journal.read(transactionStream(transaction))))
      // Where time ran out it says what the limit of the policy was.
      if (to !== null && outcome !== 'over') lengths.get(step)?.push(millisecondsOf(to) - millisecondsOf(from))
  }
  const limitOf = (name: StepName): number => {
    const known = lengths.get(name) ?? []
    if (known.length < SAMPLE_STEPS_MIN) return isEffect(name) ? ID_SYSTEM_S : SOMEBODY_S
    return Math.max(LIMIT_S_MIN, rareOf(known))
  }
  return Object.fromEntries(NAMES.map((name) => [name, limitOf(name)])) as Limits
}
