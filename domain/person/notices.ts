import type { PersonCommand, PersonEvent } from '../../schemas/generated.ts'
import { recorded, type Decider } from '../decider.ts'
import type { NoticeKind } from '../ports.ts'
import { plusDays } from '../time.ts'

type Given = Extract<PersonEvent, { type: 'NoticeDue' }>['data']['notices'][number]

/** What a person was told in the last day, newest first: stream `person-<ref>.notices`. */
export type NoticesState = readonly Given[]
export type NoticesCommand = Extract<PersonCommand, { type: 'NotifyPerson' }>

/** In a day, so that whoever fails often does not wake the person all night. */
const DAILY_MAX: Readonly<Record<NoticeKind, number>> = { failures: 1, success_after_failures: 3, new_device: 3, new_relying_party: 5 }

/** Of all kinds in a day. */
const DAILY_MAX_ALL = 10

export const notices: Decider<NoticesState, NoticesCommand, unknown, PersonEvent> = {
  initialState: [],
  decide: ({ at, notice, transaction, happenedAt }, state) => {
    const day = state.filter((given) => plusDays(given.at, 1) > at)
    const alike = day.filter((given) => given.notice === notice)
    // A fact that comes twice tells nobody twice.
    if (alike.some((given) => given.transaction === transaction)) return recorded()
    if (alike.length >= DAILY_MAX[notice] || day.length >= DAILY_MAX_ALL) return recorded()
    return recorded({ type: 'NoticeDue', data: { notice, transaction, happenedAt, notices: [{ notice, transaction, at }, ...day] } })
  },
  evolve: (state, event) => (event.type === 'NoticeDue' ? event.data.notices : state),
}
