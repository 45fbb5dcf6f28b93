import type { Machine, Stores } from './context.ts'
import { complain, say, sayJson } from './output.ts'
import { UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { findPerson, readIndividualId } from '../people.ts'
import { reopenPath } from '../steps/reopen.ts'
import { Fault, type Person } from '../../domain/ports.ts'
import type { Path } from '../../domain/streams.ts'
import { plusSeconds } from '../../domain/time.ts'

/** Seconds that the ID system may take. */
const ANSWER_S = 10

const pathIn = (args: Args): Path => {
  const path = args.text('path') ?? 'unknown'
  if (path !== 'unknown' && path !== 'trusted') throw new UsageError('--path is unknown or trusted')
  return path
}

const worded = (args: Args, option: string, pattern: RegExp): string => {
  const text = args.text(option)
  if (text === undefined || !pattern.test(text)) throw new UsageError(`--${option} is needed: letters, digits and .-_, at most 64`)
  return text
}

/** Whom the identifier on standard input names: it stands in no argument, which others on the machine could read. */
const personOn = async (machine: Machine, stores: Stores): Promise<Person | undefined> => {
  const { terminal, chance, clock } = machine
  const persons = await machine.persons(stores)
  try {
    const id = readIndividualId(persons, await terminal.input())
    if (id === undefined) throw new UsageError('standard input holds no identifier that this ID system has')
    const call = {
      idempotencyKey: chance.uuid(),
      deadline: plusSeconds(clock.now(), ANSWER_S),
      transaction: 'operator',
      client: 'operator',
    }
    const found = await findPerson(persons, id, call)
    if (found === 'unavailable') throw new Fault('unavailable', 'the ID system does not answer')
    return found
  } finally {
    await persons.close()
  }
}

const reopen = (machine: Machine, args: Args): Promise<ExitCode> => {
  const path = pathIn(args)
  const actor = worded(args, 'actor', /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/)
  const reference = worded(args, 'case', /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal, chance, clock } = machine
    const person = await personOn(machine, stores)
    if (person === undefined) {
      complain(terminal, 'nobody has signed in, or tried to, with this identifier')
      return 1
    }
    await reopenPath(await machine.deciding(stores), person, { id: chance.uuid(), at: clock.now(), path, actor, case: reference })
    if (args.json) sayJson(terminal, { path, reopened: true })
    else say(terminal, `The ${path} path is open again: this person may try to sign in.`)
    return 0
  })
}

export const personVerbs: readonly Verb[] = [
  {
    name: 'person reopen',
    operands: '',
    summary: 'let a person try again whom wrong proofs locked out',
    help: ['The identifier comes on standard input: arguments can be read by others.'],
    options: { path: { type: 'string' }, actor: { type: 'string' }, case: { type: 'string' } },
    optionHelp: {
      path: 'unknown (default) or trusted: from which devices',
      actor: 'who does it, as your directory names them; recorded',
      case: 'the reference of the case; recorded',
    },
    run: reopen,
  },
]
