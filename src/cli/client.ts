import { caughtUp } from './catch-up.ts'
import type { Machine, Stores } from './context.ts'
import { complain, facts, printable, say, sayJson, shortInstant, table } from './output.ts'
import { operand, UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { completeRegistration } from '../client-registration.ts'
import { clients } from '../deciders.ts'
import { load, type Handled } from '../handle.ts'
import { readSectorDocument } from '../registration/sector.ts'
import { keepClient, switchClient } from '../steps/register-client.ts'
import { isClientId, type ClientState } from '../../domain/client/client.ts'
import { isObject } from '../../domain/json.ts'
import type { RefusalCode } from '../../domain/refusals.ts'
import { clientStream } from '../../domain/streams.ts'
import type { ClientRow } from '../../projections/clients.ts'
import type { ClientConfiguration } from '../../schemas/generated.ts'

const PAGE_ROWS = 1000

export const clientIdOf = (args: Args): string => {
  const id = operand(args, 0)
  if (!isClientId(id)) throw new UsageError('a client_id has letters, digits and . _ ~ -, at most 100')
  return id
}

const SAID: Partial<Record<RefusalCode, string>> = {
  client_exists: 'is registered already; use `client update`',
  client_unknown: 'is not registered; use `client add`',
  client_changed: 'was changed by somebody else meanwhile; look at it, and try again',
  request_invalid: 'cannot be changed in this way: its sector is frozen',
}

export const readInput = async ({ terminal, files }: Machine, from: string): Promise<unknown> => {
  const text = from === '-' ? await terminal.input() : await files.text(from)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new UsageError(`${from === '-' ? 'the standard input' : from}: is not JSON`)
  }
}

export const stateOf = async (stores: Stores, id: string): Promise<ClientState> => (await load(stores, clients, clientStream(id))).state

export const unknownClient = ({ terminal }: Machine, id: string): ExitCode => {
  complain(terminal, `relying party ${id} ${SAID.client_unknown ?? ''}`)
  return 1
}

/** What was recorded is read back only once the register holds it. */
export const answer = async (
  machine: Machine,
  stores: Stores,
  args: Args,
  id: string,
  handled: Handled<ClientState>,
  done: string,
): Promise<ExitCode> => {
  const { terminal } = machine
  const { refusal, state } = handled
  if (refusal !== undefined) {
    complain(terminal, `relying party ${id} ${SAID[refusal] ?? `was refused: ${refusal}`}`)
    return 1
  }
  await caughtUp(machine, stores, 'clients', handled.events.at(-1)?.position)
  if (args.json) sayJson(terminal, { client: id, active: state.active, configuration: state.configuration })
  else say(terminal, `Relying party ${id} ${done}.`)
  return 0
}

type Wanted = 'add' | 'update'

const register = async (machine: Machine, args: Args, wanted: Wanted): Promise<ExitCode> => {
  const { terminal, clock, chance } = machine
  const input = await readInput(machine, operand(args, 0))
  const described = await machine.describePlugins(args.opening)
  return withStores(machine, args, 'new', async (stores) => {
    const stated = isObject(input) ? input['client_id'] : undefined
    const id = typeof stated === 'string' && isClientId(stated) ? stated : undefined
    const current = wanted === 'update' && id !== undefined ? (await stateOf(stores, id)).configuration : undefined
    const sectorDocument = await readSectorDocument(machine.documents(stores), input)
    const completed = completeRegistration(input, { ...described, policy: stores.settings.policy, sectorDocument }, current)
    if (!completed.ok) {
      if (args.json) sayJson(terminal, { problems: completed.problems })
      for (const problem of completed.problems) complain(terminal, problem)
      return 1
    }
    const { configuration } = completed
    const client = configuration.client_id
    const type = wanted === 'add' ? 'RegisterClient' : 'UpdateClient'
    const handled = await keepClient(await machine.deciding(stores), { id: chance.uuid(), at: clock.now() }, type, configuration)
    return answer(machine, stores, args, client, handled, wanted === 'add' ? 'is registered' : 'is updated')
  })
}

