import type { PersonCommand, PersonErasureCertified, PersonEvent, Policy } from '../../schemas/generated.ts'
import { recorded, type Decider, type Decision } from '../decider.ts'
import type { Instant } from '../ports.ts'
import { plusDays } from '../time.ts'

type Retention = NonNullable<Policy['retention']>
type Floors = PersonErasureCertified['floors']

/** Stream `person-<ref>.erasure`; each event restates it (rule 8). */
export type ErasureState = {
  readonly status: 'none' | 'requested' | 'restricted' | 'erased' | 'certified'
} & Partial<PersonErasureCertified>
export type ErasureCommand = Extract<PersonCommand, { type: 'RequestErasure' | 'RecordRestricted' | 'RecordErased' | 'CertifyErasure' }>
export type ErasureRules = { readonly policy: Policy }

const CLASSES = ['authentication', 'consent'] as const

/** For each class that has a floor, until when it must be known whose records they are. */
export const floorsOf = ({ floors = {} }: Retention, lastUsedAt: Instant): Floors =>
  CLASSES.flatMap((name) => (floors[name] === undefined ? [] : [{ class: name, until: plusDays(lastUsedAt, floors[name]) }]))

/** Days without a sign-in after which a person is erased without being asked for: one key serves all classes, so the longest counts. */
export const ceilingDays = ({ ceilings = {} }: Retention): number | undefined => {
  const days = CLASSES.flatMap((name) => ceilings[name] ?? [])
  return days.length === 0 ? undefined : Math.max(...days)
}

/** What no deployment can keep: erased before it may be. */
export const retentionProblems = (retention: Retention = {}): readonly string[] => {
  const ceiling = ceilingDays(retention)
  const floor = Math.max(0, ...CLASSES.flatMap((name) => retention.floors?.[name] ?? []))
  return ceiling === undefined || ceiling >= floor ? [] : ['policy.retention: a ceiling is below a floor, so both cannot be kept']
}

const decide = (command: ErasureCommand, state: ErasureState, { policy }: ErasureRules): Decision<PersonEvent> => {
  const { at } = command
  if (command.type === 'RequestErasure') {
    if (state.status !== 'none') return recorded()
    const { actor, purpose, case: reference, lastUsedAt = at } = command
    const floors = floorsOf(policy.retention ?? {}, lastUsedAt)
    const until = floors.reduce((latest, floor) => (floor.until > latest ? floor.until : latest), at)
    return recorded({ type: 'ErasureRequested', data: { requestedAt: at, actor, purpose, case: reference, floors, until } })
  }
  const { status, ...before } = state
  const { requestedAt, actor, purpose, case: reference, floors, until } = before
  if (requestedAt === undefined || actor === undefined || purpose === undefined || reference === undefined) return recorded()
  if (floors === undefined || until === undefined) return recorded()
  const request = { requestedAt, actor, purpose, case: reference, floors, until }
  if (command.type === 'RecordRestricted') {
    if (status !== 'requested') return recorded()
    const { consents, logins } = command
    return recorded({ type: 'ProcessingRestricted', data: { ...request, restrictedAt: at, consents, logins } })
  }
  if (command.type === 'RecordErased') {
    if ((status !== 'requested' && status !== 'restricted') || at < until) return recorded()
    return recorded({ type: 'PersonErased', data: { ...request, erasedAt: at, rows: command.rows } })
  }
  const { erasedAt, rows } = before
  if (status !== 'erased' || erasedAt === undefined || rows === undefined) return recorded()
  return recorded({ type: 'ErasureCertified', data: { ...request, erasedAt, rows, statement: command.statement } })
}

const STATUS = {
  ErasureRequested: 'requested',
  ProcessingRestricted: 'restricted',
  PersonErased: 'erased',
  ErasureCertified: 'certified',
} as const
type ErasureEvent = Extract<PersonEvent, { type: keyof typeof STATUS }>

const isErasure = (event: PersonEvent): event is ErasureEvent => event.type in STATUS

const evolve = (state: ErasureState, event: PersonEvent): ErasureState =>
  isErasure(event) ? { status: STATUS[event.type], ...event.data } : state

export const erasure: Decider<ErasureState, ErasureCommand, ErasureRules, PersonEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}
