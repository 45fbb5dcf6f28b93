import { consentIn, loginsOf } from './logins.ts'
import type { Journal } from '../journal.ts'
import { consentIdOf, type Found } from '../people.ts'

/**
 * The names of a person's consents towards a relying party. An ID system that knows its people by what they type says the name at
 * once; elsewhere the person's logins are looked through, and there may be several where an identifier changed hands.
 */
export const consentIdsOf = async (
  journal: Pick<Journal, 'read' | 'backwards'>,
  { person, subjectKey }: Found,
  client: string,
): Promise<readonly string[]> => {
  if (subjectKey !== undefined) return [consentIdOf(person, subjectKey, client)]
  const found = new Set<string>()
  for await (const login of loginsOf(journal, person.ref)) {
    const consent = login.state.request?.client === client ? consentIn(login) : undefined
    if (consent !== undefined) found.add(consent)
  }
  return [...found]
}