const switchOver = (machine: Machine, args: Args, type: 'ActivateClient' | 'DeactivateClient'): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const client = clientIdOf(args)
    const from = { id: machine.chance.uuid(), at: machine.clock.now() }
    const handled = await switchClient(await machine.deciding(stores), from, type, client)
    const done = type === 'ActivateClient' ? 'is active' : 'is deactivated: no new use from here'
    return answer(machine, stores, args, client, handled, done)
  })

/** All rows of the register, in the order of their names. */
const allRows = async ({ views }: Stores): Promise<readonly ClientRow[]> => {
  const rows: ClientRow[] = []
  for (let after: string | undefined; ;) {
    const page = await views.list('clients', 'clients', { limit: PAGE_ROWS, ...(after !== undefined && { after }) })
    // The projection wrote them in this shape.
    rows.push(...(page as unknown as readonly ClientRow[]))
    if (page.length < PAGE_ROWS) return rows
    after = rows.at(-1)?.client
  }
}

const list = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    await caughtUp(machine, stores, 'clients')
    const rows = await allRows(stores)
    if (args.json) sayJson(terminal, rows)
    else if (rows.length === 0) say(terminal, 'No relying party is registered. Register one with: esignet client add FILE')
    else {
      const cells = rows.map((row) => [row.client, row.active ? 'active' : 'inactive', shortInstant(row.updated_at), row.name])
      terminal.out(table(terminal.columns, ['CLIENT', 'STATE', 'UPDATED (UTC)', 'NAME'], cells))
    }
    return 0
  })

const shown = (value: unknown): string =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value.join(' ') || '(none)'
    : printable(typeof value === 'string' ? value : JSON.stringify(value))

const keysOf = ({ jwks }: ClientConfiguration): string =>
  (jwks?.keys ?? []).map((key) => [key.kid ?? '(no kid)', key.kty, key.crv ?? ''].join(' ').trim()).join(', ')

const show = (machine: Machine, args: Args): Promise<ExitCode> =>
  withStores(machine, args, 'existing', async (stores) => {
    const { terminal } = machine
    const id = clientIdOf(args)
    await caughtUp(machine, stores, 'clients')
    const row = (await stores.views.get('clients', 'clients', id)) as unknown as ClientRow | undefined
    if (row === undefined) return unknownClient(machine, id)
    if (args.json) sayJson(terminal, row)
    else {
      const { jwks: _jwks, ...members } = row.configuration
      terminal.out(
        facts(terminal.columns, [
          ['state', row.active ? 'active' : 'inactive'],
          ['registered', shortInstant(row.registered_at)],
          ['updated', shortInstant(row.updated_at)],
          ...Object.entries(members).map(([name, value]) => [name, shown(value)] as const),
          ...(row.configuration.jwks === undefined ? [] : [['jwks', keysOf(row.configuration)] as const]),
        ]),
      )
    }
    return 0
  })

const REGISTRATION_HELP = [
  'FILE holds a registration (names of OpenID Connect Dynamic Client Registration):',
  'client_id, client_name, redirect_uris, and its keys as jwks, jwk or jwks_uri;',
  'what is left out takes our defaults, which `client show` prints.',
  '"-" reads the standard input.',
]

export const clientVerbs: readonly Verb[] = [
  {
    name: 'client add',
    acts: true,
    operands: 'FILE|-',
    summary: 'register a relying party',
    help: REGISTRATION_HELP,
    run: (machine, args) => register(machine, args, 'add'),
  },
  {
    name: 'client update',
    acts: true,
    operands: 'FILE|-',
    summary: 'replace the registration of a relying party',
    help: REGISTRATION_HELP,
    run: (machine, args) => register(machine, args, 'update'),
  },
  { name: 'client list', operands: '', summary: 'every relying party', run: list },
  { name: 'client show', operands: 'ID', summary: 'a registration, complete', run: show },
  {
    name: 'client deactivate',
    acts: true,
    operands: 'ID',
    summary: 'no new use of a relying party',
    run: (machine, args) => switchOver(machine, args, 'DeactivateClient'),
  },
  {
    name: 'client activate',
    acts: true,
    operands: 'ID',
    summary: 'take back a deactivation',
    run: (machine, args) => switchOver(machine, args, 'ActivateClient'),
  },
]
