import type { IncomingMessage } from 'node:http'
import { OVER, type Timers } from '../../domain/ports.ts'

/** How long a body may take to arrive, milliseconds. */
const WAIT_MS = 10_000

export type BodyRead = Buffer | 'body_too_large' | 'body_unreadable'

/** The bytes of a body: at most `bytesMax`, within ten seconds. What exceeds the limit is not kept. */
export const readBody = async (message: IncomingMessage, bytesMax: number, timers: Timers): Promise<BodyRead> => {
  if (Number(message.headers['content-length'] ?? 0) > bytesMax) return 'body_too_large'
  const done = new AbortController()
  const late = timers.sleep(WAIT_MS, done.signal).then((): BodyRead => 'body_unreadable')
  const arrived = new Promise<BodyRead>((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > bytesMax) resolve('body_too_large')
      else chunks.push(chunk)
    })
    message.on('end', () => resolve(Buffer.concat(chunks)))
    message.on('error', () => resolve('body_unreadable'))
    message.on('close', () => resolve('body_unreadable'))
  })
  const read = await Promise.race([arrived, late])
  done.abort(OVER)
  if (typeof read === 'string') message.removeAllListeners('data')
  return read
}
