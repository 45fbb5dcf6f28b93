import { ErrorReply } from 'redis'

/** What a role demands of its instance (rule 40). */
export type Demands = {
  /** What was answered must survive a crash of the machine: append-only file, flushed at each write. */
  readonly durable: boolean
  /** Nothing may be left of what was erased but in the append-only file, which is rewritten: no snapshots. */
  readonly withoutSnapshots?: boolean
}

type Ask = (command: readonly string[]) => Promise<unknown>

const settingsOf = async (ask: Ask, names: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> => {
  try {
    const answer = await ask(['CONFIG', 'GET', ...names])
    const flat = answer instanceof Map ? [...answer].flat() : Array.isArray(answer) ? answer : Object.entries(answer as object).flat()
    const words = flat.map(String)
    return new Map(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ''] as const] : [])))
  } catch (error) {
    if (error instanceof ErrorReply) return undefined
    throw error
  }
}

/** What is wrong with an instance, in words for the one who sets it up. */
export const problemsOf = async (ask: Ask, { durable, withoutSnapshots }: Demands): Promise<readonly string[]> => {
  const settings = await settingsOf(ask, ['appendonly', 'appendfsync', 'maxmemory-policy', 'save'])
  if (settings === undefined) return ['it does not let us read its settings: allow this user CONFIG GET']
  const evicts = settings.get('maxmemory-policy')
  const rules: readonly (readonly [wrong: boolean, problem: string])[] = [
    [durable && settings.get('appendonly') !== 'yes', 'it keeps no append-only file: set `appendonly yes`'],
    [durable && settings.get('appendfsync') !== 'always', 'it answers before the disk has it: set `appendfsync always`'],
    // Our keys have no time limit of the server's, so the policies that evict only such keys leave them alone.
    [evicts !== 'noeviction' && evicts?.startsWith('volatile-') !== true, 'it may evict keys of ours: set `maxmemory-policy noeviction`'],
    [withoutSnapshots === true && settings.get('save') !== '', 'its snapshots would keep what was erased: set `save ""`'],
  ]
  return rules.filter(([wrong]) => wrong).map(([, problem]) => problem)
}
