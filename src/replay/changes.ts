import type { RuleChanges } from './inputs.ts'
import { isObject, type JsonObject } from '../../domain/json.ts'
import type { Instant } from '../../domain/ports.ts'
import { plusSeconds } from '../../domain/time.ts'
import { checkClient, checkPolicy } from '../../schemas/check.ts'
import type { ClientConfiguration, Policy, TransactionCommand } from '../../schemas/generated.ts'

export type RejectReason = Extract<TransactionCommand, { type: 'RejectFactor' }>['reason']

/** What the ID system is taken to have said. */
export type Verdict = 'accepted' | RejectReason

/** How the world would have been otherwise. */
export type Changes = RuleChanges & {
  /** Everything from event `from` on happens so much later; earlier where it is negative. */
  readonly shift?: { readonly seconds: number; readonly from: number }
  /** By number of the attempt; `every` stands for all. */
  readonly verdicts?: ReadonlyMap<number | 'every', Verdict>
}

export const REJECT_REASONS: readonly RejectReason[] = ['wrong', 'limited', 'unavailable', 'expired']

/** Members given replace those that are there, at any depth; lists are replaced whole. */
const merged = (base: unknown, over: unknown): unknown => {
  if (!isObject(base) || !isObject(over)) return over
  return Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(over)])].map((name) => [
      name,
      name in over ? merged(base[name], over[name]) : base[name],
    ]),
  )
}

/** What a change makes of rules that it does not fit; the message lists what is wrong. */
export class UnfitChangeError extends Error {}

const checkedOr = <T>(
  checked: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] },
  what: string,
): T => {
  if (checked.ok) return checked.value
  throw new UnfitChangeError(`${what} cannot be used: ${checked.problems.join('; ')}`)
}

/** The recorded policy with the members of another, whole or in part. */
export const changedPolicy =
  (change: JsonObject): ((recorded: Policy) => Policy) =>
  (recorded) =>
    checkedOr(checkPolicy(merged(recorded, change)), 'the policy')

/** The recorded configuration of one relying party with members of another, for sign-ins at that relying party. */
export const changedClient =
  (client: string, change: JsonObject): ((recorded: ClientConfiguration) => ClientConfiguration) =>
  (recorded) =>
    recorded.client_id === client ? checkedOr(checkClient(merged(recorded, change)), 'the configuration') : recorded

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

const later = (value: unknown, seconds: number): unknown =>
  typeof value === 'string' && INSTANT.test(value) ? plusSeconds(value satisfies Instant, seconds) : value

/** A command at another instant, with every instant that it names. */
export const shifted = <Command extends object>(command: Command, revision: number, { shift }: Changes): Command =>
  shift === undefined || revision < shift.from
    ? command
    : (Object.fromEntries(Object.entries(command).map(([name, value]) => [name, later(value, shift.seconds)])) as Command)
