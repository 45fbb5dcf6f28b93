import { randomUUID } from 'node:crypto'
import type { LogRecord, ServerLog } from './log.ts'
import { linkTarget } from './wire.ts'

// Persistent subscriptions to everything, as the server has them: at least once, in turns, at most so many under way per consumer.

export type Message = { readonly record: LogRecord; readonly retries: number }
export type Consumer = { readonly push: (message: Message) => void; readonly inFlightMax: number; readonly inFlight: Set<string> }

export const parkedStream = (group: string): string => `$persistentsubscription-$all::${group}-parked`

const encoder = new TextEncoder()

/** `filter` is absent where the group was made without one. */
export const makeGroup = (log: ServerLog, name: string, filter: ((record: LogRecord) => boolean) | undefined, after: bigint) => {
  const matches = filter ?? (() => true)
  const consumers: Consumer[] = []
  const outstanding = new Map<string, Message>()
  let retry: Message[] = []
  /** Everything at or below was handed out. */
  let at = after
  let turn = 0

  const take = (): Message | undefined => {
    const again = retry.shift()
    if (again !== undefined) return again
    const record = log.all().find((one) => one.position > at && matches(one))
    if (record === undefined) return undefined
    at = record.position
    return { record, retries: 0 }
  }

  const pump = (): void => {
    for (;;) {
      const free = consumers.filter((one) => one.inFlight.size < one.inFlightMax)
      const consumer = free[turn++ % Math.max(1, free.length)]
      const message = consumer === undefined ? undefined : take()
      if (consumer === undefined || message === undefined) return
      outstanding.set(message.record.id, message)
      consumer.inFlight.add(message.record.id)
      consumer.push(message)
    }
  }

  const settle = (id: string): Message | undefined => {
    const message = outstanding.get(id)
    outstanding.delete(id)
    for (const consumer of consumers) consumer.inFlight.delete(id)
    return message
  }

  const metadataOf = (record: LogRecord, reason: string): Uint8Array =>
    encoder.encode(
      JSON.stringify({
        added: new Date().toISOString(),
        reason: `Client explicitly NAK'ed message.\n${reason}`,
        subscriptionEventNumber: record.revision,
      }),
    )

  const park = ({ record }: Message, reason: string): void => {
    const data = encoder.encode(`${record.revision}@${record.stream}`)
    const link = { id: randomUUID(), type: '$>', contentType: 'application/octet-stream', data, metadata: metadataOf(record, reason) }
    log.append(parkedStream(name), 'any', [link])
  }

  const replay = (stopAt: number | undefined): void => {
    const links = log.stream(parkedStream(name)).filter((link) => stopAt === undefined || link.revision < stopAt)
    const last = links.at(-1)
    if (last === undefined) return
    for (const link of links) {
      const record = linkTarget(log, link)
      if (record !== undefined) retry.push({ record, retries: 0 })
    }
    pump()
    const data = encoder.encode(JSON.stringify({ $tb: last.revision + 1 }))
    const metadata = { id: randomUUID(), type: '$metadata', contentType: 'application/json', data, metadata: new Uint8Array() }
    log.append(`$$${parkedStream(name)}`, 'any', [metadata])
  }

  const stop = log.listen(() => setImmediate(pump))

  return {
    join: (consumer: Consumer): void => {
      consumers.push(consumer)
      pump()
    },
    /** What it had is handed to others, as one more try. */
    leave: (consumer: Consumer): void => {
      consumers.splice(consumers.indexOf(consumer), 1)
      for (const id of [...consumer.inFlight]) {
        const message = settle(id)
        if (message !== undefined) retry.push({ ...message, retries: message.retries + 1 })
      }
      pump()
    },
    ack: (id: string): void => {
      settle(id)
      pump()
    },
    retry: (id: string): void => {
      const message = settle(id)
      if (message !== undefined) retry.push({ ...message, retries: message.retries + 1 })
      pump()
    },
    park: (id: string, reason: string): void => {
      const message = settle(id)
      if (message !== undefined) park(message, reason)
      pump()
    },
    replay,
    /** The server forgets what is under way and goes back to its checkpoint, which is before all of that. */
    restart: (): void => {
      const open = [...outstanding.values(), ...retry].map(({ record }) => record.position)
      // As measured on 24.6: what a filter skipped was checkpointed, past messages that nobody had been handed.
      if (filter !== undefined) at = log.all().at(-1)?.position ?? at
      for (const position of open) if (position <= at) at = position - 1n
      outstanding.clear()
      retry = []
      consumers.length = 0
    },
    stop,
  }
}

export type Group = ReturnType<typeof makeGroup>
