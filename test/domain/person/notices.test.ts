import { describe, it } from 'mocha'
import { notices, type NoticesState } from '../../../domain/person/notices.ts'
import type { NoticeKind } from '../../../domain/ports.ts'
import type { PersonEvent } from '../../../schemas/generated.ts'
import { given } from '../../support/given-decider.ts'
import { at } from '../samples.ts'

const HOUR = 3600
const tx = (number: number): string => `tx_${String(number).padStart(24, '0')}`
const givenNotices = given(notices, undefined)
const tell = (notice: NoticeKind, number: number, second: number) =>
  ({ type: 'NotifyPerson', at: at(second), notice, transaction: tx(number), happenedAt: at(second - 5) }) as const
const one = (notice: NoticeKind, number: number, second: number) => ({ notice, transaction: tx(number), at: at(second) })
const due = (newest: NoticesState[number], ...others: NoticesState): PersonEvent => ({
  type: 'NoticeDue',
  data: {
    notice: newest.notice,
    transaction: newest.transaction,
    happenedAt: at((Date.parse(newest.at) - Date.parse(at(0))) / 1000 - 5),
    notices: [newest, ...others],
  },
})

describe('NotifyPerson (ASVS 6.3.5 and 6.3.7)', () => {
  it('is due once for what happened in one login', () => {
    givenNotices([])
      .when(tell('new_device', 1, 0))
      .records(due(one('new_device', 1, 0)))
    givenNotices([due(one('new_device', 1, 0))])
      .when(tell('new_device', 1, 60))
      .records()
  })

  it('failures are told once a day, whoever goes on failing', () => {
    const first = one('failures', 1, 0)
    givenNotices([due(first)])
      .when(tell('failures', 2, 23 * HOUR))
      .records()
    givenNotices([due(first)])
      .when(tell('failures', 2, 24 * HOUR))
      .records(due(one('failures', 2, 24 * HOUR)))
  })

  it('ten of all kinds in a day are the most', () => {
    const kinds = ['failures', 'success_after_failures', 'new_device', 'new_relying_party'] as const
    const counts = [1, 3, 3, 3]
    const told = kinds.flatMap((kind, at) => Array.from({ length: counts[at] ?? 0 }, (_, number) => one(kind, 10 * at + number, number)))
    givenNotices([{ type: 'NoticeDue', data: { ...due(told[0]!).data, notices: told } } as PersonEvent])
      .when(tell('new_relying_party', 99, 100))
      .records()
  })
})
