import type { Machine } from './context.ts'
import { LOOKING, readLooker } from './look-options.ts'
import { complain, say, sayJson, shortInstant } from './output.ts'
import { AMONG, personOn } from './person-on.ts'
import type { Args, ExitCode, Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { completeErasure, requestErasure } from '../steps/erase-person.ts'

const erase = (machine: Machine, args: Args): Promise<ExitCode> => {
  const looker = readLooker(args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { terminal, chance, clock } = machine
    const auditKeys = await machine.auditKeys(stores.settings)
    const found = await personOn(machine, stores, args.text('id-system'))
    if (found === undefined) {
      complain(terminal, 'nobody has signed in, or tried to, with this identifier')
      return 1
    }
    const { ref } = found.person
    const deciding = await machine.deciding(stores)
    const persons = await machine.persons(stores, args.text('id-system'))
    try {
      await requestErasure(deciding, ref, { id: chance.uuid(), at: clock.now(), ...looker })
      const world = { ...deciding, clock, auditKeys, personKeys: persons.personKeys, destructions: machine.destructions(stores.settings) }
      const state = await completeErasure({ ...world, settings: stores.settings }, ref, chance.uuid())
      const { status, until = '', statement } = state
      if (args.json) sayJson(terminal, { status, until, ...(statement !== undefined && { certificate: statement }) })
      else if (status === 'restricted')
        say(
          terminal,
          `Nobody signs in as this person any more; their agreements are taken back, their codes and tokens dead. The key is destroyed from ${shortInstant(until)} (UTC) on, when the last floor of the policy has passed:`,
          'the broker does it then.',
        )
      else say(terminal, 'The person is erased: what is recorded of them leads to nobody. The certificate:', statement ?? '')
      return 0
    } finally {
      await persons.close()
    }
  })
}

export const personEraseVerb: Verb = {
  name: 'person erase',
  acts: true,
  operands: '',
  summary: 'shut a person out, destroy their key when the floors have passed',
  help: ['The identifier comes on standard input: arguments can be read by others.', 'The certificate is signed, and names nobody.'],
  options: { ...AMONG.options, ...LOOKING.options },
  optionHelp: { ...AMONG.optionHelp, ...LOOKING.optionHelp },
  run: erase,
}
