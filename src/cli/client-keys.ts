import { answer, clientIdOf, readInput, stateOf, unknownClient } from './client.ts'
import type { Machine } from './context.ts'
import { complain, say, sayJson, table } from './output.ts'
import { operand, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { thumbprint } from '../crypto/dpop.ts'
import { changeKeys, type KeyChange } from '../registration/change-keys.ts'
import { keepClient } from '../steps/register-client.ts'

const list = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const client = clientIdOf(args)
    const { configuration } = await stateOf(stores, client)
    if (configuration === undefined) return unknownClient(machine, client)
    const { jwks, jwks_uri: uri } = configuration
    const keys = (jwks?.keys ?? []).map((key) => ({ ...key, thumbprint: thumbprint(key) }))
    if (args.json) sayJson(terminal, { client, ...(uri === undefined ? { keys } : { jwks_uri: uri }) })
    else if (uri !== undefined) say(terminal, `The keys of ${client} are published at ${uri}`)
    else {
      const cells = keys.map((key) => [key.kid ?? '-', key.crv ?? key.kty, key.use ?? 'any', key.alg ?? 'any', key.thumbprint])
      terminal.out(table(terminal.columns, ['KID', 'KIND', 'USE', 'ALG', 'THUMBPRINT (RFC 7638)'], cells))
    }
    return 0
  })

const change = async (machine: Machine, args: Args, wanted: KeyChange, done: string): Promise<ExitCode> => {
  const { terminal, clock, chance } = machine
  const client = clientIdOf(args)
  return withStores(machine, args, 'existing', async (stores) => {
    const { configuration, artefact } = await stateOf(stores, client)
    if (configuration === undefined) return unknownClient(machine, client)
    const changed = changeKeys(configuration, wanted)
    if (!changed.ok) {
      if (args.json) sayJson(terminal, { problems: changed.problems })
      for (const problem of changed.problems) complain(terminal, problem)
      return 1
    }
    const from = { id: chance.uuid(), at: clock.now(), ...(artefact !== undefined && { replaces: artefact }) }
    const handled = await keepClient(await machine.deciding(stores), from, 'UpdateClient', changed.configuration)
    return answer(machine, stores, args, client, handled, done)
  })
}

const fromFile = async (machine: Machine, args: Args, kind: 'add' | 'set', done: string): Promise<ExitCode> =>
  change(machine, args, { kind, document: await readInput(machine, operand(args, 1)) }, done)

const set = (machine: Machine, args: Args): Promise<ExitCode> => {
  const from = operand(args, 1)
  if (!/^[a-z]+:\/\//i.test(from)) return fromFile(machine, args, 'set', 'has these keys and no others')
  return change(machine, args, { kind: 'publish', uri: from }, 'is asked for its keys there')
}

const DOCUMENT = ['FILE holds a public key (JWK) or a set of them (JWKS); "-" reads the standard', 'input.']

export const clientKeyVerbs: readonly Verb[] = [
  { name: 'client keys list', operands: 'ID', summary: 'the keys of a relying party', run: list },
  {
    name: 'client keys add',
    acts: true,
    operands: 'ID FILE|-',
    summary: 'one more key; the old ones stay good until they are removed',
    help: [...DOCUMENT, 'Each key needs a "kid" of its own. Brokers that run know the key at once.'],
    run: (machine, args) => fromFile(machine, args, 'add', 'has the key besides'),
  },
  {
    name: 'client keys remove',
    acts: true,
    operands: 'ID KID',
    summary: 'no more use of a key',
    help: ['KID is the key\'s "kid" or its thumbprint, as "client keys list" shows it.', 'Brokers that run refuse the key at once.'],
    run: (machine, args) => change(machine, args, { kind: 'remove', key: operand(args, 1) }, 'has the key no more'),
  },
  {
    name: 'client keys set',
    acts: true,
    operands: 'ID FILE|-|URI',
    summary: 'these keys and no others, or where they are published',
    help: [
      ...DOCUMENT,
      'URI (https) is where the relying party publishes its set: the broker fetches',
      'it, looks again every ten minutes and where it meets an unknown "kid".',
    ],
    run: set,
  },
]
