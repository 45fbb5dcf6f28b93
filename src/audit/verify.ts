import { beginning, linkProblem, type Link } from './chain-check.ts'
import { findings, type Finding, type Findings } from './finding.ts'
import { AUDIT_LOG, recordsAfter } from './records.ts'
import type { Position, ReadModel } from '../../domain/ports.ts'
import { auditFacts, type AuditRecord } from '../../projections/audit-log.ts'
import type { EventSource, SourceMessage } from '../../projections/projection.ts'

export type AuditVerdict = Findings & { readonly records: number; readonly events: number; readonly last: Link }

type Told = Extract<SourceMessage, { event: unknown }>

/** What a record says about its event, its wording aside: that may be put better by newer code. */
const COMPARED = ['at', 'stream', 'revision', 'type', 'correlation', 'actor', 'event', 'readable', 'digest'] as const

const WORDS: Readonly<Record<(typeof COMPARED)[number], string>> = {
  at: 'instant',
  stream: 'stream',
  revision: 'revision',
  type: 'type',
  correlation: 'correlation',
  actor: 'actor',
  event: 'event id',
  readable: 'readability',
  digest: 'digest',
}

const eventProblem = (record: AuditRecord, message: Told): string | undefined => {
  if (message.kind === 'unreadable') return message.event.problem
  const facts = auditFacts(() => undefined, message.event)
  const member = COMPARED.find((name) => record[name] !== facts[name])
  return member && `its ${WORDS[member]} is not that of the event`
}

const placeOf = ({ n, position, stream, revision }: AuditRecord): Omit<Finding, 'problem'> => ({ n, position, stream, revision })

/** Every event up to a position, one after the other. */
const walk = async (source: EventSource, until: Position, visit: (message: Told) => Promise<void>): Promise<void> => {
  let finish: () => void = () => undefined
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const subscription = source.subscribe({}, async (message) => {
    if (message.kind === 'checkpoint') return
    if (message.kind === 'caughtUp' || message.event.position > until) return finish()
    await visit(message)
  })
  try {
    await Promise.race([finished, subscription.ended])
  } finally {
    await subscription.stop()
  }
}

/**
 * Holds the audit log against the events: every event has its record, with its digest and in its place; no record is without an
 * event; the chain is unbroken. Both are in the order of positions, so they are walked side by side.
 */
export const verifyAuditLog = async ({
  source,
  views,
}: {
  readonly source: EventSource
  readonly views: ReadModel
}): Promise<AuditVerdict> => {
  const found = findings()
  const until = await views.position(AUDIT_LOG)
  let last = beginning
  let records = 0
  let events = 0
  if (until === undefined) return { ...found.result(), records, events, last }
  const rows = recordsAfter(views)
  const take = async (): Promise<AuditRecord | undefined> => {
    const step = await rows.next()
    if (step.done === true || step.value.position > until) return undefined
    const { value } = step
    records += 1
    const problem = linkProblem(last, value)
    if (problem !== undefined) found.add({ ...placeOf(value), problem })
    last = { n: value.n, chain: value.chain }
    return value
  }
  const orphan = (record: AuditRecord): void => found.add({ ...placeOf(record), problem: 'it has no event' })

  let record = await take()
  await walk(source, until, async (message) => {
    events += 1
    const { position, stream, revision } = message.event
    for (; record !== undefined && record.position < position; record = await take()) orphan(record)
    if (record?.position !== position) {
      found.add({ position, stream, revision, problem: 'the event has no record' })
      return
    }
    const problem = eventProblem(record, message)
    if (problem !== undefined) found.add({ ...placeOf(record), problem })
    record = await take()
  })
  for (; record !== undefined; record = await take()) orphan(record)
  return { ...found.result(), records, events, last }
}
