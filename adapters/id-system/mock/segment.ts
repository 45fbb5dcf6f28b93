import { constants } from 'node:fs'
import { open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Channel, Instant, NoticeKind } from '../plugin.ts'

/** What a person finds in the demo's mailbox. */
export type Message = {
  readonly transaction: string
  readonly channel: Channel
  /** The end of the number, or the first letter and the host: enough to tell people of a demonstration apart. */
  readonly to: string
  readonly otp: string
  readonly at: Instant
  readonly clientName: string
  readonly reference: string
}

/** A code was sent, or, for somebody who cannot get one, it was written down that none was. */
export type Sent = {
  readonly kind: 'sent'
  /** Of this line, so that its writer knows it again. */
  readonly line: string
  readonly idempotencyKey: string
  readonly transaction: string
  /** The person's record; null: nobody got a message. */
  readonly record: string | null
  /** HMAC of the code, base64url. */
  readonly mac: string
  readonly until: Instant
  readonly channels: readonly Channel[]
  /** The messages themselves: the mailbox is this journal. */
  readonly messages: readonly Message[]
}

/** A code was used up by one act of proving. */
export type Used = { readonly kind: 'used'; readonly sent: string; readonly by: string }

/** What a person was told without having asked. */
export type Notice = Omit<Message, 'otp' | 'reference'> & { readonly notice: NoticeKind }

/** A notice went out, or, for somebody who cannot get one, it was written down that none did. */
export type Told = {
  readonly kind: 'told'
  readonly idempotencyKey: string
  readonly channels: readonly Channel[]
  readonly notice?: Notice
}

export type Line = Sent | Used | Told

/** What is remembered of a sent code: all but the messages. */
export type Remembered = Omit<Sent, 'messages'>

const SEGMENT_MS = 900_000
const READ_BYTES = 256 * 1024

const PREFIX = 'codes-'
const SUFFIX = '.jsonl'

/** Which segment holds what is written now. Fixed width, so that names compare as numbers do. */
export const segmentAt = (at: Instant): number => Math.floor(Date.parse(at) / SEGMENT_MS)

const nameOf = (number: number): string => `${PREFIX}${String(number).padStart(10, '0')}${SUFFIX}`

export const segmentsIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter((name) => name.startsWith(PREFIX) && name.endsWith(SUFFIX)).sort()

/** Deletes the segments before `number`: their codes are long over, and so is every try to send them. */
export const dropSegmentsBefore = async (directory: string, number: number): Promise<void> => {
  const old = (await segmentsIn(directory)).filter((name) => name < nameOf(number))
  await Promise.all(old.map((name) => rm(join(directory, name), { force: true })))
}

/** The lines of a text that are whole; what a full disk cut short is passed over. */
export const linesOf = (text: string): readonly Line[] =>
  text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line]
    } catch {
      return []
    }
  })

export type Segment = {
  readonly number: number
  readonly sent: ReadonlyMap<string, Remembered>
  readonly newestOf: ReadonlyMap<string, Remembered>
  readonly usedBy: ReadonlyMap<string, string>
  readonly told: ReadonlyMap<string, Told>
  /** Durable when it resolves. */
  readonly write: (lines: readonly Line[]) => Promise<void>
  /** Folds what this and other processes have written since. One at a time. */
  readonly read: () => Promise<void>
  readonly close: () => Promise<void>
}

const foldSent = (sent: Map<string, Remembered>, newestOf: Map<string, Remembered>, { messages: _, ...remembered }: Sent): void => {
  // The first line of a key is the act; a later one lost the race and counts for nothing.
  if (sent.has(remembered.idempotencyKey)) return
  sent.set(remembered.idempotencyKey, remembered)
  newestOf.set(remembered.transaction, remembered)
}

const syncDirectory = async (directory: string): Promise<void> => {
  let handle: FileHandle | undefined
  try {
    handle = await open(directory, 'r')
    await handle.sync()
  } catch {
    // Where folders cannot be synced, the file system keeps names by itself.
  } finally {
    await handle?.close()
  }
}

/** A quarter of an hour of the journal. Its appends are ordered by the file system, so the order of lines decides who was first. */
export const openSegment = async (directory: string, number: number): Promise<Segment> => {
  const handle = await open(join(directory, nameOf(number)), constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600)
  await syncDirectory(directory)
  const sent = new Map<string, Remembered>()
  const newestOf = new Map<string, Remembered>()
  const usedBy = new Map<string, string>()
  const told = new Map<string, Told>()
  const buffer = Buffer.alloc(READ_BYTES)
  let offset = 0

  const fold = (line: Line): void => {
    if (line.kind === 'sent') foldSent(sent, newestOf, line)
    else if (line.kind === 'told') {
      if (!told.has(line.idempotencyKey)) told.set(line.idempotencyKey, line)
    } else if (!usedBy.has(line.sent)) usedBy.set(line.sent, line.by)
  }

  return {
    number,
    sent,
    newestOf,
    usedBy,
    told,
    // The line break in front keeps these lines apart from one that was cut short.
    write: async (lines) => {
      await handle.appendFile(`\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
      await handle.datasync()
    },
    // Bounded by the file's length; each round reads whole lines of at most 256 KiB.
    read: async () => {
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, offset)
        const whole = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1
        if (whole === 0) return
        for (const line of linesOf(buffer.toString('utf8', 0, whole))) fold(line)
        offset += whole
      }
    },
    close: () => handle.close(),
  }
}
