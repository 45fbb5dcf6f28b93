/**
 * What an event store accepts, checked the same way before every engine (rule 39). Each check takes what it is given as unknown,
 * since a door cannot trust a type, and answers the sentence that says what is wrong, or undefined.
 * No sentence repeats what was given: a refused name or text may hold what nobody should log (rule 1).
 */

export const APPEND_BYTES_MAX = 1_048_576
export const EVENT_BYTES_MAX = 262_144
export const NAME_BYTES_MAX = 200
/** Events in one append, and in the answer of one read. */
export const EVENTS_MAX = 4096
export const FILTER_WORDS_MAX = 100

const EVENT_TYPE = /^[A-Za-z][A-Za-z0-9]{0,63}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Controls, formatting marks, halves of surrogate pairs, unassigned code points and line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u

/** Bytes that the text takes in UTF-8; half a surrogate pair counts as the three bytes of its replacement. */
export const utf8Bytes = (text: string): number => Buffer.byteLength(text, 'utf8')

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const nameProblem = (kind: string, name: unknown): string | undefined => {
  if (typeof name !== 'string' || name === '') return `a ${kind} is a text that is not empty`
  if (name.length > NAME_BYTES_MAX || utf8Bytes(name) > NAME_BYTES_MAX) return `a ${kind} has at most ${NAME_BYTES_MAX} bytes`
  if (UNPRINTABLE.test(name)) return `a ${kind} holds printable characters only`
  return undefined
}

export const streamProblem = (name: unknown): string | undefined =>
  nameProblem('stream name', name) ??
  ((name as string).startsWith('$') ? 'a stream name does not begin with $, which engines keep for themselves' : undefined)

const isObjectText = (text: string): boolean => {
  try {
    return isRecord(JSON.parse(text))
  } catch {
    return false
  }
}

const bodyProblem = (member: string, text: unknown): string | undefined => {
  if (typeof text !== 'string') return `${member} is a text`
  // Half a surrogate pair has no UTF-8 form, so it would not come back as it was given.
  if (!text.isWellFormed()) return `${member} is well-formed Unicode`
  return text.length <= EVENT_BYTES_MAX && !isObjectText(text) ? `${member} is the JSON text of an object` : undefined
}

const eventProblem = (event: unknown): string | undefined => {
  if (!isRecord(event)) return 'an event is an object'
  if (typeof event['id'] !== 'string' || !UUID.test(event['id'])) return 'an event id is a UUID in lower case'
  if (typeof event['type'] !== 'string' || !EVENT_TYPE.test(event['type']))
    return 'an event type is a letter and up to 63 letters and digits'
  return bodyProblem('data', event['data']) ?? bodyProblem('metadata', event['metadata'])
}

/** Bytes of an event that passed `eventProblem`. */
const eventBytes = (event: { readonly data: string; readonly metadata: string }): number =>
  utf8Bytes(event.data) + utf8Bytes(event.metadata)

const sizeProblem = (events: readonly { readonly data: string; readonly metadata: string }[]): string | undefined => {
  let total = 0
  for (const event of events) {
    const bytes = eventBytes(event)
    if (bytes > EVENT_BYTES_MAX) return `an event has at most ${EVENT_BYTES_MAX} bytes of data and metadata`
    total += bytes
  }
  return total > APPEND_BYTES_MAX ? `an append has at most ${APPEND_BYTES_MAX} bytes of data and metadata` : undefined
}

export const appendProblem = (stream: unknown, expected: unknown, events: unknown): string | undefined => {
  const name = streamProblem(stream)
  if (name !== undefined) return name
  if (expected !== 'no_stream' && !isWhole(expected)) return "the expected revision is 'no_stream' or a whole number from 0"
  if (!Array.isArray(events) || events.length === 0) return 'an append holds at least one event'
  if (events.length > EVENTS_MAX) return `an append holds at most ${EVENTS_MAX} events`
  for (const event of events) {
    const problem = eventProblem(event)
    if (problem !== undefined) return problem
  }
  const sound = events as readonly { readonly id: string; readonly data: string; readonly metadata: string }[]
  if (sound.length > 1 && new Set(sound.map((event) => event.id)).size < sound.length) return 'an event id stands once in an append'
  return sizeProblem(sound)
}

const maxProblem = (max: unknown): string | undefined =>
  max === undefined || (isWhole(max) && max > 0 && max <= EVENTS_MAX) ? undefined : `a read asks for 1 to ${EVENTS_MAX} events`

export const readStreamProblem = (
  stream: unknown,
  options: { readonly from?: unknown; readonly max?: unknown; readonly direction?: unknown },
): string | undefined => {
  const problem = streamProblem(stream) ?? maxProblem(options.max)
  if (problem !== undefined) return problem
  if (options.from !== undefined && !isWhole(options.from)) return 'a read begins at a whole number from 0'
  if (![undefined, 'forwards', 'backwards'].includes(options.direction as string | undefined)) return 'a read goes forwards or backwards'
  return undefined
}

export const filterProblem = (filter: unknown): string | undefined => {
  if (filter === undefined) return undefined
  if (!isRecord(filter)) return 'a filter is an object'
  const { types, streamPrefixes } = filter
  if ((types === undefined) === (streamPrefixes === undefined)) return 'a filter names event types or stream prefixes, never both'
  const words: unknown = types ?? streamPrefixes
  if (!Array.isArray(words) || words.length === 0 || words.length > FILTER_WORDS_MAX) return `a filter holds 1 to ${FILTER_WORDS_MAX} words`
  const sound = (word: unknown): boolean =>
    types === undefined ? streamProblem(word) === undefined : typeof word === 'string' && EVENT_TYPE.test(word)
  return words.every(sound) ? undefined : 'a filter holds names that events can have'
}

export const readAllProblem = (options: { readonly max?: unknown; readonly filter?: unknown }): string | undefined =>
  maxProblem(options.max) ?? filterProblem(options.filter)

const within = (value: unknown, min: number, max: number): boolean =>
  value === undefined || (isWhole(value) && value >= min && value <= max)

export const VISIBILITY_MS_MAX = 3_600_000
export const TRIES_MAX = 1000
export const CONCURRENCY_MAX = 256

export const groupProblem = (group: unknown): string | undefined => nameProblem('group name', group)

export const consumeProblem = (options: { readonly [member: string]: unknown }): string | undefined => {
  const problem =
    groupProblem(options['group']) ?? (options['filter'] === undefined ? 'a group has a filter' : filterProblem(options['filter']))
  if (problem !== undefined) return problem
  if (!within(options['visibilityMs'], 1, VISIBILITY_MS_MAX)) return `visibilityMs is 1 to ${VISIBILITY_MS_MAX}`
  if (!within(options['triesMax'], 1, TRIES_MAX)) return `triesMax is 1 to ${TRIES_MAX}`
  if (!within(options['concurrency'], 1, CONCURRENCY_MAX)) return `concurrency is 1 to ${CONCURRENCY_MAX}`
  return [undefined, 'start', 'end'].includes(options['from'] as string | undefined) ? undefined : 'a group begins at the start or the end'
}
