import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sum } from './figures.ts'

/** The step of a login that writes each kind of event. What nobody waits for is `afterwards`. */
const STEP_OF: Readonly<Record<string, string>> = {
  AuthorizationStarted: 'par',
  AuthorizationOpened: 'authorize',
  SendCounted: 'choose',
  FactorRequested: 'choose',
  FactorSent: 'choose',
  FactorAttempted: 'otp',
  AttemptCounted: 'otp',
  Authenticated: 'otp',
  AttemptCredited: 'otp',
  ConsentGiven: 'consent',
  ConsentReused: 'otp',
  CodeIssued: 'consent',
  TokenExchanged: 'token',
  UserinfoReleased: 'userinfo',
  TransactionClosed: 'afterwards',
}

/** What a log gained in a stretch, told as appends. */
export type Appends = {
  readonly events: number
  /** By step: the bytes of each append of one login, in the order in which they were written. */
  readonly byStep: Readonly<Record<string, readonly number[]>>
  /** Bytes of a login by what they are. */
  readonly parts: { readonly data: number; readonly metadata: number }
}

type Row = {
  readonly type: string
  readonly stream: number
  readonly name: string
  readonly command: string
  readonly data: number
  readonly metadata: number
}

/** Type and id of an event stand in its row besides. */
const ID_BYTES = 16

const SQL = `SELECT e.type, e.stream, s.name, json_extract(e.metadata, '$.commandId') AS command, octet_length(e.data) AS data, octet_length(e.metadata) AS metadata
  FROM events e JOIN streams s ON s.id = e.stream
  WHERE e.position > ? AND (s.name GLOB 'authorization-*' OR s.name GLOB 'person-*' OR s.name GLOB 'consent-*') ORDER BY e.position`

const openLog = (data: string): DatabaseSync => new DatabaseSync(join(data, 'events.db'), { readOnly: true, timeout: 5000 })

export const headOf = (data: string): number => {
  const db = openLog(data)
  try {
    return Number(db.prepare('SELECT coalesce(max(position), 0) AS head FROM events').get()?.['head'])
  } finally {
    db.close()
  }
}

/** Logins that came to their end since a position. */
export const closedSince = (data: string, position: number): number => {
  const db = openLog(data)
  try {
    return Number(
      db.prepare("SELECT count(*) AS closed FROM events WHERE position > ? AND type = 'TransactionClosed'").get(position)?.['closed'],
    )
  } finally {
    db.close()
  }
}

/** What the logins wrote since a position: events of one command in one stream are one append. */
export const appendsSince = (data: string, position: number, logins: number): Appends => {
  const db = openLog(data)
  let rows: readonly Row[]
  try {
    rows = db.prepare(SQL).all(position) as unknown as readonly Row[]
  } finally {
    db.close()
  }
  const appends = [...Map.groupBy(rows, ({ stream, command }) => `${stream} ${command}`).values()].map((events) => ({
    // The consent and its transaction both write a `ConsentGiven`, of another size.
    types: `${events[0]?.name.split('-', 1)[0] ?? ''} ${events.map(({ type }) => type).join('+')}`,
    step: STEP_OF[events[0]?.type ?? ''] ?? 'afterwards',
    bytes: sum(events.map(({ data: body, metadata, type }) => body + metadata + type.length + ID_BYTES)),
  }))
  const byStep = Object.fromEntries(
    [...Map.groupBy(appends, ({ step }) => step)].map(([step, all]) => [
      step,
      [...Map.groupBy(all, ({ types }) => types).values()].flatMap((alike) =>
        // An append that is written twice in a login stands here twice.
        Array.from({ length: Math.round(alike.length / logins) }, () => Math.round(sum(alike.map(({ bytes }) => bytes)) / alike.length)),
      ),
    ]),
  )
  return {
    events: rows.length / logins,
    byStep,
    parts: {
      data: sum(rows.map(({ data: body }) => body)) / logins,
      metadata: sum(rows.map(({ metadata }) => metadata)) / logins,
    },
  }
}
