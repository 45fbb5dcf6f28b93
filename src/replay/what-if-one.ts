import type { Changes } from './changes.ts'
import type { WhatIf } from './course.ts'
import { whatIf } from './what-if.ts'
import type { Journal } from '../journal.ts'
import { Fault, type Position } from '../../domain/ports.ts'
import { attemptsStream, transactionStream, type Path } from '../../domain/streams.ts'
import type { Recorded } from '../../projections/projection.ts'

/** Events of one person's counters that are looked through for those of one sign-in. */
const COUNTED_MAX = 10_000

/** Streams of the counters that a sign-in was counted in. */
const counterStreams = (events: readonly Recorded[]): readonly string[] => {
  const named = events.flatMap(({ data: { person, path } }) =>
    typeof person === 'string' && typeof path === 'string' ? [attemptsStream(person, path as Path)] : [],
  )
  return [...new Set(named)]
}

const countedIn = async (journal: Journal, stream: string, transaction: string, since: Position): Promise<readonly Recorded[]> => {
  const found: Recorded[] = []
  let looked = 0
  for await (const event of journal.backwards(stream)) {
    if (event.position < since || (looked += 1) > COUNTED_MAX) break
    if (event.correlation === transaction) found.push(event)
  }
  return found
}

/** R2: one sign-in in a changed world, side by side. The person's counters begin as they were before it. */
export const whatIfOne = async (journal: Journal, transaction: string, changes: Changes): Promise<WhatIf> => {
  const events = await journal.read(transactionStream(transaction))
  const since = events[0]?.position
  if (since === undefined) throw new Fault('invalid', `there is no ${transaction}`)
  const counted: Recorded[] = []
  for (const stream of counterStreams(events)) counted.push(...(await countedIn(journal, stream, transaction, since)))
  const all = [...events, ...counted].sort((a, b) => (a.position < b.position ? -1 : 1))
  const results: WhatIf[] = []
  const world = whatIf(journal, changes, { keepsSteps: true, starts: () => true, done: (result) => results.push(result) })
  for (const event of all) await world.feed(event)
  world.end()
  const [result] = results
  if (result === undefined) throw new Fault('invalid', `${transaction} has no beginning`)
  return result
}
