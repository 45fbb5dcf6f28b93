import type { Machine } from './context.ts'
import { ACTING, readActing } from './look-options.ts'
import { complain, say, sayJson } from './output.ts'
import { personEraseVerb } from './person-erase.ts'
import { AMONG, personOn } from './person-on.ts'
import { UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { reopenPath } from '../steps/reopen.ts'
import type { Path } from '../../domain/streams.ts'

const pathIn = (args: Args): Path => {
  const path = args.text('path') ?? 'unknown'
  if (path !== 'unknown' && path !== 'trusted') throw new UsageError('--path is unknown or trusted')
  return path
}

const reopen = (machine: Machine, args: Args): Promise<ExitCode> => {
  const path = pathIn(args)
  const acting = readActing(args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal, chance, clock } = machine
    const found = await personOn(machine, stores, args.text('id-system'))
    if (found === undefined) {
      complain(terminal, 'nobody has signed in, or tried to, with this identifier')
      return 1
    }
    await reopenPath(await machine.deciding(stores), found.person, { id: chance.uuid(), at: clock.now(), path, ...acting })
    if (args.json) sayJson(terminal, { path, reopened: true })
    else say(terminal, `The ${path} path is open again: this person may try to sign in.`)
    return 0
  })
}

export const personVerbs: readonly Verb[] = [
  {
    name: 'person reopen',
    acts: true,
    operands: '',
    summary: 'let a person try again whom wrong proofs locked out',
    help: ['The identifier comes on standard input: arguments can be read by others.'],
    options: { path: { type: 'string' }, ...AMONG.options, ...ACTING.options },
    optionHelp: { path: 'unknown (default) or trusted: from which devices', ...AMONG.optionHelp, ...ACTING.optionHelp },
    run: reopen,
  },
  personEraseVerb,
]
