import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { linesOf, segmentsIn, type Line, type Message, type Notice } from './segment.ts'

const MESSAGES_MAX = 200
const TAIL_BYTES = 1024 * 1024
const SEGMENTS_MAX = 2

/** The end of a file, at most 1 MiB. */
const tailOf = async (file: string): Promise<string> => {
  const { size } = await stat(file)
  const handle = await open(file, 'r')
  try {
    const length = Math.min(size, TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

const linesIn = async (dataDirectory: string): Promise<readonly Line[]> => {
  let names: readonly string[]
  try {
    names = await segmentsIn(dataDirectory)
  } catch {
    return []
  }
  const tails = await Promise.all(
    // One may be dropped while it is looked for.
    names.slice(-SEGMENTS_MAX).map((name) => tailOf(join(dataDirectory, name)).catch(() => '')),
  )
  return tails.flatMap(linesOf)
}

/** The first line of an act is the act. */
const firsts = <Kind extends Line & { readonly idempotencyKey: string }>(lines: readonly Kind[]): readonly Kind[] => [
  ...lines
    .reduce((seen, line) => (seen.has(line.idempotencyKey) ? seen : seen.set(line.idempotencyKey, line)), new Map<string, Kind>())
    .values(),
]

/** The demo's mailbox: the newest 200 messages of the last quarter of an hour or two, newest first. Works from any process. */
export const readOutbox = async (dataDirectory: string): Promise<readonly Message[]> =>
  firsts((await linesIn(dataDirectory)).filter((line) => line.kind === 'sent'))
    .flatMap(({ messages }) => messages)
    .slice(-MESSAGES_MAX)
    .reverse()

/** What people were told without having asked, in the same way. */
export const readNotices = async (dataDirectory: string): Promise<readonly Notice[]> =>
  firsts((await linesIn(dataDirectory)).filter((line) => line.kind === 'told'))
    .flatMap(({ notice }) => (notice === undefined ? [] : [notice]))
    .slice(-MESSAGES_MAX)
    .reverse()
