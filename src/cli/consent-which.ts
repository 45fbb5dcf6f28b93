import type { Machine, Stores } from './context.ts'
import { stateOf } from './client.ts'
import { personOn } from './person-on.ts'
import { operand, UsageError, type Args, type Verb } from './verb.ts'
import { consentIdsOf } from '../consents/of-person.ts'

/** Which consents a command is about: one by its name, or those of a person towards a relying party. */
export type Which = { readonly consent: string } | { readonly client: string }

export const WHICH: Required<Pick<Verb, 'options' | 'optionHelp'>> = {
  options: { person: { type: 'string' }, client: { type: 'string' } },
  optionHelp: {
    person: 'always -: the identifier comes on standard input, since arguments can be read by others',
    client: 'with --person: towards this relying party',
  },
}

export const idOf = (args: Args): string => {
  const id = operand(args, 0)
  if (!/^[A-Za-z0-9_-]{43}$/.test(id)) throw new UsageError('ID has 43 characters; see: esignet consent list')
  return id
}

export const readWhich = (args: Args): Which => {
  const [person, client] = [args.text('person'), args.text('client')]
  if (person === undefined && client === undefined && args.operands.length === 1) return { consent: idOf(args) }
  if (args.operands.length > 0 || person !== '-' || client === undefined)
    throw new UsageError('say ID, or --person - --client CLIENT with the identifier on standard input')
  return { client }
}

export type Asked = { readonly consents: readonly string[]; readonly person?: string }

/** Their names, and the reference of the person where one was asked for and is known. */
export const findWhich = async (machine: Machine, stores: Stores, which: Which): Promise<Asked> => {
  if ('consent' in which) return { consents: [which.consent] }
  // Its people are those of the ID system that the relying party names.
  const { configuration } = await stateOf(stores, which.client)
  const found = await personOn(machine, stores, configuration?.id_system)
  if (found === undefined) return { consents: [] }
  return { consents: await consentIdsOf(stores.journal, found, which.client), person: found.person.ref }
}
