import { findTransactions, type Wanted } from './find-transactions.ts'
import type { Journal } from './journal.ts'
import type { Instant, ReadModel } from '../domain/ports.ts'
import { transactionStream } from '../domain/streams.ts'
import type { LiveRow } from '../projections/live.ts'

/** What went wrong in the same way, at one relying party. */
export type ErrorGroup = {
  readonly error: string
  readonly client: string
  readonly factor: string | null
  readonly signIns: number
  /** Of those: the relying party got its tokens all the same. */
  readonly recovered: number
  /** Persons in whose sign-ins it happened, and in how many of one person it did at most: never who they are. */
  readonly persons: number
  readonly mostOfOne: number
  /** A sign-in of the person in whose it happened most. */
  readonly example: string
  readonly first: Instant
  readonly last: Instant
}

const GROUPS_MAX = 1000
/** Persons told apart, in all groups together; what is beyond makes counts of persons too low. */
const PERSONS_MAX = 100_000

const RECOVERED = ['exchanged', 'closed', 'revoked']

type Person = { count: number; readonly example: string }

type Group = {
  row: LiveRow
  signIns: number
  recovered: number
  first: Instant
  last: Instant
  readonly persons: Map<string, Person>
}

/** The random reference of the person, where one was named; it does not leave this file. */
const personIn = async (journal: Journal, transaction: string): Promise<string | undefined> => {
  const events = await journal.read(transactionStream(transaction))
  return events.map(({ data }) => data['person']).find((person) => typeof person === 'string')
}

/** What went wrong in a window, grouped by error, relying party and factor: where an operator begins to look. */
export const summariseErrors = async (
  journal: Journal,
  views: ReadModel,
  wanted: Wanted,
  progress: (signIns: number) => void = () => undefined,
): Promise<readonly ErrorGroup[]> => {
  const groups = new Map<string, Group>()
  let looked = 0
  let persons = 0
  for await (const row of findTransactions(views, wanted)) {
    looked += 1
    if (looked % 1000 === 0) progress(looked)
    const errors = wanted.error === undefined ? row.errors : row.errors.filter((error) => error === wanted.error)
    const person = errors.length === 0 ? undefined : await personIn(journal, row.transaction)
    for (const error of errors) {
      const key = [error, row.client, row.factor].join('\n')
      const group = groups.get(key) ?? {
        row,
        signIns: 0,
        recovered: 0,
        first: row.started_at,
        last: row.started_at,
        persons: new Map<string, Person>(),
      }
      if (groups.size < GROUPS_MAX) groups.set(key, group)
      group.signIns += 1
      group.first = row.started_at
      if (RECOVERED.includes(row.stage)) group.recovered += 1
      const known = person === undefined ? undefined : group.persons.get(person)
      if (known !== undefined) known.count += 1
      else if (person !== undefined && (persons += 1) <= PERSONS_MAX) group.persons.set(person, { count: 1, example: row.transaction })
    }
  }
  const told = [...groups].map(([key, { row, signIns, recovered, first, last, persons: own }]) => {
    const most = [...own.values()].reduce<Person>((best, one) => (one.count > best.count ? one : best), {
      count: 0,
      example: row.transaction,
    })
    const [error = ''] = key.split('\n')
    const counts = { signIns, recovered, persons: own.size, mostOfOne: most.count }
    return { error, client: row.client, factor: row.factor, ...counts, example: most.example, first, last }
  })
  return told.sort((a, b) => b.signIns - a.signIns)
}
