import type { Machine, Stores } from './context.ts'
import { UsageError } from './verb.ts'
import { findPerson, readIndividualId } from '../people.ts'
import type { Persons } from '../persons.ts'
import { Fault, type Person } from '../../domain/ports.ts'
import { plusSeconds } from '../../domain/time.ts'

/** Seconds that the ID system may take. */
const ANSWER_S = 10

/**
 * Whom the identifier on standard input names, and whatever else is to be asked of the stores of persons while they are open. It
 * stands in no argument, which others on the machine could read.
 */
export const withPersonOn = async <Answer>(
  machine: Machine,
  stores: Stores,
  act: (person: Person | undefined, persons: Persons) => Promise<Answer>,
): Promise<Answer> => {
  const { terminal, chance, clock } = machine
  const persons = await machine.persons(stores)
  try {
    const id = readIndividualId(persons, await terminal.input())
    if (id === undefined) throw new UsageError('standard input holds no identifier that this ID system has')
    const call = {
      idempotencyKey: chance.uuid(),
      deadline: plusSeconds(clock.now(), ANSWER_S),
      transaction: 'operator',
      client: 'operator',
    }
    const found = await findPerson(persons, id, call)
    if (found === 'unavailable') throw new Fault('unavailable', 'the ID system does not answer')
    return await act(found, persons)
  } finally {
    await persons.close()
  }
}

/** Whom the identifier on standard input names. */
export const personOn = (machine: Machine, stores: Stores): Promise<Person | undefined> =>
  withPersonOn(machine, stores, async (person) => person)
