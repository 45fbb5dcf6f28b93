import { Fault } from '../../../domain/ports.ts'
import type { Delivery, Groups, ownPositions } from '../groups.ts'
import type { Job } from './jobs.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** Without the event that a message carries, which the writer does not need. */
const bare = ({ position, tries, visibleAt }: Delivery): Delivery => ({ position, tries, visibleAt })

/** Groups in the tables of the file, read here and changed by the writer. */
export const sqliteGroups = (reader: Reader, writer: Writer, own: ReturnType<typeof ownPositions>): Groups => {
  const changed = async (job: Job): Promise<boolean> => {
    const done = await writer.ask(job)
    return done.kind === 'changed' && done.count > 0
  }
  return {
    open: async (group, from) => {
      if (reader.groups.find(group) === undefined) await writer.ask({ kind: 'open', group, from })
    },
    position: (group) => {
      const position = reader.groups.find(group)
      if (position === undefined) throw new Fault('corrupt', 'a group is missing in the file of the event store')
      return position
    },
    deliveries: reader.groups.deliveries,
    claim: (claim) => changed({ kind: 'claim', claim }),
    retake: (group, seen, visibleAt) => changed({ kind: 'retake', group, seen: bare(seen), visibleAt }),
    finish: async (group, position) => {
      await writer.ask({ kind: 'finish', group, position })
    },
    postpone: async (group, seen, visibleAt) => {
      await writer.ask({ kind: 'postpone', group, seen: bare(seen), visibleAt })
    },
    park: async (group, seen, reason, at) => {
      await writer.ask({ kind: 'park', group, seen: bare(seen), reason, at })
    },
    isOwn: own.has,
  }
}
