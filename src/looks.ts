import { looks } from './deciders.ts'
import type { Handling } from './handle.ts'
import { commandStream } from './steps/act.ts'
import type { Instant, Uuid } from '../domain/ports.ts'
import { lookStream } from '../domain/streams.ts'
import type { LookRecordsViewed } from '../schemas/generated.ts'

/** Who looks, what for, and in which case. */
export type Looker = Pick<LookRecordsViewed, 'actor' | 'purpose' | 'case'>

/** Everything that is recorded of a look: `what` in words, and what narrows it down. Never an identifier of a person. */
export type Look = LookRecordsViewed & { readonly id: Uuid; readonly at: Instant }

/**
 * Records that somebody looks at records of persons (REG-15). Called before anything is shown: what cannot be recorded is not seen.
 * Every command and door that shows what is known of a person, or whether one is known, calls it.
 */
export const recordLook = async (world: Handling, { id, at, ...looked }: Look): Promise<void> => {
  const stream = lookStream(id.replaceAll('-', ''))
  await commandStream(world, looks, stream, { type: 'ViewRecords', at, ...looked }, { id, causation: id, correlation: id })
}
