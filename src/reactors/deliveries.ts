import { clientOf } from '../clients.ts'
import { uuidv5 } from '../crypto/hash.ts'
import { transactions } from '../deciders.ts'
import { load } from '../handle.ts'
import { keeping } from '../id-systems.ts'
import { openRequest, unseal, type Paced } from '../sealed.ts'
import { command, type Act } from '../steps/act.ts'
import { deliveryKey, wishFor } from '../steps/request-factor.ts'
import { decode } from '../codec.ts'
import { referenceOf } from '../reference.ts'
import { textOf } from '../text-of.ts'
import type { World } from '../world.ts'
import type {
  Channel,
  ConsumeOutcome,
  Instant,
  EventStore,
  PluginErrorKind,
  SendRequest,
  StoredEvent,
  Subscription,
  Timers,
} from '../../domain/ports.ts'
import { idOf, transactionStream } from '../../domain/streams.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { Recorded } from '../../projections/projection.ts'
import { nameIn } from '../localised.ts'

const GROUP = 'deliveries'

/** Between two looks at whether a new group is there, and how many at most. */
const BEGIN_LOOK_MS = 50
const BEGIN_LOOKS_MAX = 200

/** After the window of a message, seconds: its login is over since long, and needs no look. */
const PAST_S = 86_400

/** One try; the whole is bounded by the send's own window. */
const TRY_S = 10
const RETRY_MS = 1000

const DONE: ConsumeOutcome = { kind: 'done' }

const reasonOf = (error: PluginErrorKind): 'subject_denied' | 'rate_limited' | 'unsupported' | 'misconfigured' | 'unavailable' => {
  switch (error) {
    case 'subject_denied':
    case 'rate_limited':
    case 'unsupported':
    case 'misconfigured':
    case 'unavailable':
      return error
    case 'invalid_input':
    case 'challenge_failed':
    case 'session_expired':
      return 'subject_denied'
  }
}

/** What the person chose; nothing: the ID system chooses. The event was checked against its schema. */
const channelsOf = ({ data }: Recorded): readonly Channel[] => (data['channels'] as unknown as readonly Channel[] | undefined) ?? []

/** The page waits for this: nobody to send to must not be quicker than somebody (rule 22). On a device of their own nobody learns by it. */
const paced = async (world: World, began: Instant, wish: Paced | undefined, isSent: boolean): Promise<void> => {
  if (wish === undefined) return
  const { pace } = world
  const kind = wishFor(world, 'otp')
  if (isSent) {
    const sent = pace.took(began)
    if (wish.named !== undefined) pace.note(kind, [wish.named, sent])
    await pace.until(began, sent)
  } else await pace.until(began, wish.sent ?? pace.like(kind)[1])
}

/** Hands one message to the ID system. Its idempotency key is the event that wished it, so a second delivery sends nothing twice (rule 36). */
const send = async (world: World, act: Act, event: Recorded, number: number): Promise<ConsumeOutcome> => {
  // At once: where the vault is elsewhere that is one trip.
  const [sealed, request] = await Promise.all([
    unseal(world, act.transaction, `person.${textOf(event.data['person'])}`),
    openRequest(world, act.transaction),
  ])
  const { configuration } = act.client
  const began = world.clock.now()
  const fail = async (reason: ReturnType<typeof reasonOf> | 'expired'): Promise<ConsumeOutcome> => {
    await paced(world, began, sealed?.paced, false)
    await command(world, act, { type: 'ReportSendFailed', at: world.clock.now(), send: number, reason })
    return DONE
  }
  if (sealed === undefined || configuration === undefined || world.idSystem.system.send === undefined) return fail('unsupported')
  const locales = (request?.['ui_locales'] ?? 'en').split(' ').filter((tag) => tag !== '')
  const wish: SendRequest = {
    idempotencyKey: event.id,
    deadline: plusSeconds(world.clock.now(), TRY_S),
    transaction: act.transaction,
    client: configuration.client_id,
    id: sealed.id,
    factor: 'otp',
    channels: channelsOf(event),
    locales,
    clientName: nameIn(configuration, 'client_name', locales) ?? configuration.client_id,
    reference: referenceOf(act.transaction),
  }
  if (sealed.withheld === true) return fail('rate_limited')
  const answer = await world.idSystem.system.send(wish)
  const at = world.clock.now()
  if (answer.ok) {
    await paced(world, began, sealed.paced, true)
    const validUntil = plusSeconds(at, answer.value.validForS)
    await command(world, act, { type: 'ReportSent', at, send: number, channels: answer.value.channels, validUntil })
    return DONE
  }
  if (answer.error !== 'unavailable') return fail(reasonOf(answer.error))
  // An outage is tried again until the window of the message ends (rule 36).
  if (at >= textOf(event.data['sendBy'])) return fail('unavailable')
  return { kind: 'retry', reason: 'the ID system is unavailable', afterMs: RETRY_MS }
}

const deliver = async (world: World, stored: StoredEvent): Promise<ConsumeOutcome> => {
  const event = decode(stored)
  const number = event.data['send']
  if (typeof number !== 'number') return DONE
  if (world.clock.now() > plusSeconds(textOf(event.data['sendBy']), PAST_S)) return DONE
  const transaction = idOf(event.stream)
  const { state } = await load(world, transactions, transactionStream(transaction))
  const { delivery, request } = state
  if (state.stage !== 'opened' || delivery?.send !== number || delivery.status !== 'pending' || request === undefined) return DONE
  const at = world.clock.now()
  const act = { id: uuidv5(event.id, GROUP), causation: event.id, at, transaction, client: await clientOf(world, request.client) }
  if (at >= delivery.sendBy) {
    await command(world, act, { type: 'ReportSendFailed', at, send: number, reason: 'expired' })
    return DONE
  }
  return send(keeping(world, state), act, event, number)
}

const WISHED = { types: ['FactorRequested'] } as const

/** `send` of the ID system, driven by subscription: competing consumers take each `FactorRequested` (rules 35 and 36). */
export const deliveries = (world: World): Subscription =>
  world.journal.store.consume({ group: GROUP, filter: WISHED, concurrency: 64, visibilityMs: 15_000, triesMax: 120 }, (event) =>
    deliver(world, event),
  )

/**
 * Deliveries begin behind what the store holds, where they never began: the messages of events that were brought here were sent where they
 * come from, and a broker would look at each of them before it sends anybody's.
 */
export const beginDeliveriesHere = async (store: EventStore, timers: Timers): Promise<void> => {
  const isThere = async (): Promise<boolean> => (await store.groups()).includes(GROUP)
  if (await isThere()) return
  const beginning = store.consume({ group: GROUP, filter: WISHED, from: 'end' }, async () => ({
    kind: 'retry',
    reason: 'nobody sends yet',
  }))
  for (let looks = 0; looks < BEGIN_LOOKS_MAX && !(await isThere()); looks += 1) await timers.sleep(BEGIN_LOOK_MS)
  await beginning.stop()
}

/** Wakes the requests that wait for an outcome, on whichever node it was recorded (rule 35). */
export const outcomes = async (world: World): Promise<{ readonly stop: () => Promise<void>; readonly ended: Promise<void> }> => {
  const after = await world.journal.source.head()
  return world.journal.source.subscribe(
    { ...(after !== undefined && { after }), filter: { types: ['FactorSent', 'FactorFailed'] } },
    (message) => {
      if (message.kind !== 'event') return
      const { data, stream } = message.event
      if (typeof data['send'] === 'number') world.waiters.wake(deliveryKey(idOf(stream), data['send']))
    },
  )
}
