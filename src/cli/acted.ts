import type { Machine } from './context.ts'
import { complain } from './output.ts'
import { UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { denials } from '../deciders.ts'
import { commandStream } from '../steps/act.ts'
import { Fault } from '../../domain/ports.ts'
import { denialStream } from '../../domain/streams.ts'

/** Who acts: whom the command line names, else the account on this machine. */
const actorOf = ({ account }: Machine, args: Args): string => {
  const actor = args.text('actor') ?? account
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(actor)) throw new UsageError('--actor is needed: letters, digits and .-_@, at most 64')
  return actor
}

/** The verb with the option that says who acts, where it has none of its own. */
export const withActor = (verb: Verb): Verb =>
  verb.acts !== true || verb.options?.['actor'] !== undefined
    ? verb
    : {
        ...verb,
        options: { ...verb.options, actor: { type: 'string' } },
        optionHelp: { ...verb.optionHelp, actor: 'who does it, where it is not the account; recorded' },
      }

const recordDenial = async (machine: Machine, { name }: Verb, args: Args, why: 'refused' | 'failed'): Promise<void> => {
  const { chance, clock, timers, terminal, account } = machine
  const id = chance.uuid()
  const wish = { type: 'RecordDenial', at: clock.now(), actor: account, verb: name, why } as const
  try {
    await withStores(machine, args, 'existing', async ({ journal, states }) => {
      const stream = denialStream(id.replaceAll('-', ''))
      await commandStream({ journal, states, timers }, denials, stream, wish, { id, causation: id, correlation: id })
      return 1
    })
  } catch (error) {
    // Where nothing is recorded yet there is no log to record it in.
    if (!(error instanceof Fault)) throw error
    complain(terminal, 'that this was not done could not be recorded')
  }
}

/** Runs a verb that changes something. What is not done is recorded with who wished it, like what is done (REG-16). */
export const acted = async (outer: Machine, verb: Verb, args: Args): Promise<ExitCode> => {
  const account = actorOf(outer, args)
  const machine: Machine = { ...outer, account, deciding: async (stores) => ({ ...(await outer.deciding(stores)), actor: account }) }
  try {
    const code = await verb.run(machine, args)
    if (code === 1) await recordDenial(machine, verb, args, 'refused')
    return code
  } catch (error) {
    if (error instanceof Fault && (error.code === 'invalid' || error.code === 'corrupt')) await recordDenial(machine, verb, args, 'failed')
    throw error
  }
}
