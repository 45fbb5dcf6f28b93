import type { Machine, Stores } from './context.ts'
import { UsageError, type Verb } from './verb.ts'
import { findPerson, readIndividualId, type Found } from '../people.ts'
import { Fault } from '../../domain/ports.ts'
import { plusSeconds } from '../../domain/time.ts'

/** Seconds that the ID system may take. */
const ANSWER_S = 10

/** Which ID system the identifier is one of, where there are several. */
export const AMONG: Required<Pick<Verb, 'options' | 'optionHelp'>> = {
  options: { 'id-system': { type: 'string' } },
  optionHelp: { 'id-system': 'whose identifier it is, where there are several (default: the first)' },
}

/** Whom the identifier on standard input names: it stands in no argument, which others on the machine could read. */
export const personOn = async (machine: Machine, stores: Stores, idSystem: string | undefined): Promise<Found | undefined> => {
  const { terminal, chance, clock } = machine
  const persons = await machine.persons(stores, idSystem)
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
    return found
  } finally {
    await persons.close()
  }
}
