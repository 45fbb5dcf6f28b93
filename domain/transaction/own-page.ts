import type { TransactionEvent } from '../../schemas/generated.ts'
import { OWN_CLIENT } from '../client/own.ts'
import { recorded, refused, type Decision } from '../decider.ts'
import { fact, misplaced, type CommandOf } from './rules.ts'
import type { TransactionState } from './state.ts'

/** Whether a login leads to the person's own page: nothing is shared, so nobody is asked, and no code is made. */
export const isOwn = ({ request }: Pick<TransactionState, 'request'>): boolean => request?.client === OWN_CLIENT

export const openPage = ({ until }: CommandOf<'OpenPage'>, state: TransactionState): Decision<TransactionEvent> =>
  isOwn(state) && state.stage === 'authenticated' ? recorded(fact('PageOpened', { until })) : refused(misplaced(state))
