import type { Clock, NotifyAnswer, NotifyRequest, PluginAnswer } from '../plugin.ts'
import { channelsOf, masked, ways } from './codes.ts'
import type { Journal } from './journal.ts'
import type { MockPerson } from './people.ts'
import type { Told } from './segment.ts'

const answerOf = ({ channels }: Told): PluginAnswer<NotifyAnswer> =>
  channels.length === 0 ? { ok: false, error: 'subject_denied' } : { ok: true, value: { channels } }

/** Tells a person by their first channel, once for one idempotency key, whatever is killed in between. */
export const noticesOf =
  ({ journal, clock }: { readonly journal: Journal; readonly clock: Clock }) =>
  async (request: NotifyRequest, person: MockPerson | undefined): Promise<PluginAnswer<NotifyAnswer>> => {
    const { idempotencyKey, transaction, clientName, notice } = request
    await journal.catchUp()
    const before = journal.toldFor(idempotencyKey)
    if (before !== undefined) return answerOf(before)
    const [channel] = channelsOf(person, [])
    const claim = ways.find(([way]) => way === channel)?.[1] ?? ''
    const told: Told =
      channel === undefined
        ? { kind: 'told', idempotencyKey, channels: [] }
        : {
            ...{ kind: 'told', idempotencyKey, channels: [channel] },
            notice: { transaction, channel, to: masked(person?.claims[claim]), at: clock.now(), clientName, notice },
          }
    await journal.append(told)
    return answerOf(told)
  }
