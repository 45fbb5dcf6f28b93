import { historyOf, type ConsentHistory } from '../../domain/consent/history.ts'
import { consentStream } from '../../domain/streams.ts'
import type { ConsentEvent } from '../../schemas/generated.ts'
import type { Journal } from '../journal.ts'

/** What happened to one consent, from its events alone (REG-01). */
export const consentHistory = async (journal: Pick<Journal, 'read'>, consent: string): Promise<ConsentHistory> => {
  const events = await journal.read(consentStream(consent))
  return historyOf(
    events.map(({ at, revision, type, data }) => ({
      at,
      revision,
      // The journal checked it against the schema that the type is generated from.
      event: { type, data } as unknown as ConsentEvent,
    })),
  )
}
