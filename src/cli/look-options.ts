import type { Machine, Stores } from './context.ts'
import { UsageError, type Args, type Verb } from './verb.ts'
import { recordLook, type Look, type Looker } from '../looks.ts'

type Words = { readonly pattern: RegExp; readonly what: string }

const ACTOR: Words = { pattern: /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, what: 'letters, digits and .-_@, at most 64' }
const CASE: Words = { pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, what: 'letters, digits and .-_/, at most 64' }
/** An identifier of a person has digits, so a purpose or a reason has none. */
const PURPOSE: Words = { pattern: /^\p{L}[\p{L}\p{M} ,.'’-]{2,119}$/u, what: 'words without digits, 3 to 120 characters' }

const worded = (args: Args, option: string, { pattern, what }: Words): string => {
  const text = args.text(option)
  if (text === undefined || !pattern.test(text)) throw new UsageError(`--${option} is needed: ${what}`)
  return text
}

/** Why somebody acts, in words. */
export const readReason = (args: Args): string => worded(args, 'reason', PURPOSE)

type Described = Required<Pick<Verb, 'options' | 'optionHelp'>>

/** Who acts in which case: verbs that change something of a person (REG-16). */
export const ACTING: Described = {
  options: { actor: { type: 'string' }, case: { type: 'string' } },
  optionHelp: { actor: 'who does it, as your directory names them; recorded', case: 'the reference of the case; recorded' },
}

export const readActing = (args: Args): Omit<Looker, 'purpose'> => ({
  actor: worded(args, 'actor', ACTOR),
  case: worded(args, 'case', CASE),
})

/** Who looks, and why: every verb that shows records of a person takes these and calls `recordLook` (REG-15). */
export const LOOKING: Described = {
  options: { ...ACTING.options, purpose: { type: 'string' } },
  optionHelp: { ...ACTING.optionHelp, purpose: 'what the look is for, in words without digits; recorded' },
}

export const readLooker = (args: Args): Looker => ({ ...readActing(args), purpose: worded(args, 'purpose', PURPOSE) })

/** Records a look before anything is shown of what it looks at. */
export const look = ({ clock, chance, timers }: Machine, { journal, states }: Stores, looked: Omit<Look, 'id' | 'at'>): Promise<void> =>
  recordLook({ journal, states, timers }, { id: chance.uuid(), at: clock.now(), ...looked })
