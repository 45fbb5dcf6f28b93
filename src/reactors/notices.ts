import { clientOf } from '../clients.ts'
import { decode } from '../codec.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { notices, transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { keeping } from '../id-systems.ts'
import { nameIn } from '../localised.ts'
import { openRequest, unseal } from '../sealed.ts'
import { commandStream } from '../steps/act.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import { isObject } from '../../domain/json.ts'
import type { ConsumeOutcome, NoticeKind, StoredEvent, Subscription } from '../../domain/ports.ts'
import { idOf, kindOf, noticesStream, transactionStream } from '../../domain/streams.ts'
import { plusSeconds, secondsUntil } from '../../domain/time.ts'
import type { Recorded } from '../../projections/projection.ts'

const GROUP = 'notices'

/** Failures from unknown devices after which the person hears of them, and those after which they hear of a success (6.3). */
const FAILURES = 3
const FAILURES_BEFORE_SUCCESS = 5

/** An attempt is counted before it is judged: after so many seconds it has been. */
const JUDGED_S = 15

/** One try to tell somebody, and the pause before the next. */
const TRY_S = 10
const RETRY_MS = 5000

const DONE: ConsumeOutcome = { kind: 'done' }

const personIn = (stream: string): string => idOf(stream).split('.', 1)[0] ?? ''

const failuresIn = ({ data }: Recorded): number => (isObject(data['counters']) ? Number(data['counters']['failures'] ?? 0) : 0)

const before = async ({ journal }: World, { stream, revision }: Recorded): Promise<Recorded | undefined> => {
  if (revision === 0) return undefined
  const [stored] = (await journal.store.readStream(stream, { from: revision - 1, max: 1 })).events
  return stored && decode(stored)
}

type Found = { readonly notice: NoticeKind; readonly person: string }

/** What an event means to the person, or nothing. */
const noticeOf = async (world: World, event: Recorded): Promise<Found | undefined> => {
  const person = personIn(event.stream)
  switch (event.type) {
    case 'AttemptCounted': {
      if (event.data['path'] !== 'unknown' || failuresIn(event) < FAILURES) return undefined
      // The attempt that was counted may have been right: then the count is back at nothing.
      const newest = await world.journal.last(event.stream)
      return newest !== undefined && failuresIn(newest) >= FAILURES ? { notice: 'failures', person } : undefined
    }
    case 'AttemptCredited': {
      const previous = await before(world, event)
      // The count before holds the attempt that was right.
      return event.data['reason'] === 'success' && previous !== undefined && failuresIn(previous) > FAILURES_BEFORE_SUCCESS
        ? { notice: 'success_after_failures', person }
        : undefined
    }
    case 'DeviceTrusted':
      return { notice: 'new_device', person }
    case 'ConsentGiven': {
      // The transaction repeats it; only the first event of a consent's stream is of a relying party that is new.
      if (kindOf(event.stream) !== 'consent' || event.revision > 0) return undefined
      const { state } = await load(world, transactions, transactionStream(event.correlation))
      const authenticated = state.authenticated?.person
      return authenticated === undefined ? undefined : { notice: 'new_relying_party', person: authenticated }
    }
    default:
      return undefined
  }
}

const wish = async (world: World, event: Recorded): Promise<ConsumeOutcome> => {
  const at = world.clock.now()
  const ageS = secondsUntil(event.at, at)
  if (event.type === 'AttemptCounted' && failuresIn(event) >= FAILURES && ageS < JUDGED_S)
    return { kind: 'retry', reason: 'not judged yet', afterMs: (JUDGED_S - ageS) * 1000 }
  const found = await noticeOf(world, event)
  if (found === undefined) return DONE
  const id = uuidv5(event.id, GROUP)
  const given = { type: 'NotifyPerson', at, notice: found.notice, transaction: event.correlation, happenedAt: event.at } as const
  await commandStream(world, notices, noticesStream(found.person), given, { id, causation: event.id, correlation: event.correlation })
  return DONE
}

/** Tells the person, by the ID system that knows where they are. Its idempotency key is the event, so nobody is told twice. */
const tell = async (world: World, event: Recorded): Promise<ConsumeOutcome> => {
  const transaction = event.correlation
  const sealed = await unseal(world, transaction, `person.${personIn(event.stream)}`)
  const { state } = await load(world, transactions, transactionStream(transaction))
  const { configuration } = await clientOf(world, state.request?.client ?? '')
  // Whom it is about is kept as long as the login: after an outage that lasted longer nobody can be told any more.
  if (sealed === undefined || configuration === undefined) return DONE
  const locales = ((await openRequest(world, transaction))?.['ui_locales'] ?? 'en').split(' ').filter((tag) => tag !== '')
  const answer = await keeping(world, state).idSystem.system.notify?.({
    idempotencyKey: event.id,
    deadline: plusSeconds(world.clock.now(), TRY_S),
    transaction,
    client: configuration.client_id,
    id: sealed.id,
    notice: textOf(event.data['notice']) as NoticeKind,
    at: textOf(event.data['happenedAt']),
    locales,
    clientName: nameIn(configuration, 'client_name', locales) ?? configuration.client_id,
  })
  return answer?.ok === false && answer.error === 'unavailable'
    ? { kind: 'retry', reason: 'the ID system is unavailable', afterMs: RETRY_MS }
    : DONE
}

const handle = (world: World, stored: StoredEvent): Promise<ConsumeOutcome> => {
  const event = decode(stored)
  return event.type === 'NoticeDue' ? tell(world, event) : wish(world, event)
}

const TYPES = ['AttemptCounted', 'AttemptCredited', 'DeviceTrusted', 'ConsentGiven', 'NoticeDue']

/** Tells people what happened to their identity, where the ID system can: at least once, on any node (rule 15). */
export const personNotices = (world: World): Subscription | undefined =>
  world.idSystems.serving().every(({ system }) => system.notify === undefined)
    ? undefined
    : world.journal.store.consume({ group: GROUP, filter: { types: TYPES }, concurrency: 8, triesMax: 120, from: 'end' }, (event) =>
        handle(world, event),
      )
