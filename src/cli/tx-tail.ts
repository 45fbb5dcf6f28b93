import type { Machine, Stores } from './context.ts'
import { readInstant } from './instants.ts'
import { caughtUp } from './catch-up.ts'
import { complain, printable, say } from './output.ts'
import { UsageError, type Args, type ExitCode, type Verb } from './verb.ts'
import { withStores } from './with-stores.ts'
import { positionOfFirstSince } from '../find-transactions.ts'
import { followEvents, type Told } from '../follow-events.ts'
import { keepNewest } from '../keep-newest.ts'
import { idOf } from '../../domain/streams.ts'
import { timeline } from '../../projections/timeline.ts'
import type { Recorded } from '../../projections/projection.ts'
import { eventDescription } from '../../schemas/check.ts'

/** Sign-ins whose relying party and factor are remembered; those of others are read again. */
const KNOWN_MAX = 10_000

type Known = { readonly client: string; readonly factor: string | undefined }

const textIn = ({ data }: Recorded, member: string): string | undefined => {
  const value = data[member]
  return typeof value === 'string' ? value : undefined
}

/** What of a sign-in stands in none but its first events. */
const remembering = ({ journal }: Stores) => {
  const known = new Map<string, Known>()
  return async (event: Recorded): Promise<Known> => {
    const before = known.get(event.stream) ?? { client: await clientIn(event), factor: undefined }
    const now = { client: before.client, factor: textIn(event, 'factor') ?? before.factor }
    keepNewest(known, event.stream, now, KNOWN_MAX)
    return now
  }
  async function clientIn(event: Recorded): Promise<string> {
    const first = event.revision === 0 ? event : (await journal.read(event.stream))[0]
    return (first && textIn(first, 'client')) ?? ''
  }
}

type Filter = { readonly client?: string; readonly type?: string; readonly error?: string; readonly factor?: string }

const filterOf = (args: Args): Filter =>
  Object.fromEntries(
    ['client', 'type', 'error', 'factor'].flatMap((name) => (args.text(name) === undefined ? [] : [[name, args.text(name)]])),
  )

const fits = (event: Recorded, known: Known, { client, type, error, factor }: Filter): boolean =>
  (client === undefined || known.client === client) &&
  (type === undefined || event.type === type) &&
  (error === undefined || textIn(event, 'reason') === error || textIn(event, 'phase') === error) &&
  (factor === undefined || known.factor === factor)

const tell = ({ terminal }: Machine, args: Args, event: Recorded, { client }: Known): void => {
  const [row] = timeline(eventDescription, [event])
  const transaction = idOf(event.stream)
  const told = { at: event.at, transaction, client, number: event.revision, type: event.type, who: row?.who, text: row?.text }
  if (args.json) terminal.out(`${printable(JSON.stringify(told))}\n`)
  else say(terminal, `${event.at.slice(0, 23).replace('T', ' ')}  ${transaction}  ${client}  ${row?.text ?? event.type}`)
}

const readCount = (text: string | undefined): number => {
  const count = text === undefined ? Infinity : Number(text)
  if (count !== Infinity && (!Number.isSafeInteger(count) || count < 1)) throw new UsageError('--count: a number from 1')
  return count
}

const start = async (machine: Machine, stores: Stores, args: Args) => {
  const since = args.text('since')
  if (since === undefined) return stores.journal.store.head()
  const instant = readInstant(machine.clock, 'since', since)
  await caughtUp(machine, stores, 'live')
  return positionOfFirstSince(stores.views, instant)
}

const run = (machine: Machine, args: Args): Promise<ExitCode> => {
  const filter = filterOf(args)
  const count = readCount(args.text('count'))
  return withStores(machine, args, 'looking', async (stores) => {
    const { terminal, timers } = machine
    const enough = new AbortController()
    const stopping = AbortSignal.any([machine.stopping, enough.signal])
    const knownOf = remembering(stores)
    let told = 0
    const take = async (message: Told): Promise<void> => {
      if (stopping.aborted) return
      if (message.kind === 'unreadable') {
        complain(terminal, `${message.event.stream}, event ${String(message.event.revision)}: ${message.event.problem}`)
        return
      }
      const known = await knownOf(message.event)
      if (!fits(message.event, known, filter)) return
      tell(machine, args, message.event, known)
      await terminal.drained()
      told += 1
      if (told >= count) enough.abort()
    }
    await followEvents({
      source: stores.journal.source,
      timers,
      stopping,
      after: await start(machine, stores, args),
      take,
      lost: (problem, waitMs) => complain(terminal, `the connection is lost (${problem}); trying again in ${String(waitMs)} ms`),
    })
    return 0
  })
}

export const txTail: Verb = {
  name: 'tx tail',
  operands: '',
  summary: 'what happens in sign-ins, as it happens, until Ctrl+C',
  help: ['With --json one object a line. A lost connection is sought again, and nothing is', 'left out or told twice.'],
  options: {
    client: { type: 'string' },
    type: { type: 'string' },
    error: { type: 'string' },
    factor: { type: 'string' },
    since: { type: 'string' },
    count: { type: 'string' },
  },
  optionHelp: {
    client: 'of this relying party',
    type: 'events of this type: FactorRejected, AuthorizationFailed, ...',
    error: 'events with this reason: wrong, limited, unavailable, ...',
    factor: 'of sign-ins by this factor',
    since: 'begin with what happened then: 30m, 2h, 2026-11-24T12:00Z',
    count: 'end after so many events',
  },
  run,
}
