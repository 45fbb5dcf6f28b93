import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { linesOf, segmentsIn, type Message } from './segment.ts'

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

/** The demo's mailbox: the newest 200 messages of the last quarter of an hour or two, newest first. Works from any process. */
export const readOutbox = async (dataDirectory: string): Promise<readonly Message[]> => {
  let names: readonly string[]
  try {
    names = await segmentsIn(dataDirectory)
  } catch {
    return []
  }
  const seen = new Set<string>()
  const messages: Message[] = []
  for (const name of names.slice(-SEGMENTS_MAX)) {
    for (const line of linesOf(await tailOf(join(dataDirectory, name)))) {
      if (line.kind !== 'sent' || seen.has(line.idempotencyKey)) continue
      seen.add(line.idempotencyKey)
      messages.push(...line.messages)
    }
  }
  return messages.slice(-MESSAGES_MAX).reverse()
}
