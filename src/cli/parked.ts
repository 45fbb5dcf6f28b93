import type { Machine, Stores } from './context.ts'
import { readReason } from './look-options.ts'
import { complain, facts, say, sayJson, shortInstant, streamedJson, streamedTable } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { actOnParked, findParked, groupsOf, parkedMessages, type ActedOn, type ParkedMessage, type ParkedTools } from '../parked.ts'
import { COMPLETIONS } from '../reactors/completions.ts'
import { pluginGroup } from '../reactors/plugin-events.ts'
import { Fault } from '../../domain/ports.ts'

const GROUP = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const PLUGIN_GROUP = /^plugin-[a-z0-9-]{1,57}$/
const EVENT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The followers of this deployment; one that the plugin of another day left is found when it is named. */
const followersOf = async (machine: Machine, { opening }: Args, group: string | undefined): Promise<readonly string[]> => {
  const named = group !== undefined && PLUGIN_GROUP.test(group) ? [group] : []
  try {
    const { plugin, otherPlugins = [] } = await machine.describePlugins(opening)
    return [COMPLETIONS, ...[plugin, ...otherPlugins].map(({ id }) => pluginGroup(id)), ...named]
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (group === undefined) complain(machine.terminal, 'the plugin cannot be loaded: what it parked is shown with --group plugin-<its id>')
    return [COMPLETIONS, ...named]
  }
}

const toolsOf = async (machine: Machine, args: Args, stores: Stores, group: string | undefined): Promise<ParkedTools> => {
  if (group !== undefined && !GROUP.test(group)) throw new UsageError('GROUP is the name of a group; see: esignet parked list')
  const tools = { journal: stores.journal, views: stores.views, followers: await followersOf(machine, args, group) }
  const known = group === undefined ? [] : await groupsOf(tools)
  if (group !== undefined && !known.includes(group)) throw new UsageError(`there is no group ${group}; there are ${known.join(', ')}`)
  return tools
}

const askedWords = ({ asked }: ParkedMessage): string =>
  asked === null ? '' : `; ${asked.what} was asked by ${asked.actor} and is not done yet`

const list = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'looking', async (stores) => {
    const { terminal } = machine
    const group = args.text('group')
    const tools = await toolsOf(machine, args, stores, group)
    const messages = parkedMessages(tools, group)
    // Which plugins there are, the settings say: whoever gave others sees that theirs was not looked at.
    const empty = `Nothing is parked by ${(group === undefined ? await groupsOf(tools) : [group]).join(', ')}.`
    if (args.json) await streamedJson(terminal, messages, (message) => message)
    else
      await streamedTable(terminal, { heads: ['EVENT', 'GROUP', 'WHAT AND WHY'], empty }, messages, (message) => [
        message.event,
        message.group,
        `${message.type}: ${message.reason}; ${String(message.tries)} tries, parked ${shortInstant(message.at)}${askedWords(message)}`,
      ])
    return 0
  })

const eventIn = (args: Args): string => {
  const event = operand(args, 1)
  if (!EVENT.test(event)) throw new UsageError('EVENT is the id of an event; see: esignet parked list')
  return event
}

const missing = ({ terminal }: Machine, group: string): ExitCode => {
  complain(terminal, `${group} has not parked that; see: esignet parked list`)
  return 1
}

const show = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'looking', async (stores) => {
    const { terminal } = machine
    const [group, event] = [operand(args, 0), eventIn(args)]
    const found = await findParked(await toolsOf(machine, args, stores, group), group, event)
    if (found === undefined) return missing(machine, group)
    const { asked } = found
    if (args.json) sayJson(terminal, found)
    else
      terminal.out(
        facts(terminal.columns, [
          ['event', found.event],
          ['what', `${found.type}, event ${String(found.revision)} of a stream of kind ${found.kind ?? 'unknown'}`],
          ['about', found.correlation ?? 'it cannot be read: esignet events verify'],
          ['parked', `by ${found.group} at ${shortInstant(found.at)} (UTC), after ${String(found.tries)} tries`],
          ['why', found.reason],
          [
            'asked',
            asked === null ? 'nothing yet' : `${asked.what}, by ${asked.actor} at ${shortInstant(asked.at)} (UTC): ${asked.reason}`,
          ],
        ]),
      )
    return 0
  })

const SAID: Readonly<Record<'retry' | 'drop', Readonly<Record<ActedOn, string>>>> = {
  retry: {
    done: 'goes back to its group, with fresh tries: a broker that runs takes it at once',
    recorded: 'is handled again when its group comes to what was recorded now: at once where a broker runs',
  },
  drop: {
    done: 'is dropped: it is not handled any more; what it says stays recorded',
    recorded: 'is dropped when its group comes to what was recorded now: at once where a broker runs',
  },
}

async function* chosen(tools: ParkedTools, group: string, event: string | undefined): AsyncGenerator<ParkedMessage> {
  const found = event === undefined ? undefined : await findParked(tools, group, event)
  if (event === undefined) yield* parkedMessages(tools, group)
  else if (found !== undefined) yield found
}

const act =
  (what: 'retry' | 'drop') =>
  (machine: Machine, args: Args): Promise<ExitCode> => {
    const group = operand(args, 0)
    const reason = readReason(args)
    const event = args.flag('all') ? undefined : eventIn(args)
    if (event === undefined && args.operands.length > 1) throw new UsageError('name one event, or say --all')
    return withStores(machine, args, 'existing', async (stores) => {
      const { terminal, account: actor, chance, clock, timers } = machine
      const tools = { ...(await toolsOf(machine, args, stores, group)), states: stores.states, timers, actor }
      const acted: { readonly event: string; readonly state: ActedOn }[] = []
      for await (const message of chosen(tools, group, event)) {
        const state = await actOnParked(tools, message, { what, actor, reason, at: clock.now(), id: chance.uuid() })
        if (!args.json) say(terminal, `${message.type} ${message.event} ${SAID[what][state]}.`)
        acted.push({ event: message.event, state })
      }
      if (acted.length === 0) return missing(machine, group)
      if (args.json) sayJson(terminal, acted)
      return 0
    })
  }

const ACT: Pick<Required<Verb>, 'acts' | 'operands' | 'options' | 'optionHelp'> = {
  acts: true,
  operands: 'GROUP [EVENT]',
  options: { all: { type: 'boolean' }, reason: { type: 'string' } },
  optionHelp: { all: 'everything that GROUP has parked', reason: 'why, in words without digits; recorded' },
}

export const parkedVerbs: readonly Verb[] = [
  {
    name: 'parked list',
    operands: '',
    summary: 'events that could not be handled, by what follows events',
    help: [
      'Groups: deliveries (codes to be sent), notices (what people are told),',
      'completions (what a crash left half done), plugin-<id> (what it follows).',
      'What a projection could not tell stands in: esignet projection list.',
    ],
    options: { group: { type: 'string' } },
    optionHelp: { group: 'of this group' },
    run: list,
  },
  { name: 'parked show', operands: 'GROUP EVENT', summary: 'one of them: why, since when, what was asked', run: show },
  { name: 'parked retry', summary: 'hand a parked event to its group again', ...ACT, run: act('retry') },
  {
    name: 'parked drop',
    summary: 'give a parked event up: it is not handled any more',
    help: ['The event itself stays recorded, as everything does.'],
    ...ACT,
    run: act('drop'),
  },
]
