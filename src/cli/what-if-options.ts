import type { Machine } from './context.ts'
import { readInput } from './client.ts'
import { UsageError, type Args, type Verb } from './verb.ts'
import { changedClient, changedPolicy, REJECT_REASONS, type Changes, type Verdict } from '../replay/changes.ts'
import { isClientId } from '../../domain/client/client.ts'
import { isObject, type JsonObject } from '../../domain/json.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }
const SHIFT = /^(-?\d{1,5})([smh])(?:@(\d{1,4}))?$/
const VERDICT = /^attempt=(\d{1,3}|every):([a-z]+)$/

/** The first event stays where it is: whatever is shifted as a whole is decided as before. */
const SHIFTED_FROM = 1

const readShift = (text: string): NonNullable<Changes['shift']> => {
  const [, count, unit = '', from] = SHIFT.exec(text) ?? []
  if (count === undefined) throw new UsageError('--shift: 90s, -5m or 1h; with @N from event N on: 90s@4')
  return { seconds: Number(count) * (UNITS[unit] ?? 0), from: from === undefined ? SHIFTED_FROM : Number(from) }
}

const verdictOf = (word: string): Verdict | undefined => {
  if (word === 'accepted') return word
  return word === 'rejected' ? 'wrong' : REJECT_REASONS.find((reason) => reason === word)
}

const readVerdicts = (text: string): NonNullable<Changes['verdicts']> =>
  new Map(
    text.split(',').map((part) => {
      const [, attempt = '', word = ''] = VERDICT.exec(part) ?? []
      const verdict = verdictOf(word)
      if (verdict === undefined)
        throw new UsageError(`--verdict: attempt=2:rejected, attempt=every:unavailable; accepted, rejected, ${REJECT_REASONS.join(', ')}`)
      return [attempt === 'every' ? attempt : Number(attempt), verdict] as const
    }),
  )

const objectFrom = async (machine: Machine, args: Args, option: string): Promise<JsonObject | undefined> => {
  const path = args.text(option)
  if (path === undefined) return undefined
  const value = await readInput(machine, path)
  if (!isObject(value)) throw new UsageError(`--${option}: ${path} holds no JSON object`)
  return value
}

/** What would have been otherwise, as the command line says it. */
export const readChanges = async (machine: Machine, args: Args): Promise<Changes> => {
  const policy = await objectFrom(machine, args, 'policy')
  const client = await objectFrom(machine, args, 'client')
  const id = client?.['client_id']
  if (client !== undefined && (typeof id !== 'string' || !isClientId(id))) throw new UsageError('--client: the file names its client_id')
  const [shift, verdicts] = [args.text('shift'), args.text('verdict')]
  return {
    ...(policy !== undefined && { policy: changedPolicy(policy) }),
    ...(client !== undefined && typeof id === 'string' && { client: changedClient(id, client) }),
    ...(shift !== undefined && { shift: readShift(shift) }),
    ...(verdicts !== undefined && { verdicts: readVerdicts(verdicts) }),
  }
}

export const CHANGING: Required<Pick<Verb, 'options' | 'optionHelp'>> = {
  options: { policy: { type: 'string' }, client: { type: 'string' }, shift: { type: 'string' }, verdict: { type: 'string' } },
  optionHelp: {
    policy: 'file with the policy, or with those of its members that would differ',
    client: 'file with client_id and those members of the configuration that would differ',
    shift: 'everything after the first event so much later: 90s, -5m; 90s@4 from event 4 on',
    verdict: 'what the ID system would have said: attempt=2:rejected, attempt=every:unavailable',
  },
}
